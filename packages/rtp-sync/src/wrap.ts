/**
 * Signed distance from `b` to `a` on the 16-bit RTP sequence number circle, −32768…32767
 * (serial number arithmetic, RFC 1982).
 */
export const sequenceDelta = (a: number, b: number): number => ((a - b) << 16) >> 16;

/** Signed distance from `b` to `a` on the 32-bit RTP timestamp circle, −2³¹…2³¹−1. */
export const timestampDelta = (a: number, b: number): number => (a - b) | 0;

/**
 * Signed distance from `b` to `a` when it may exceed the 32-bit circle: of the distances that differ by whole turns
 * the one nearest to `expected` (all in ticks).
 */
export const nearestDelta = (a: number, b: number, expected: number): number => {
  const delta = timestampDelta(a, b);
  return delta + 2 ** 32 * Math.round((expected - delta) / 2 ** 32);
};

/**
 * Continues a wrapping 16- or 32-bit counter as an integer that does not wrap.
 *
 * The value nearest to the highest one seen is chosen, so reordering of less than half the range is
 * followed in both directions. The first value is kept as it is.
 */
export class Unwrapper {
  readonly #delta: (a: number, b: number) => number;
  #highest: number | undefined;

  constructor(bits: 16 | 32) {
    this.#delta = bits === 16 ? sequenceDelta : timestampDelta;
  }

  /** The unwrapped value of `wrapped`; advances the reference when it is the highest yet. */
  unwrap(wrapped: number): number {
    const value = this.peek(wrapped);
    if (this.#highest === undefined || value > this.#highest) this.#highest = value;
    return value;
  }

  /** The unwrapped value of `wrapped`, changing nothing. */
  peek(wrapped: number): number {
    return this.#highest === undefined
      ? wrapped
      : this.#highest + this.#delta(wrapped, this.#highest);
  }

  /** Forgets everything: the next value starts anew. */
  reset(): void {
    this.#highest = undefined;
  }
}
