import { type Micros, micros } from './time.js';

/** How a {@link LipSync} is set up. */
export interface LipSyncOptions {
  /** The most either stream is delayed for the other; default 500 ms. */
  readonly maxExtraDelay?: Micros;
}

/** Below this nothing is corrected. */
const DEAD_BAND = 5_000;
/** The correction changes by at most 5 ms a second. */
const SLEW = 0.005;
const LONGEST_STEP = 1_000_000;
/** What is seen and heard to be wrong: sound 40 ms before or 60 ms after the picture (EBU R37). */
const LEAD_LIMIT = 40_000;
const LAG_LIMIT = 60_000;
/** For so long it must be before the correction steps. */
const PATIENCE = 1_000_000;

/**
 * Keeps sound and picture of one sender together by delaying the stream that would be early.
 *
 * The delays that go in are those each stream needs by itself, from capture to playout, without what is added
 * here: else the controller would follow its own tail. Until {@link begin} the correction is set at once; from then
 * on it is left alone within 5 ms and slews by at most 5 ms a second. Only an error that anybody notices, which
 * lasts for a second, is corrected in one step, and counted.
 */
export class LipSync {
  readonly #max: number;
  /** Positive delays the sound, negative the picture. */
  #correction = 0;
  #residual: number | undefined;
  #audio = Number.POSITIVE_INFINITY;
  #video = Number.POSITIVE_INFINITY;
  #begun = false;
  #lastUpdate: Micros | undefined;
  #wrongSince: Micros | undefined;
  #realignments = 0;

  /** @throws RangeError for a maxExtraDelay outside 0…10 s. */
  constructor(options: LipSyncOptions = {}) {
    const { maxExtraDelay = 500_000 } = options;
    if (!(maxExtraDelay >= 0 && maxExtraDelay <= 10_000_000))
      throw new RangeError(`maxExtraDelay must be 0…10000000 µs, got ${maxExtraDelay}`);
    this.#max = maxExtraDelay;
  }

  /** Delay to add to the sound. */
  get audioDelay(): Micros {
    return micros(Math.max(0, this.#correction));
  }

  /** Delay to add to the picture. */
  get videoDelay(): Micros {
    return micros(Math.max(0, -this.#correction));
  }

  /** How much later the sound is than the picture, with what is added; undefined before the first update. */
  get residual(): Micros | undefined {
    return this.#residual === undefined ? undefined : micros(this.#residual);
  }

  /** Corrections made in one step after {@link begin}. */
  get realignments(): number {
    return this.#realignments;
  }

  /** Says that one of the streams is being played: from now on corrections are slow. */
  begin(): void {
    this.#begun = true;
  }

  /** Takes the delays, from capture to playout, that sound and picture need by themselves at `now`. */
  update(audio: Micros, video: Micros, now: Micros): void {
    const elapsed = Math.max(0, Math.min(LONGEST_STEP, now - (this.#lastUpdate ?? now)));
    this.#lastUpdate = now;
    this.#absorb(audio, video);
    const error = audio + this.#correction - video;
    // What is beyond the longest extra delay stays as residual.
    const full = Math.max(-this.#max, Math.min(this.#max, video - audio)) - this.#correction;
    this.#correction += this.#step(error, full, elapsed * SLEW, now);
    this.#residual = audio + this.#correction - video;
  }

  /** Forgets everything but the count: one of the streams begins anew. */
  reset(): void {
    this.#correction = 0;
    this.#residual = undefined;
    this.#audio = Number.POSITIVE_INFINITY;
    this.#video = Number.POSITIVE_INFINITY;
    this.#begun = false;
    this.#lastUpdate = undefined;
    this.#wrongSince = undefined;
  }

  /** By what the delayed stream has come to need itself it needs no delaying any more: nobody hears the change. */
  #absorb(audio: number, video: number): void {
    const error = audio + this.#correction - video;
    const grown = this.#correction > 0 ? audio - this.#audio : video - this.#video;
    const surplus = this.#correction > 0 ? error : -error;
    const step = Math.max(0, Math.min(grown, surplus, Math.abs(this.#correction)));
    this.#correction -= Math.sign(this.#correction) * step;
    this.#audio = audio;
    this.#video = video;
  }

  /** How much of the `full` correction is made now. */
  #step(error: number, full: number, slew: number, now: Micros): number {
    if (!this.#begun) return full;
    if (-LEAD_LIMIT <= error && error <= LAG_LIMIT) this.#wrongSince = undefined;
    else this.#wrongSince ??= now;
    if (full !== 0 && this.#wrongSince !== undefined && now - this.#wrongSince >= PATIENCE) {
      this.#wrongSince = undefined;
      this.#realignments++;
      return full;
    }
    return Math.abs(error) <= DEAD_BAND ? 0 : Math.sign(full) * Math.min(slew, Math.abs(full));
  }
}
