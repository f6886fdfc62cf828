import { i420Picture, type VideoFrame, type VideoPicture } from '@rm/codecs';
import type { Micros } from '@rm/rtp-sync';

/** Black in the range that video uses, 16…235 (ITU-R BT.601). */
const LUMA = 16;
const CHROMA = 128;
/** A muted stream shows black so often that nobody takes it for one that is lost. */
const INTERVAL = 1_000_000;

/** What is shown instead of the pictures of a muted stream: black of the same size, once a second. */
export class BlackPicture {
  #picture: VideoPicture | undefined;
  #nextAt = Number.NEGATIVE_INFINITY;

  /** Black instead of a frame that is written at `now`; undefined when none is due. */
  insteadOf(frame: VideoFrame, now: Micros): VideoFrame | undefined {
    if (now < this.#nextAt) return undefined;
    this.#nextAt = now + INTERVAL;
    const { width, height, timestamp, capture } = frame;
    if (this.#picture?.width !== width || this.#picture.height !== height) {
      this.#picture = i420Picture(width, height);
      this.#picture.y.data.fill(LUMA);
      this.#picture.u.data.fill(CHROMA);
      this.#picture.v.data.fill(CHROMA);
    }
    return { ...this.#picture, timestamp, capture };
  }

  /** The next picture is due at once. */
  restart(): void {
    this.#nextAt = Number.NEGATIVE_INFINITY;
  }
}
