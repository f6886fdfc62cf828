import type { Micros } from '@rm/rtp-sync';

/** What the delay says of the path: its queue fills, drains, or does neither (draft-ietf-rmcat-gcc-02 §5.4). */
export type PathUse = 'overuse' | 'underuse' | 'normal';

const FIRST_THRESHOLD = 12.5;
const MIN_THRESHOLD = 6;
const MAX_THRESHOLD = 600;
/** The threshold follows the trend faster downwards than upwards, per millisecond (§5.4, for a trend line). */
const GAIN_UP = 0.0087;
const GAIN_DOWN = 0.039;
/** A trend this far beyond the threshold is a sudden event, which the threshold does not follow. */
const OUTLIER = 15;
const MAX_STEP_MS = 100;
/** How long the queue has to fill before it is overuse. */
const OVERUSE_MS = 10;

/**
 * Compares the trend of the delay with a threshold that adapts: it rises beside flows that fill the queue on their own
 * account, which would else push this one out, and sinks on a quiet path (draft-ietf-rmcat-gcc-02 §5.4).
 */
export class OveruseDetector {
  #threshold = FIRST_THRESHOLD;
  #use: PathUse = 'normal';
  #previousTrend = 0;
  #updatedAt: Micros | undefined;
  /** Milliseconds for which the trend was above the threshold, and in how many updates. */
  #over = 0;
  #updatesOver = 0;

  /** What the path does, as of the last update. */
  get use(): PathUse {
    return this.#use;
  }

  /** Takes the trend of the delay as of `now`. */
  update(trend: number, now: Micros): PathUse {
    const elapsed = this.#updatedAt === undefined ? 0 : (now - this.#updatedAt) / 1000;
    this.#updatedAt = now;
    if (trend > this.#threshold) {
      this.#over += elapsed;
      this.#updatesOver++;
      if (this.#over > OVERUSE_MS && this.#updatesOver > 1 && trend >= this.#previousTrend) {
        this.#over = 0;
        this.#updatesOver = 0;
        this.#use = 'overuse';
      }
    } else {
      this.#over = 0;
      this.#updatesOver = 0;
      this.#use = trend < -this.#threshold ? 'underuse' : 'normal';
    }
    this.#previousTrend = trend;
    this.#adapt(Math.abs(trend), Math.min(elapsed, MAX_STEP_MS));
    return this.#use;
  }

  #adapt(size: number, elapsed: number): void {
    if (size > this.#threshold + OUTLIER) return;
    const gain = size < this.#threshold ? GAIN_DOWN : GAIN_UP;
    const threshold = this.#threshold + gain * (size - this.#threshold) * elapsed;
    this.#threshold = Math.min(Math.max(threshold, MIN_THRESHOLD), MAX_THRESHOLD);
  }
}
