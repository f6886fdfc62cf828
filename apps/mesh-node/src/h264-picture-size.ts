import type { PictureSize } from './option-values.js';

const SPS = 7;
/** Profiles whose parameters tell of chroma and scaling (ITU-T H.264 §7.3.2.1.1). */
const WITH_CHROMA: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);

/** Size of the pictures that the first sequence parameter set of an Annex B stream announces. */
export function h264PictureSize(data: Uint8Array): PictureSize | undefined {
  for (let at = data.indexOf(1, 2); at !== -1; at = data.indexOf(1, at + 1)) {
    if (data[at - 1] !== 0 || data[at - 2] !== 0) continue;
    if ((data[at + 1]! & 0x1f) === SPS) return sizeOf(data.subarray(at + 2));
  }
  return undefined;
}

/** Reads a sequence parameter set behind its first byte (ITU-T H.264 §7.3.2.1.1). */
function sizeOf(sps: Uint8Array): PictureSize | undefined {
  const bits = new BitReader(sps);
  const profile = bits.read(8);
  bits.read(16);
  bits.ue();
  let chroma = 1;
  if (WITH_CHROMA.has(profile)) {
    chroma = bits.ue();
    if (chroma === 3) bits.read(1);
    bits.ue();
    bits.ue();
    bits.read(1);
    if (bits.read(1) === 1) skipScaling(bits, chroma === 3 ? 12 : 8);
  }
  bits.ue();
  skipOrder(bits);
  bits.ue();
  bits.read(1);
  const columns = bits.ue() + 1;
  const units = bits.ue() + 1;
  // Fields are half as high as the frames they make.
  const fields = 2 - bits.read(1);
  if (fields === 2) bits.read(1);
  bits.read(1);
  const cropped = bits.read(1) === 1;
  const [left, right, top, bottom] = Array.from({ length: 4 }, () => (cropped ? bits.ue() : 0));
  if (bits.overrun) return undefined;
  const acrossUnit = chroma === 1 || chroma === 2 ? 2 : 1;
  const downUnit = (chroma === 1 ? 2 : 1) * fields;
  const width = 16 * columns - acrossUnit * (left! + right!);
  const height = 16 * units * fields - downUnit * (top! + bottom!);
  return width > 0 && height > 0 && width <= 0xffff && height <= 0xffff
    ? { width, height }
    : undefined;
}

/** §7.3.2.1.1.1 */
function skipScaling(bits: BitReader, lists: number): void {
  for (let list = 0; list < lists; list++) {
    if (bits.read(1) === 0) continue;
    let last = 8;
    for (let left = list < 6 ? 16 : 64; left > 0; left--) {
      const next = (last + bits.se() + 256) % 256;
      if (next === 0) break;
      last = next;
    }
  }
}

/** How pictures are put in order. */
function skipOrder(bits: BitReader): void {
  const type = bits.ue();
  if (type === 0) bits.ue();
  if (type !== 1) return;
  bits.read(1);
  bits.se();
  bits.se();
  for (let left = Math.min(bits.ue(), 255); left > 0; left--) bits.se();
}

/** Bits of a NAL unit, without the bytes that keep start codes out of it (§7.4.1). Zeros follow its end. */
class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes.filter(
      (byte, i) => !(byte === 3 && i >= 2 && bytes[i - 1] === 0 && bytes[i - 2] === 0),
    );
  }

  /** Whether more was read than there is. */
  get overrun(): boolean {
    return this.#at > this.#bytes.length * 8;
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++)
      value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
    return value;
  }

  /** Unsigned Exp-Golomb code (§9.1). */
  ue(): number {
    let zeros = 0;
    while (zeros < 32 && this.read(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.read(zeros);
  }

  /** Signed Exp-Golomb code (§9.1.1). */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}
