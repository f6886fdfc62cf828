import { autocorrelate } from './linear-prediction.js';

/** Frames whose power is up to four times (6 dB above) the floor are background. */
const MARGIN = 4;
/** The floor is the least power of 1.6 s, kept as the least of each 200 ms. */
const FLOOR_PARTS = 8;
const FRAMES_PER_PART = 10;
/** Background frames after which the past counts 1/e: 320 ms of them. */
const MEMORY = 16;
/** Width in Hz to which a line in the spectrum is broadened, so that no resonance rings for long. */
const BROADENING = 60;
/** White noise added, 50 dB below, which keeps the prediction well-conditioned. */
const WHITENING = 1e-5;

/**
 * Learns the background of one channel: the mean autocorrelation of those frames of 20 ms that are
 * hardly louder than the quietest of the last 1.6 s (after R. Martin, minimum statistics, 2001), so
 * that speech does not enter and a background that grows louder is followed within that time.
 */
export class BackgroundNoise {
  /** Mean autocorrelation of the background, at lag 0 its power; all 0 before 40 ms were heard. */
  readonly autocorrelation: Float64Array;
  readonly #current: Float64Array;
  /** As many zeros as lags, and the samples of a frame. */
  readonly #frame: Float32Array;
  /** Hann window, scaled so that the mean power of noise is kept; and the sum over the frame made a mean. */
  readonly #window: Float32Array;
  readonly #lagWindow: Float64Array;
  readonly #minima = new Float64Array(FLOOR_PARTS).fill(Infinity);
  #part = 0;
  #framesInPart = 0;
  #filled: number;
  #previous = Infinity;
  /** Frames in the mean, counted up to {@link MEMORY}. */
  #learnt = 0;

  /** @param lags - How many lags to give, from 0 on: a multiple of four. */
  constructor(sampleRate: number, lags: number) {
    const length = Math.round(sampleRate / 50);
    this.autocorrelation = new Float64Array(lags);
    this.#current = new Float64Array(lags);
    this.#frame = new Float32Array(lags + length);
    this.#filled = lags;
    // The mean of sin⁴ is 3/8.
    const scale = Math.sqrt(8 / 3 / length);
    this.#window = Float32Array.from(
      { length },
      (_, i) => scale * Math.sin((Math.PI * (i + 0.5)) / length) ** 2,
    );
    this.#lagWindow = Float64Array.from({ length: lags }, (_, lag) =>
      lag === 0
        ? 1 + WHITENING
        : Math.exp(-0.5 * ((2 * Math.PI * BROADENING * lag) / sampleRate) ** 2),
    );
  }

  /** Takes every `stride`th sample from `offset` on. */
  listen(samples: Float32Array, offset: number, stride: number): void {
    for (let at = offset; at < samples.length; at += stride) {
      this.#frame[this.#filled++] = samples[at]!;
      if (this.#filled === this.#frame.length) {
        this.#filled = this.#current.length;
        this.#learn();
      }
    }
  }

  #learn(): void {
    const frame = this.#frame;
    const window = this.#window;
    const start = frame.length - window.length;
    let energy = 0;
    for (let i = start; i < frame.length; i++) energy += frame[i]! * frame[i]!;
    const power = energy / window.length;
    const ceiling = this.#floor(power) * MARGIN;
    // What was learnt before the floor fell is no background.
    if (this.autocorrelation[0]! > ceiling) this.#learnt = 0;
    if (!(power <= ceiling && ceiling < Infinity)) return;
    for (let i = 0; i < window.length; i++) frame[start + i] = frame[start + i]! * window[i]!;
    autocorrelate(frame, start, this.#current);
    if (this.#learnt < MEMORY) this.#learnt++;
    for (let lag = 0; lag < this.#current.length; lag++) {
      const mean = this.autocorrelation[lag]!;
      const value = this.#current[lag]! * this.#lagWindow[lag]!;
      this.autocorrelation[lag] = mean + (value - mean) / this.#learnt;
    }
  }

  /** Takes note of a frame's power and gives the least that two frames in a row did not exceed. */
  #floor(power: number): number {
    if (this.#framesInPart === FRAMES_PER_PART) {
      this.#framesInPart = 0;
      this.#part = (this.#part + 1) % FLOOR_PARTS;
      this.#minima[this.#part] = Infinity;
    }
    this.#framesInPart++;
    // A single frame that dips, at the edge of a loss say, is no floor.
    const lasting = Math.max(power, this.#previous);
    this.#previous = power;
    if (lasting < this.#minima[this.#part]!) this.#minima[this.#part] = lasting;
    let floor = Infinity;
    for (let part = 0; part < FLOOR_PARTS; part++) floor = Math.min(floor, this.#minima[part]!);
    return floor;
  }
}
