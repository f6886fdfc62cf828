/** What an inter frame does with the eight slots in which VP9 decoders keep pictures. */
export interface Vp9SlotUse {
  /** The slots it may predict from. */
  readonly read: readonly number[];
  /** Bit n is set if it is kept in slot n. */
  readonly written: number;
}

/**
 * Reads the slots out of the uncompressed header of a shown, error resilient inter frame (VP9 bitstream specification
 * §6.2), which depends on nothing else; undefined for any other frame, and for several in one (annex B).
 */
export function readVp9SlotUse(data: Uint8Array): Vp9SlotUse | undefined {
  const head = data[0];
  // Frame marker 2, two bits of the profile, show_existing_frame, frame_type, show_frame, error_resilient_mode.
  if (head === undefined || (head & 0b1100_1111) !== 0b1000_0111 || data.length < 4)
    return undefined;
  const isProfile3 = (head & 0b11_0000) === 0b11_0000;
  if (isProfile3 || isSuperframe(data)) return undefined;
  const references = (data[2]! << 8) | data[3]!;
  const read = [references >> 13, (references >> 9) & 7, (references >> 5) & 7];
  return { read, written: data[1]! };
}

/** Whether it ends with an index of several frames: that begins and ends with the same byte, which counts them. */
function isSuperframe(data: Uint8Array): boolean {
  const last = data.at(-1)!;
  const indexBytes = 2 + (((last >> 3) & 3) + 1) * ((last & 7) + 1);
  return last >> 5 === 0b110 && data.at(-indexBytes) === last;
}
