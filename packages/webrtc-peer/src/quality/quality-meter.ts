import { type Micros, micros } from '@rm/rtp-sync';

/** What a link has counted since it was made, and measures now. */
export interface QualitySample {
  readonly packetsReceived: number;
  /** Packets that did not arrive at all. */
  readonly packetsLost: number;
  /** Interarrival jitter (RFC 3550 §6.4.1). */
  readonly jitter: Micros;
  /** Undefined while unknown. */
  readonly roundTrip: Micros | undefined;
}

/** How good a connection has been in the last seconds. */
export interface Quality {
  /** 0…100: 100 less up to 30 for the round trip, 40 for loss and 20 for jitter. */
  readonly score: number;
  /** Whether people can talk over it: 50 or more. */
  readonly acceptable: boolean;
  /** Packets lost of those sent, 0…1. */
  readonly loss: number;
}

/** Loss counts over so long. */
const WINDOW = 5_000_000;
const INTERVAL = 1_000_000;
const ACCEPTABLE = 50;

/** Beyond what it is taken off the score, by how much for each unit, and at most. */
const penalty = (value: number, from: number, perUnit: number, most: number): number =>
  Math.min(most, Math.max(0, (value - from) * perUnit));

/** Scores a connection by its round trip, its loss of the last 5 s and its jitter. */
export class QualityMeter {
  readonly #history: { readonly at: Micros; readonly received: number; readonly lost: number }[] =
    [];
  #latest: QualitySample | undefined;

  /** Takes a sample at `now`, once a tick or so; one a second is kept. */
  update(sample: QualitySample, now: Micros): void {
    this.#latest = sample;
    const last = this.#history.at(-1);
    if (last !== undefined && now - last.at < INTERVAL) return;
    this.#history.push({ at: now, received: sample.packetsReceived, lost: sample.packetsLost });
    while (this.#history.length > 1 && now - this.#history[1]!.at >= WINDOW) this.#history.shift();
  }

  /** Undefined before anything has been received. */
  get quality(): Quality | undefined {
    const latest = this.#latest;
    const [first] = this.#history;
    if (latest === undefined || first === undefined || latest.packetsReceived === 0)
      return undefined;
    const lost = Math.max(0, latest.packetsLost - first.lost);
    const received = Math.max(0, latest.packetsReceived - first.received);
    const loss = lost + received === 0 ? 0 : lost / (lost + received);
    const score =
      100 -
      penalty((latest.roundTrip ?? micros(0)) / 1000, 100, 1 / 10, 30) -
      penalty(loss * 100, 0, 10, 40) -
      penalty(latest.jitter / 1000, 30, 1 / 5, 20);
    return { score: Math.round(score), acceptable: score >= ACCEPTABLE, loss };
  }
}
