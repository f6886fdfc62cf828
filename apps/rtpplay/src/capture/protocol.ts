/** What travels on the ports of a media session, told apart by the first bytes (RFC 7983, RFC 5761 §4). */
export type Protocol = 'rtp' | 'rtcp' | 'stun' | 'dtls' | 'zrtp' | 'turn-channel' | 'other';

const STUN_COOKIE = 0x2112_a442;

/** What a datagram looks like by its first bytes; an RTP header is still to be checked. */
export function protocolOf(bytes: Uint8Array): Protocol {
  if (bytes.length < 4) return 'other';
  const first = bytes[0]!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (first < 4) return bytes.length >= 20 && view.getUint32(4) === STUN_COOKIE ? 'stun' : 'other';
  if (first >= 16 && first < 20) return 'zrtp';
  if (first >= 20 && first < 64) return 'dtls';
  if (first >= 64 && first < 80) return 'turn-channel';
  if (first < 128 || first > 191) return 'other';
  // Payload types 64 to 95 are not used with RTCP on the same port.
  const type = bytes[1]!;
  return type >= 192 && type <= 223 ? 'rtcp' : 'rtp';
}

/** What a TURN ChannelData message carries (RFC 8656 §12.4); undefined when its length is not its own. */
export function channelData(bytes: Uint8Array): Uint8Array | undefined {
  const length = bytes[2]! * 256 + bytes[3]!;
  return length > 0 && length <= bytes.length - 4 ? bytes.subarray(4, 4 + length) : undefined;
}
