import type { ReferenceTracker } from './depacketizer.js';
import { mayHaveWrapped, PictureReferences } from './picture-references.js';
import { counterDelta } from './sequence.js';
import type { Vp9Descriptor, Vp9Part } from './vp9-descriptor.js';
import type { Vp9GroupPicture } from './vp9-structure.js';

/** Pictures remembered; no reference reaches further back (RFC 9628 §4.2.1: P_DIFF has 8 bits). */
const REMEMBERED = 256;
/** Where counting starts: a multiple of every picture ID's range, above what is subtracted. */
const ORIGIN = 0x1_0000;

/**
 * References between VP9 pictures: told picture by picture in flexible mode, by the picture group where the
 * scalability structure has one, else as far as picture IDs and TL0PICIDX tell them.
 */
export class Vp9References implements ReferenceTracker<Vp9Part> {
  readonly #numbered = new PictureReferences();
  /** Unwrapped IDs of decoded pictures, each at its value modulo the size. */
  readonly #decoded = new Float64Array(REMEMBERED).fill(Number.NaN);
  #latest: number | undefined;
  #group: readonly Vp9GroupPicture[] | undefined;
  /** Unwrapped ID of the picture that the group begins with. */
  #groupStart = 0;
  /** Whether the base layer lacks a reference that was told exactly. */
  #lacking = true;
  #exact = false;

  get broken(): boolean {
    return this.#exact ? this.#lacking : this.#numbered.broken;
  }

  isDecodable(parts: readonly Vp9Part[]): boolean {
    const first = parts[0]!;
    if (first.key) return true;
    // Nothing comes before the first layer frame, so what it needs of its own picture is missing.
    if (first.descriptor.layer?.interLayer === true) return false;
    const id = this.#unwrap(first);
    if (id === undefined || !this.#isExact(first)) return this.#numbered.isDecodable(parts);
    // A key frame that is lost may have begun the group anew; then TL0PICIDX shows that it is missing.
    if (first.descriptor.tl0PicIdx !== undefined && !this.#numbered.continuesBase(first))
      return false;
    return parts.every((part) =>
      this.#references(part, id).every(
        (back) => this.#decoded[(id - back) % REMEMBERED] === id - back,
      ),
    );
  }

  decoded(parts: readonly Vp9Part[]): void {
    const first = parts[0]!;
    this.#numbered.decoded(parts);
    if (first.key) {
      this.#decoded.fill(Number.NaN);
      this.#latest = undefined;
    }
    const id = this.#unwrap(first);
    if (id === undefined) return;
    this.#decoded[id % REMEMBERED] = id;
    this.#latest = id;
    const structure = parts.find(({ descriptor }) => descriptor.structure)?.descriptor.structure;
    if (structure) this.#group = structure.group;
    if (structure || first.key) this.#groupStart = id;
    this.#exact = this.#isExact(first);
    if (first.key || first.temporalId === 0) this.#lacking = false;
  }

  lost(damaged: Vp9Part | undefined, next: Vp9Part | undefined, packets: number): void {
    this.#numbered.lost(damaged, next, packets);
    if (damaged?.temporalId === 0) this.#lacking = true;
    if (next === undefined || next.key) return;
    if (mayHaveWrapped(next.descriptor, packets)) this.#decoded.fill(Number.NaN);
    if (next.descriptor.tl0PicIdx !== undefined && this.#numbered.broken) this.#lacking = true;
    if (next.temporalId > 0) return;
    if (!next.begins || !this.isDecodable([next])) this.#lacking = true;
  }

  #isExact({ descriptor }: Vp9Part): boolean {
    return descriptor.flexible || this.#groupOf(descriptor) !== undefined;
  }

  #references({ descriptor }: Vp9Part, id: number): readonly number[] {
    const { interPicture, flexible, references, structure } = descriptor;
    if (!interPicture) return [];
    if (flexible) return references;
    const group = this.#groupOf(descriptor);
    if (group === undefined) return [];
    const start = structure ? id : this.#groupStart;
    const position = (id - start) % group.length;
    return group[position < 0 ? position + group.length : position]!.references;
  }

  /** The picture group that a picture belongs to: that of its own structure, or the one known before. */
  #groupOf({ structure }: Vp9Descriptor): readonly Vp9GroupPicture[] | undefined {
    const group = structure ? structure.group : this.#group;
    return group?.length === 0 ? undefined : group;
  }

  /** Continues picture IDs as integers that do not wrap and stay above what references subtract. */
  #unwrap({ descriptor }: Vp9Part): number | undefined {
    const { pictureId, pictureIdBits } = descriptor;
    if (pictureId === undefined) return undefined;
    if (this.#latest === undefined) return pictureId + ORIGIN;
    return this.#latest + counterDelta(pictureId, this.#latest & 0x7fff, pictureIdBits);
  }
}
