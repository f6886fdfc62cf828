import { movingPicture, type VideoFrame } from '@rm/codecs';
import { type Micros, micros } from '@rm/rtp-sync';
import type { PictureSize } from './option-values.js';
import { STAMP_NUMBERS, STAMP_TIMES, writeStamp } from './video-stamp.js';

/** Rate at which `movingPicture` moves as fast as it is meant to. */
const MOTION_RATE = 30;

/** What a {@link TestPattern} is made with. */
export interface TestPatternOptions extends PictureSize {
  /** Pictures per second, at most one for each tick of 10 ms. */
  readonly fps: number;
  /** Wall clock at time 0, in microseconds since 1970. */
  readonly unixOrigin: Micros;
}

/** A moving picture for eyes and instruments: each says in its upper left corner which it is and when it was captured. */
export class TestPattern {
  readonly #options: TestPatternOptions;
  readonly #draw: (index: number) => VideoFrame;
  #first: Micros | undefined;
  #next = 0;

  constructor(options: TestPatternOptions) {
    this.#options = options;
    this.#draw = movingPicture(options.width, options.height);
  }

  /**
   * The picture of a tick, captured at it, or undefined where none is due yet: picture n belongs to the first tick n/fps
   * after that of picture 0. Those of ticks that were skipped are skipped too.
   */
  at(instant: Micros): VideoFrame | undefined {
    const { fps, unixOrigin } = this.#options;
    this.#first ??= instant;
    const index = Math.floor(((instant - this.#first) * fps) / 1e6);
    if (index < this.#next) return undefined;
    this.#next = index + 1;
    const frame = this.#draw((index * MOTION_RATE) / fps);
    const time = Math.round((unixOrigin + instant) / 1000) % STAMP_TIMES;
    writeStamp(frame, { number: index % STAMP_NUMBERS, time });
    return { ...frame, capture: { time: instant, bound: micros(0) } };
  }
}
