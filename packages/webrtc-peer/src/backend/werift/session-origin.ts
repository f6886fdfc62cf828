const ORIGIN = /^o=(\S+) (\d+) \d+ /m;

/**
 * The origin line of one peer connection's descriptions: one session id, and a version that counts them (RFC 8829
 * §5.2.1). werift makes up another id for each, as if every description were of a new connection.
 */
export class SessionOrigin {
  #sessionId: string | undefined;
  #version = 0;

  /** `sdp` with the origin line of this connection; its next version. */
  stamp(sdp: string): string {
    return sdp.replace(ORIGIN, (_, username: string, sessionId: string) => {
      this.#sessionId ??= sessionId;
      return `o=${username} ${this.#sessionId} ${this.#version++} `;
    });
  }
}
