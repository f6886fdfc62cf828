import { wholeNumber } from '../whole-number.js';

const PICTURE_ID_MASK = 0x7fff;
const TL0PICIDX_MASK = 0xff;

/** Where the counters of a VP8 or VP9 stream start. */
export interface PictureCounterOptions {
  /** Picture ID of the first frame, 0 to 32767; 0 if left out. */
  readonly pictureId?: number;
  /** TL0PICIDX of the first base layer frame, 0 to 255; 0 if left out. */
  readonly tl0PicIdx?: number;
}

/** The 15-bit picture ID and the 8-bit TL0PICIDX of a stream that is sent (RFC 7741 §4.2, RFC 9628 §4.2). */
export class PictureCounter {
  #pictureId: number;
  #tl0PicIdx: number;

  constructor({ pictureId = 0, tl0PicIdx = 0 }: PictureCounterOptions) {
    this.#pictureId = wholeNumber('pictureId', pictureId, 0, PICTURE_ID_MASK) - 1;
    this.#tl0PicIdx = wholeNumber('tl0PicIdx', tl0PicIdx, 0, TL0PICIDX_MASK) - 1;
  }

  /** Picture ID of the current picture. */
  get pictureId(): number {
    return this.#pictureId & PICTURE_ID_MASK;
  }

  /** TL0PICIDX of the current picture. */
  get tl0PicIdx(): number {
    return this.#tl0PicIdx & TL0PICIDX_MASK;
  }

  /** Goes on to a picture of the given temporal layer. */
  next(temporalId: number): void {
    this.#pictureId = this.pictureId + 1;
    if (temporalId === 0) this.#tl0PicIdx = this.tl0PicIdx + 1;
  }
}
