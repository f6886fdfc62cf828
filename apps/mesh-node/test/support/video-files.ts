/** An IVF file, read by its own lengths. */
export interface Ivf {
  readonly fourcc: string;
  readonly width: number;
  readonly height: number;
  readonly clockRate: number;
  /** Frames by the header. */
  readonly count: number;
  readonly frames: readonly { readonly time: number; readonly data: Uint8Array }[];
}

/** Reads an IVF file with a time base of 1 / clock rate. Throws for anything else. */
export function readIvf(file: Buffer): Ivf {
  if (file.toString('latin1', 0, 4) !== 'DKIF' || file.readUInt16LE(6) !== 32)
    throw new Error('no IVF file');
  if (file.readUInt32LE(20) !== 1) throw new Error('times are not in ticks');
  const frames: { time: number; data: Uint8Array }[] = [];
  for (let at = 32; at < file.length;) {
    const length = file.readUInt32LE(at);
    if (at + 12 + length > file.length) throw new Error('cut off');
    const data = new Uint8Array(file.subarray(at + 12, at + 12 + length));
    frames.push({ time: Number(file.readBigUInt64LE(at + 4)), data });
    at += 12 + length;
  }
  return {
    fourcc: file.toString('latin1', 8, 12),
    width: file.readUInt16LE(12),
    height: file.readUInt16LE(14),
    clockRate: file.readUInt32LE(16),
    count: file.readUInt32LE(24),
    frames,
  };
}

/** The frames of an H.264 byte stream with one slice a picture, parameter sets with the picture behind them. */
export function readAnnexB(file: Buffer): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const starts: number[] = [];
  for (
    let at = file.indexOf('00000001', 0, 'hex');
    at !== -1;
    at = file.indexOf('00000001', at + 4, 'hex')
  )
    starts.push(at);
  let from = 0;
  for (const [i, start] of starts.entries()) {
    const end = starts[i + 1] ?? file.length;
    const type = file[start + 4]! & 0x1f;
    if (type !== 1 && type !== 5) continue;
    frames.push(new Uint8Array(file.subarray(from, end)));
    from = end;
  }
  return frames;
}
