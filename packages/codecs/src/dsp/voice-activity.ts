import { ArgumentError, ClosedError } from '../errors.js';
import { FvadDetector } from './fvad.js';

const RATES: readonly number[] = [8_000, 16_000, 32_000, 48_000];
const MODES: readonly number[] = [0, 1, 2, 3];
const FRAMES_MS: readonly number[] = [10, 20, 30];

/** What voice activity detection is made with. */
export interface VoiceActivityOptions {
  /** Samples per second: 8000, 16,000, 32,000 or 48,000. */
  readonly sampleRate: number;
  /** How sure it must be of voice, from 0, which misses least, to 3, which takes least else for voice; default 2. */
  readonly mode?: 0 | 1 | 2 | 3;
  /** For how many ms voice is said to go on after the last frame that has it: 0 to 10,000, default 200. */
  readonly hangover?: number;
}

/**
 * Tells in which frames of one channel somebody speaks (WebRTC's detector). The pauses within and between
 * words are bridged by the hangover. Loud low-pitched noise, a hum say, counts as voice.
 *
 * It holds memory that no garbage collector sees: `close()` it.
 */
export class VoiceActivity {
  readonly #detector: FvadDetector;
  readonly #sampleRate: number;
  /** In samples, like what is left of it. */
  readonly #hangover: number;
  #left = 0;
  #closed = false;

  private constructor(detector: FvadDetector, sampleRate: number, hangover: number) {
    this.#detector = detector;
    this.#sampleRate = sampleRate;
    this.#hangover = (hangover * sampleRate) / 1000;
  }

  /**
   * Makes a detector. Rejects with `ArgumentError` for options out of range, and with the error of the
   * platform where WebAssembly cannot be instantiated; the next call then tries again.
   */
  static async create(options: VoiceActivityOptions): Promise<VoiceActivity> {
    const { sampleRate, mode = 2, hangover = 200 } = options;
    if (!RATES.includes(sampleRate)) {
      throw new ArgumentError(`sampleRate is ${sampleRate}; give one of ${RATES.join(', ')}`);
    }
    if (!MODES.includes(mode)) throw new ArgumentError(`mode is ${mode}; give 0, 1, 2 or 3`);
    if (!(hangover >= 0 && hangover <= 10_000)) {
      throw new ArgumentError(`hangover is ${hangover}; give 0 to 10000 ms`);
    }
    return new VoiceActivity(await FvadDetector.create(sampleRate, mode), sampleRate, hangover);
  }

  /**
   * Whether somebody speaks in the next frame of the stream, mono and 10, 20 or 30 ms long; not kept.
   * Throws `ArgumentError` for other lengths and `ClosedError` after `close()`.
   */
  process(frame: Float32Array): boolean {
    if (this.#closed) throw new ClosedError('voice activity is closed; create another');
    if (!FRAMES_MS.includes((frame.length * 1000) / this.#sampleRate)) {
      throw new ArgumentError(
        `a frame of ${frame.length} samples; give 10, 20 or 30 ms at ${this.#sampleRate} Hz`,
      );
    }
    if (this.#detector.process(frame)) {
      this.#left = this.#hangover;
      return true;
    }
    const active = this.#left > 0;
    this.#left -= frame.length;
    return active;
  }

  /** Frees the detector's memory. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#detector.close();
  }
}
