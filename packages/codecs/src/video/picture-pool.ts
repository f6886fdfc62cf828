import { i420Size, type VideoPicture } from '../frames/video-frame.js';

/** Pictures kept for reuse: as many as are on their way between a decoder and whoever shows them. */
const MAX_KEPT = 4;

/**
 * Memory for decoded pictures. It is shared memory, because that cannot be taken away by a transfer to another thread
 * while a codec writes to it.
 */
export class PicturePool {
  #kept: SharedArrayBuffer[] = [];
  readonly #given = new WeakSet<SharedArrayBuffer>();
  #bytes = 0;

  /** Memory of the size of the last picture. */
  get last(): Uint8Array {
    return this.#take(this.#bytes);
  }

  /** Memory for a picture of this size. */
  sized(width: number, height: number): Uint8Array {
    return this.#take(i420Size(width, height));
  }

  /** Takes the memory of a picture back. What is not from here, or came back already, is left alone. */
  recycle(picture: VideoPicture): void {
    const { buffer } = picture.y.data;
    if (!(buffer instanceof SharedArrayBuffer) || !this.#given.delete(buffer)) return;
    if (buffer.byteLength === this.#bytes && this.#kept.length < MAX_KEPT) this.#kept.push(buffer);
  }

  #take(bytes: number): Uint8Array {
    if (bytes !== this.#bytes) this.#kept = [];
    this.#bytes = bytes;
    const buffer = this.#kept.pop() ?? new SharedArrayBuffer(bytes);
    this.#given.add(buffer);
    return new Uint8Array(buffer);
  }
}
