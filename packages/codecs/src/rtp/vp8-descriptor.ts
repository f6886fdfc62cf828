import type { PayloadFault } from './depacketizer.js';

/** The fields of a VP8 payload descriptor that media code needs (RFC 7741 §4.2). */
export interface Vp8Descriptor {
  /** N: no other frame refers to this one. */
  readonly nonReference: boolean;
  /** S with partition index 0: the payload is the frame's first. */
  readonly begins: boolean;
  /** Picture ID and the number of its bits, where it is sent. */
  readonly pictureId: number | undefined;
  readonly pictureIdBits: 7 | 15;
  /** Counts base layer frames, modulo 256, where it is sent. */
  readonly tl0PicIdx: number | undefined;
  /** TID, 0 where it is not sent. */
  readonly temporalId: number;
  /** Y: the frame refers to the base layer only. */
  readonly layerSync: boolean;
  /** KEYIDX, 0 to 31, where it is sent. */
  readonly keyIdx: number | undefined;
}

/** The descriptor of a payload and its length in bytes, or why there is none. */
export type Vp8DescriptorResult =
  | { readonly ok: true; readonly descriptor: Vp8Descriptor; readonly length: number }
  | { readonly ok: false; readonly reason: PayloadFault };

const TRUNCATED = { ok: false, reason: 'truncated' } as const;

/** Reads the payload descriptor at the start of a VP8 payload (RFC 7741 §4.2). */
export function parseVp8Descriptor(payload: Uint8Array): Vp8DescriptorResult {
  const required = payload[0];
  if (required === undefined) return { ok: false, reason: 'empty' };
  let length = 1;
  let extensions = 0;
  if ((required & 0x80) !== 0) {
    const byte = payload[length++];
    if (byte === undefined) return TRUNCATED;
    extensions = byte;
  }
  let pictureId: number | undefined;
  let pictureIdBits: 7 | 15 = 7;
  if ((extensions & 0x80) !== 0) {
    pictureId = payload[length++];
    if (pictureId === undefined) return TRUNCATED;
    if ((pictureId & 0x80) !== 0) {
      const low = payload[length++];
      if (low === undefined) return TRUNCATED;
      pictureId = ((pictureId & 0x7f) << 8) | low;
      pictureIdBits = 15;
    }
  }
  let tl0PicIdx: number | undefined;
  if ((extensions & 0x40) !== 0) {
    tl0PicIdx = payload[length++];
    if (tl0PicIdx === undefined) return TRUNCATED;
  }
  let layers = 0;
  if ((extensions & 0x30) !== 0) {
    const byte = payload[length++];
    if (byte === undefined) return TRUNCATED;
    layers = byte;
  }
  const hasTid = (extensions & 0x20) !== 0;
  const descriptor = {
    nonReference: (required & 0x20) !== 0,
    begins: (required & 0x17) === 0x10,
    pictureId,
    pictureIdBits,
    tl0PicIdx,
    temporalId: hasTid ? layers >> 6 : 0,
    layerSync: hasTid && (layers & 0x20) !== 0,
    keyIdx: (extensions & 0x10) !== 0 ? layers & 0x1f : undefined,
  };
  return { ok: true, descriptor, length };
}

/** What the descriptors of one frame say; the layers are left out if `layer` is undefined. */
export interface Vp8DescriptorFields {
  readonly nonReference: boolean;
  /** Written with 15 bits. */
  readonly pictureId: number;
  readonly layer:
    | { readonly temporalId: number; readonly layerSync: boolean; readonly tl0PicIdx: number }
    | undefined;
}

/** Bytes of a descriptor without and with layers. */
export const vp8DescriptorSize = (layered: boolean): number => (layered ? 6 : 4);

/**
 * Writes the descriptor of a frame's first payload, or of one of the others, to the start of `target`. The partition index stays 0, as the format allows for
 * senders that do not look into the frame (RFC 7741 §4.2).
 */
export function writeVp8Descriptor(
  target: Uint8Array,
  fields: Vp8DescriptorFields,
  first: boolean,
): void {
  const { layer, pictureId } = fields;
  target[0] = 0x80 | (fields.nonReference ? 0x20 : 0) | (first ? 0x10 : 0);
  target[1] = layer ? 0xe0 : 0x80;
  target[2] = 0x80 | (pictureId >> 8);
  target[3] = pictureId & 0xff;
  if (!layer) return;
  target[4] = layer.tl0PicIdx;
  target[5] = (layer.temporalId << 6) | (layer.layerSync ? 0x20 : 0);
}
