import type { FramePart, PayloadFault } from './depacketizer.js';
import {
  parseVp9Structure,
  vp9StructureSize,
  writeVp9Structure,
  type Vp9Structure,
} from './vp9-structure.js';

/** The layer that a VP9 frame belongs to (RFC 9628 §4.2, the L byte). */
export interface Vp9Layer {
  /** TID, 0 to 7. */
  readonly temporalId: number;
  /** U: later pictures of higher temporal layers refer to nothing before this one. */
  readonly switchingPoint: boolean;
  /** SID, 0 to 7. */
  readonly spatialId: number;
  /** D: the frame refers to the lower spatial layer of its picture. */
  readonly interLayer: boolean;
}

/** A VP9 payload descriptor (RFC 9628 §4.2). */
export interface Vp9Descriptor {
  /** P: the frame refers to earlier pictures. */
  readonly interPicture: boolean;
  /** F: references are told picture by picture. */
  readonly flexible: boolean;
  /** B: the payload is the first of its layer frame. */
  readonly beginsLayer: boolean;
  /** E: the payload is the last of its layer frame. */
  readonly endsLayer: boolean;
  /** Z: no higher spatial layer refers to this frame. */
  readonly notForUpperLayers: boolean;
  /** Picture ID and the number of its bits, where it is sent. */
  readonly pictureId: number | undefined;
  readonly pictureIdBits: 7 | 15;
  readonly layer: Vp9Layer | undefined;
  /** Counts base layer pictures, modulo 256; only with layers in non-flexible mode. */
  readonly tl0PicIdx: number | undefined;
  /** How many pictures back each reference lies, in flexible mode: up to 3, 1 to 127 each (P_DIFF). */
  readonly references: readonly number[];
  readonly structure: Vp9Structure | undefined;
}

/** What a VP9 payload contributes to its picture: bytes of one or more layer frames. */
export interface Vp9Part extends FramePart {
  readonly descriptor: Vp9Descriptor;
}

/** The descriptor of a payload and its length in bytes, or why there is none. */
export type Vp9DescriptorResult =
  | { readonly ok: true; readonly descriptor: Vp9Descriptor; readonly length: number }
  | { readonly ok: false; readonly reason: PayloadFault };

/** Most references of a picture (RFC 9628 §4.2). */
export const MAX_VP9_REFERENCES = 3;

const TRUNCATED = { ok: false, reason: 'truncated' } as const;
const MALFORMED = { ok: false, reason: 'malformed' } as const;
const NO_REFERENCES: readonly number[] = [];

/** Reads the payload descriptor at the start of a VP9 payload (RFC 9628 §4.2). */
export function parseVp9Descriptor(payload: Uint8Array): Vp9DescriptorResult {
  const flags = payload[0];
  if (flags === undefined) return { ok: false, reason: 'empty' };
  const interPicture = (flags & 0x40) !== 0;
  const flexible = (flags & 0x10) !== 0;
  let at = 1;
  let pictureId: number | undefined;
  let pictureIdBits: 7 | 15 = 7;
  if ((flags & 0x80) !== 0) {
    pictureId = payload[at++];
    if (pictureId === undefined) return TRUNCATED;
    if ((pictureId & 0x80) !== 0) {
      const low = payload[at++];
      if (low === undefined) return TRUNCATED;
      pictureId = ((pictureId & 0x7f) << 8) | low;
      pictureIdBits = 15;
    }
  } else if (flexible) return MALFORMED;

  let layer: Vp9Layer | undefined;
  let tl0PicIdx: number | undefined;
  if ((flags & 0x20) !== 0) {
    const byte = payload[at++];
    if (byte === undefined) return TRUNCATED;
    layer = {
      temporalId: byte >> 5,
      switchingPoint: (byte & 0x10) !== 0,
      spatialId: (byte >> 1) & 7,
      interLayer: (byte & 1) !== 0,
    };
    if (!flexible) {
      tl0PicIdx = payload[at++];
      if (tl0PicIdx === undefined) return TRUNCATED;
    }
  }

  let references = NO_REFERENCES;
  if (flexible && interPicture) {
    const read: number[] = [];
    let more = true;
    while (more) {
      const byte = payload[at++];
      if (byte === undefined) return TRUNCATED;
      if (byte >> 1 === 0 || read.length === MAX_VP9_REFERENCES) return MALFORMED;
      read.push(byte >> 1);
      more = (byte & 1) !== 0;
    }
    references = read;
  }

  let structure: Vp9Structure | undefined;
  if ((flags & 0x02) !== 0) {
    const result = parseVp9Structure(payload, at);
    if (!result.ok) return result;
    ({ structure, end: at } = result);
  }
  const descriptor = {
    interPicture,
    flexible,
    beginsLayer: (flags & 0x08) !== 0,
    endsLayer: (flags & 0x04) !== 0,
    notForUpperLayers: (flags & 0x01) !== 0,
    pictureId,
    pictureIdBits,
    layer,
    tl0PicIdx,
    references,
    structure,
  };
  return { ok: true, descriptor, length: at };
}

/** What the descriptors of one frame say: picture IDs always, with 15 bits; the structure in the first only. */
export type Vp9DescriptorFields = Omit<
  Vp9Descriptor,
  'pictureId' | 'pictureIdBits' | 'beginsLayer' | 'endsLayer'
> & { readonly pictureId: number };

/** Bytes of the first descriptor of a frame, or of one of the others. */
export function vp9DescriptorSize(fields: Vp9DescriptorFields, first: boolean): number {
  const { layer, tl0PicIdx, references, structure } = fields;
  return (
    3 +
    (layer ? 1 : 0) +
    (tl0PicIdx === undefined ? 0 : 1) +
    references.length +
    (first && structure ? vp9StructureSize(structure) : 0)
  );
}

/** Writes the descriptor of a frame's first, last or any other payload to the start of `target`; all fields must be in range. */
export function writeVp9Descriptor(
  target: Uint8Array,
  fields: Vp9DescriptorFields,
  first: boolean,
  last: boolean,
): void {
  const { pictureId, layer, tl0PicIdx, references } = fields;
  const structure = first ? fields.structure : undefined;
  target[0] =
    0x80 |
    bit(0x40, fields.interPicture) |
    bit(0x20, layer !== undefined) |
    bit(0x10, fields.flexible) |
    bit(0x08, first) |
    bit(0x04, last) |
    bit(0x02, structure !== undefined) |
    bit(0x01, fields.notForUpperLayers);
  target[1] = 0x80 | (pictureId >> 8);
  target[2] = pictureId & 0xff;
  let at = 3;
  if (layer) {
    target[at++] =
      (layer.temporalId << 5) |
      bit(0x10, layer.switchingPoint) |
      (layer.spatialId << 1) |
      bit(0x01, layer.interLayer);
  }
  if (tl0PicIdx !== undefined) target[at++] = tl0PicIdx;
  for (let i = 0; i < references.length; i++) {
    target[at++] = (references[i]! << 1) | bit(0x01, i < references.length - 1);
  }
  if (structure) writeVp9Structure(target, at, structure);
}

const bit = (mask: number, set: boolean): number => (set ? mask : 0);
