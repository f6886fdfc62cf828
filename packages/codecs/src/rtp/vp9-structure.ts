import type { PayloadFault } from './depacketizer.js';

/** One picture of a picture group (RFC 9628 §4.2.1). */
export interface Vp9GroupPicture {
  /** TID, 0 to 7. */
  readonly temporalId: number;
  /** U: later pictures of higher layers refer to nothing before this one. */
  readonly switchingPoint: boolean;
  /** How many pictures back each reference lies: up to 3, 1 to 255 each (P_DIFF). */
  readonly references: readonly number[];
}

/** Scalability structure: what the stream's pictures look like, and their references if they repeat (RFC 9628 §4.2.1). */
export interface Vp9Structure {
  /** 1 to 8, whether or not their sizes are told. */
  readonly spatialLayers: number;
  /** Width and height in pixels of each spatial layer, 0 to 65535; or undefined. */
  readonly sizes: readonly { readonly width: number; readonly height: number }[] | undefined;
  /** The pictures of a group, which then repeats: up to 255; or undefined. */
  readonly group: readonly Vp9GroupPicture[] | undefined;
}

/** A scalability structure and where it ends, or why it cannot be read. */
export type Vp9StructureResult =
  | { readonly ok: true; readonly structure: Vp9Structure; readonly end: number }
  | { readonly ok: false; readonly reason: PayloadFault };

const TRUNCATED = { ok: false, reason: 'truncated' } as const;

/** Reads the scalability structure at `at` (RFC 9628 §4.2.1). */
export function parseVp9Structure(payload: Uint8Array, at: number): Vp9StructureResult {
  const head = payload[at++];
  if (head === undefined) return TRUNCATED;
  const spatialLayers = (head >> 5) + 1;
  let sizes: Vp9Structure['sizes'];
  if ((head & 0x10) !== 0) {
    if (at + 4 * spatialLayers > payload.length) return TRUNCATED;
    const u16 = (offset: number): number => (payload[offset]! << 8) | payload[offset + 1]!;
    const start = at;
    sizes = Array.from({ length: spatialLayers }, (_, i) => ({
      width: u16(start + 4 * i),
      height: u16(start + 4 * i + 2),
    }));
    at += 4 * spatialLayers;
  }
  if ((head & 0x08) === 0) {
    return { ok: true, structure: { spatialLayers, sizes, group: undefined }, end: at };
  }
  const pictures = payload[at++];
  if (pictures === undefined) return TRUNCATED;
  const group: Vp9GroupPicture[] = [];
  for (let i = 0; i < pictures; i++) {
    const picture = payload[at++];
    if (picture === undefined) return TRUNCATED;
    const count = (picture >> 2) & 3;
    if (at + count > payload.length) return TRUNCATED;
    const references = Array.from(payload.subarray(at, at + count));
    if (references.includes(0)) return { ok: false, reason: 'malformed' };
    at += count;
    group.push({ temporalId: picture >> 5, switchingPoint: (picture & 0x10) !== 0, references });
  }
  return { ok: true, structure: { spatialLayers, sizes, group }, end: at };
}

/** Bytes that {@link writeVp9Structure} writes. */
export function vp9StructureSize({ spatialLayers, sizes, group }: Vp9Structure): number {
  const groupSize = group?.reduce((sum, { references }) => sum + 1 + references.length, 1) ?? 0;
  return 1 + (sizes ? 4 * spatialLayers : 0) + groupSize;
}

/** Writes a structure whose fields are in range to `target` from `at` on. */
export function writeVp9Structure(target: Uint8Array, at: number, structure: Vp9Structure): void {
  const { spatialLayers, sizes, group } = structure;
  target[at++] = ((spatialLayers - 1) << 5) | (sizes ? 0x10 : 0) | (group ? 0x08 : 0);
  for (const { width, height } of sizes ?? []) {
    target[at++] = width >> 8;
    target[at++] = width & 0xff;
    target[at++] = height >> 8;
    target[at++] = height & 0xff;
  }
  if (!group) return;
  target[at++] = group.length;
  for (const { temporalId, switchingPoint, references } of group) {
    target[at++] = (temporalId << 5) | (switchingPoint ? 0x10 : 0) | (references.length << 2);
    for (const reference of references) target[at++] = reference;
  }
}
