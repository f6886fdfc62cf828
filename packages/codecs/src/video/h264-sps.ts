import { NAL, nalType, splitAnnexB } from '../rtp/h264-nal.js';

/** What a sequence parameter set says of the pictures that follow. */
export interface H264PictureSize {
  /** Pixels coded, in whole macroblocks. */
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** The part to be shown (ITU-T H.264 §7.4.2.1.1, frame cropping). */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Profiles whose parameter sets name a chroma format, which none of ours has (ITU-T H.264 §7.3.2.1.1). */
const HIGH_PROFILES: ReadonlySet<number> = new Set([
  44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 144, 244,
]);

/** The size in the last sequence parameter set of an Annex B access unit; undefined when there is none that can be read. */
export function readH264PictureSize(data: Uint8Array): H264PictureSize | undefined {
  const sps = splitAnnexB(data).findLast((unit) => nalType(unit[0]!) === NAL.SPS);
  return sps && readSps(new BitReader(sps));
}

/** ITU-T H.264 §7.3.2.1.1, up to the cropping. */
function readSps(bits: BitReader): H264PictureSize | undefined {
  bits.skip(8);
  if (HIGH_PROFILES.has(bits.read(8))) return undefined;
  bits.skip(16); // constraint flags and level_idc
  bits.readUe(); // seq_parameter_set_id
  bits.readUe(); // log2_max_frame_num_minus4
  const orderType = bits.readUe();
  if (orderType === 0) bits.readUe(); // log2_max_pic_order_cnt_lsb_minus4
  else if (orderType === 1) skipOrderCycle(bits);
  bits.readUe(); // max_num_ref_frames
  bits.skip(1); // gaps_in_frame_num_value_allowed_flag
  const codedWidth = 16 * (bits.readUe() + 1);
  const codedHeight = 16 * (bits.readUe() + 1);
  if (bits.read(1) === 0) return undefined; // frame_mbs_only_flag: interlaced pictures are not in the baseline
  bits.skip(1); // direct_8x8_inference_flag
  const isCropped = bits.read(1) === 1;
  // Offsets count in units of a chroma sample, two pixels.
  const [left, right, top, bottom] = isCropped
    ? [2 * bits.readUe(), 2 * bits.readUe(), 2 * bits.readUe(), 2 * bits.readUe()]
    : [0, 0, 0, 0];
  const width = codedWidth - left - right;
  const height = codedHeight - top - bottom;
  if (bits.isOver || width <= 0 || height <= 0) return undefined;
  return { codedWidth, codedHeight, left, top, width, height };
}

function skipOrderCycle(bits: BitReader): void {
  bits.skip(1); // delta_pic_order_always_zero_flag
  bits.readUe(); // offset_for_non_ref_pic, of as many bits as an unsigned one
  bits.readUe(); // offset_for_top_to_bottom_field
  const cycle = Math.min(bits.readUe(), 255);
  for (let i = 0; i < cycle; i++) bits.readUe();
}

/** Bits of a NAL unit, without the emulation prevention bytes (ITU-T H.264 §7.4.1); zeros behind the end. */
class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(unit: Uint8Array) {
    this.#bytes = unit.filter(
      (byte, i) => !(byte === 3 && i >= 2 && unit[i - 1] === 0 && unit[i - 2] === 0),
    );
  }

  /** True when more was read than there is. */
  get isOver(): boolean {
    return this.#at > 8 * this.#bytes.length;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** An unsigned number of `count` bits, at most 31. */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++)
      value = 2 * value + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
    return value;
  }

  /** Exp-Golomb code (ITU-T H.264 §9.1); longer than 31 bits only in what is none. */
  readUe(): number {
    let zeros = 0;
    while (zeros < 31 && this.read(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.read(zeros);
  }
}
