import type { VideoPicture, VideoPlane } from '../frames/video-frame.js';

/** A picture that several frames share, as WebCodecs counts references (§ Memory Model). */
export class PictureResource implements VideoPicture {
  readonly width: number;
  readonly height: number;
  readonly y: VideoPlane;
  readonly u: VideoPlane;
  readonly v: VideoPlane;
  readonly #free: (() => void) | undefined;
  #references = 1;

  /** `free` is called when the last reference is released. */
  constructor({ width, height, y, u, v }: VideoPicture, free?: () => void) {
    this.width = width;
    this.height = height;
    this.y = y;
    this.u = u;
    this.v = v;
    this.#free = free;
  }

  /** Counts one reference more. */
  share(): this {
    this.#references++;
    return this;
  }

  /** Counts one reference less. Every reference is released once. */
  release(): void {
    if (--this.#references === 0) this.#free?.();
  }
}
