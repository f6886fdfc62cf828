import { compactNtp } from '@rm/rtp-sync';

/** Reports that may be answered late: with one a second, round trips of up to 8 s. */
const REMEMBERED = 8;

/** Round-trip time out of sender reports and the LSR/DLSR of the blocks that answer them (RFC 3550 §6.4.1). */
export class RoundTripTime {
  readonly #compact = new Uint32Array(REMEMBERED);
  readonly #sentAt = new Float64Array(REMEMBERED).fill(Number.NEGATIVE_INFINITY);
  #next = 0;
  #latest: number | undefined;

  /** The latest measurement in microseconds, undefined while there is none. */
  get latest(): number | undefined {
    return this.#latest;
  }

  /** Notes a sender report that leaves at `now`, in microseconds of a monotonic clock. */
  sent(ntpSeconds: number, ntpFraction: number, now: number): void {
    this.#compact[this.#next] = compactNtp({ seconds: ntpSeconds, fraction: ntpFraction });
    this.#sentAt[this.#next] = now;
    this.#next = (this.#next + 1) % REMEMBERED;
  }

  /** Takes LSR and DLSR (units of 1/65536 s) of a block received at `now`; unknown or impossible ones are ignored. */
  reported(lastSenderReport: number, delaySince: number, now: number): void {
    if (lastSenderReport === 0) return;
    for (let age = 1; age <= REMEMBERED; age++) {
      const slot = (this.#next - age + REMEMBERED) % REMEMBERED;
      const sentAt = this.#sentAt[slot] ?? Number.NEGATIVE_INFINITY;
      if (this.#compact[slot] !== lastSenderReport || sentAt === Number.NEGATIVE_INFINITY) continue;
      const elapsed = now - sentAt;
      const held = (delaySince * 1_000_000) / 65_536;
      // Clocks that tick in milliseconds may claim to have held it a little longer than it was away.
      if (held <= elapsed + 2_000) this.#latest = Math.max(0, Math.round(elapsed - held));
      return;
    }
  }
}
