/** NAL unit types that payload formats treat apart (H.264 table 7-1, RFC 6184 table 1). */
export const NAL = {
  IDR: 5,
  SPS: 7,
  PPS: 8,
  AUD: 9,
  /** Highest type of a NAL unit proper; those above belong to the payload format. */
  LAST: 23,
  STAP_A: 24,
  FU_A: 28,
  LAST_OF_FORMAT: 29,
} as const;

/** Bytes of the start code before each NAL unit that comes out. */
export const START_CODE_BYTES = 4;

/** Type of a NAL unit by its first byte, 0 to 31. */
export const nalType = (header: number): number => header & 0x1f;

/** Whether a type is that of a NAL unit proper, as may stand in a stream. */
export const isNalUnit = (type: number): boolean => type >= 1 && type <= NAL.LAST;

/** Whether a type carries a part of a picture (VCL NAL units, H.264 table 7-1). */
export const isSlice = (type: number): boolean => type >= 1 && type <= NAL.IDR;

/**
 * The NAL units of an Annex B byte stream (H.264 §B.1), as views of it without start codes and the zero
 * bytes around them; none if there is no start code.
 */
export function splitAnnexB(data: Uint8Array): readonly Uint8Array[] {
  const units: Uint8Array[] = [];
  let start = -1;
  for (let at = data.indexOf(1, 2); at !== -1; at = data.indexOf(1, at + 1)) {
    if (data[at - 1] !== 0 || data[at - 2] !== 0) continue;
    if (start >= 0) pushTrimmed(units, data.subarray(start, at - 2));
    start = at + 1;
  }
  if (start >= 0) pushTrimmed(units, data.subarray(start));
  return units;
}

/** A NAL unit never ends in a zero byte, so those at its end belong to the next start code (H.264 §7.4.1). */
function pushTrimmed(units: Uint8Array[], unit: Uint8Array): void {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end--;
  if (end > 0) units.push(unit.subarray(0, end));
}

/** Writes a start code to `target` at `at` and returns where the NAL unit goes. */
export function writeStartCode(target: Uint8Array, at: number): number {
  target[at + START_CODE_BYTES - 1] = 1;
  return at + START_CODE_BYTES;
}
