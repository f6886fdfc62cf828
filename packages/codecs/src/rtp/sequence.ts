/** Signed distance from `b` to `a` on the circle of counters of so many bits, 1 to 31 (RFC 1982). */
export const counterDelta = (a: number, b: number, bits: number): number =>
  ((a - b) << (32 - bits)) >> (32 - bits);

/** Signed distance from `b` to `a` on the circle of RTP sequence numbers, −32768…32767. */
export const sequenceDelta = (a: number, b: number): number => counterDelta(a, b, 16);
