import type { VideoPicture } from '../frames/video-frame.js';

/** A picture that several frames share, as WebCodecs counts references (§ Memory Model). */
export class PictureResource {
  readonly picture: VideoPicture;
  readonly #free: (() => void) | undefined;
  #references = 1;

  /** `free` is called when the last reference is released. */
  constructor(picture: VideoPicture, free?: () => void) {
    this.picture = picture;
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
