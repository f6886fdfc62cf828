import type { Micros } from '../frames/audio-frame.js';
import { type AudioPathReport, DEFAULT_OVERHEAD } from './audio-bitrate.js';
import { type LossLevel, LossProtection } from './loss-protection.js';
import { RoundTripBaseline } from './round-trip-baseline.js';

/** Earlier packets that go along with each one (RFC 2198). */
export type RedundancyDepth = 0 | 1 | 2 | 3;

/** Most of {@link AudioRedundancy.depth}. */
export const MAX_REDUNDANCY = 3;

/** Loss that is heard of seldom is still loss: one packet in 1500 keeps redundancy on. */
const CALM = 30_000_000;
/** A round trip longer than the least one by more than this means that packets queue up… */
const QUEUE = 100_000;
/** …and for so long after that nothing is added to them. */
const HOLD = 5_000_000;
/** A report says nothing about times further back than this. */
const LONGEST_INTERVAL = 5_000_000;

const DEPTHS: Record<LossLevel, RedundancyDepth> = { clear: 1, lossy: 2, heavy: 3 };

/**
 * Decides how many earlier packets go along with each one to a receiver, by its reports: none while nothing is lost,
 * one from the first loss until 30 s after the last, two where 2 % are lost and three where 10 % are, as these mostly
 * go in bursts. Where packets queue up, or the bandwidth does not allow it, fewer or none: what is lost to a queue is
 * not to be had by making it longer.
 */
export class AudioRedundancy {
  readonly #protection = new LossProtection();
  readonly #baseline = new RoundTripBaseline();
  #reported: Micros | undefined;
  #calmAt = Number.NEGATIVE_INFINITY;
  #clearAt = Number.NEGATIVE_INFINITY;
  #depth: RedundancyDepth = 0;

  /** Earlier packets to send along, 0…3. */
  get depth(): RedundancyDepth {
    return this.#depth;
  }

  /**
   * Takes in a report. Numbers that cannot be are passed over.
   * @param bitrate - What one block of each packet takes, in bit/s without headers.
   */
  update(report: AudioPathReport, bitrate: number, now: Micros): void {
    const elapsed = Math.min(LONGEST_INTERVAL, now - (this.#reported ?? now - 1_000_000));
    const { fractionLost, roundTrip, bandwidth } = report;
    if (fractionLost > 0 && fractionLost <= 1) this.#calmAt = now + CALM;
    if (roundTrip !== undefined && roundTrip >= 0 && this.#baseline.excess(roundTrip, now) > QUEUE)
      this.#clearAt = now + HOLD;
    if (elapsed > 0) {
      this.#reported = now;
      if (fractionLost >= 0 && fractionLost <= 1) this.#protection.update(fractionLost, elapsed);
    }
    const wanted = now < this.#calmAt ? DEPTHS[this.#protection.level] : 0;
    const known = bandwidth !== undefined && bandwidth >= 0;
    const room = known ? Math.floor((bandwidth - DEFAULT_OVERHEAD) / bitrate) - 1 : MAX_REDUNDANCY;
    const most = now < this.#clearAt ? 0 : Math.max(0, room);
    this.#depth = Math.min(wanted, most) as RedundancyDepth;
  }
}
