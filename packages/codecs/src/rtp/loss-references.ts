import type { FramePart, ReferenceTracker } from './depacketizer.js';

/** References where the payload names none: after any loss nothing can be decoded before a key frame. */
export class LossReferences<Part extends FramePart> implements ReferenceTracker<Part> {
  #broken = true;

  get broken(): boolean {
    return this.#broken;
  }

  isDecodable(parts: readonly Part[]): boolean {
    return !this.#broken || parts.some(({ key }) => key);
  }

  decoded(): void {
    this.#broken = false;
  }

  lost(): void {
    this.#broken = true;
  }
}
