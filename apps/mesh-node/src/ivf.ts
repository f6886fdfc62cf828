export const IVF_HEADER_BYTES = 32;
const IVF_FRAME_HEADER_BYTES = 12;

/** What an IVF file holds. */
export interface IvfFormat {
  /** Four characters, such as `VP90`. */
  readonly fourcc: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Ticks of the frames' times in a second. */
  readonly clockRate: number;
}

/** The header of an IVF file with `frames` frames; all numbers are little-endian. */
export function ivfHeader(
  { fourcc, width, height, clockRate }: IvfFormat,
  frames: number,
): Uint8Array {
  const bytes = new Uint8Array(IVF_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(`DKIF\0\0 \0${fourcc}`));
  view.setUint16(12, width, true);
  view.setUint16(14, height, true);
  // The time base is 1 / clockRate seconds, denominator first.
  view.setUint32(16, clockRate, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, frames, true);
  return bytes;
}

/** A frame behind its header: its length, and its time in ticks from the beginning. */
export function ivfFrame(data: Uint8Array, time: number): Uint8Array {
  const bytes = new Uint8Array(IVF_FRAME_HEADER_BYTES + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(4, time % 2 ** 32, true);
  view.setUint32(8, Math.floor(time / 2 ** 32), true);
  bytes.set(data, IVF_FRAME_HEADER_BYTES);
  return bytes;
}
