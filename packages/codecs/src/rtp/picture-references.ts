import type { FramePart, ReferenceTracker } from './depacketizer.js';
import { counterDelta } from './sequence.js';

const TL0PICIDX_RANGE = 256;

/** What a payload descriptor may say of the order of pictures. */
export interface PictureNumbers {
  readonly pictureId: number | undefined;
  readonly pictureIdBits: 7 | 15;
  /** Counts base layer pictures, modulo 256. */
  readonly tl0PicIdx: number | undefined;
  /** The picture refers to the base layer only (VP8's Y). */
  readonly layerSync?: boolean;
  /** No picture refers to this one (VP8's N). */
  readonly nonReference?: boolean;
  /** Later pictures of higher layers refer to nothing before this one (VP9's U). */
  readonly layer?: { readonly switchingPoint: boolean } | undefined;
}

/** Whether picture IDs are too short to tell how many pictures were in so many lost packets. */
export const mayHaveWrapped = ({ pictureIdBits }: PictureNumbers, packets: number): boolean =>
  packets >= 2 ** (pictureIdBits - 1);

/** A part whose payload descriptor numbers pictures. */
export interface NumberedPart extends FramePart {
  readonly descriptor: PictureNumbers;
}

/**
 * References as far as picture IDs and TL0PICIDX tell them: a base layer picture refers to the one numbered
 * before it, a picture of a higher layer to its base layer picture and the layers up to its own.
 */
export class PictureReferences implements ReferenceTracker<NumberedPart> {
  #broken = true;
  #pictureId = 0;
  #tl0PicIdx = 0;
  /** Whether the latest picture of each temporal layer was decoded. */
  readonly #whole: boolean[] = Array.from({ length: 8 }, () => false);

  get broken(): boolean {
    return this.#broken;
  }

  isDecodable(parts: readonly NumberedPart[]): boolean {
    const first = parts[0]!;
    if (first.key) return true;
    if (!this.continuesBase(first)) return false;
    if (first.temporalId === 0 || first.descriptor.layerSync === true) return true;
    return this.#whole.slice(1, first.temporalId + 1).every(Boolean);
  }

  /** Whether the base layer is whole up to the picture of `part`, or the picture itself is the next of it. */
  continuesBase(part: NumberedPart): boolean {
    return !this.#broken && this.#isNextBase(part);
  }

  decoded(parts: readonly NumberedPart[]): void {
    const first = parts[0]!;
    const { temporalId } = first;
    if (first.key) {
      this.#broken = false;
      this.#whole.fill(true);
    }
    this.#whole[temporalId] = true;
    if (first.descriptor.layer?.switchingPoint === true) this.#whole.fill(true, temporalId + 1);
    this.#advance(first);
  }

  lost(damaged: NumberedPart | undefined, next: NumberedPart | undefined, packets: number): void {
    if (damaged) this.#lostPicture(damaged);
    if (!next) {
      this.#broken ||= damaged === undefined;
      return;
    }
    const pictures = this.#pictureDelta(next, packets);
    if (pictures === 0 && damaged) return;
    if (pictures === 1) {
      // No other picture is missing than that of the next part, and that only if its beginning is.
      if (!next.begins) this.#lostPicture(next);
      return;
    }
    this.#whole.fill(false, 1);
    this.#broken ||= !this.#mayFollow(next, pictures ?? packets);
  }

  #lostPicture(part: NumberedPart): void {
    const { nonReference, pictureId } = part.descriptor;
    const harmless = nonReference === true && pictureId !== undefined;
    if (part.temporalId > 0) this.#whole[part.temporalId] = false;
    else if (!harmless) this.#broken = true;
    this.#advance(part);
  }

  /** Whether the base layer is whole up to the picture of `next`, the first known after at most so many pictures. */
  #mayFollow(next: NumberedPart, pictures: number): boolean {
    if (next.begins && next.key) return true;
    if (next.descriptor.tl0PicIdx === undefined || pictures >= TL0PICIDX_RANGE) return false;
    return this.#isNextBase(next) && (next.begins || next.temporalId > 0);
  }

  #isNextBase({ temporalId, descriptor }: NumberedPart): boolean {
    const { tl0PicIdx } = descriptor;
    if (tl0PicIdx === undefined) return true;
    const expected = temporalId === 0 ? this.#tl0PicIdx + 1 : this.#tl0PicIdx;
    return ((tl0PicIdx - expected) & 0xff) === 0;
  }

  #advance({ temporalId, descriptor }: NumberedPart): void {
    const { pictureId, tl0PicIdx } = descriptor;
    if (pictureId !== undefined) this.#pictureId = pictureId;
    if (tl0PicIdx !== undefined && temporalId === 0) this.#tl0PicIdx = tl0PicIdx;
  }

  /** How many pictures `part` is behind the latest one known, unless that cannot be told. */
  #pictureDelta({ descriptor }: NumberedPart, packets: number): number | undefined {
    const { pictureId, pictureIdBits } = descriptor;
    if (pictureId === undefined || mayHaveWrapped(descriptor, packets)) return undefined;
    return counterDelta(pictureId, this.#pictureId, pictureIdBits);
  }
}
