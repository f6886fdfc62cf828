/**
 * The session id of an SDP's origin line (`o=<username> <sess-id> …`, RFC 8866 §5.2). It is constant for the life
 * of a peer connection (RFC 8829 §5.2.2), so another id means another connection.
 */
export function sessionIdOf(sdp: string): string | undefined {
  return /^o=\S+ (\d+) /m.exec(sdp)?.[1];
}
