import { parseToc, type OpusToc } from './toc.js';

/** Outcome of {@link parseFrames}. */
export type FramesResult =
  | { readonly ok: true; readonly toc: OpusToc; readonly frames: readonly Uint8Array[] }
  | {
      readonly ok: false;
      readonly reason:
        | 'empty'
        | 'truncated'
        | 'bad-frame-count'
        | 'uneven-frames'
        | 'frame-too-long';
    };

const MAX_FRAME_BYTES = 1275;

/**
 * Takes an Opus packet apart into its compressed frames, padding left out (RFC 6716 §3.2). The frames are
 * views into `packet`. `ok` does not promise that they decode.
 */
export function parseFrames(packet: Uint8Array): FramesResult {
  const parsed = parseToc(packet);
  if (!parsed.ok) return parsed;
  const toc = parsed.value;
  const code = packet[0]! & 3;
  const count = toc.frameCount;
  const variable = code === 2 || (code === 3 && (packet[1]! & 0x80) !== 0);
  let at = code === 3 ? 2 : 1;
  let end = packet.length;
  if (code === 3 && (packet[1]! & 0x40) !== 0) {
    let length: number | undefined;
    do {
      length = packet[at++];
      if (length === undefined) return { ok: false, reason: 'truncated' };
      // 255 says 254 bytes of padding and another length byte (RFC 6716 §3.2.5).
      end -= length === 255 ? 254 : length;
    } while (length === 255);
  }
  const sizes: number[] = [];
  while (variable && sizes.length < count - 1) {
    const first = packet[at++];
    if (first === undefined) return { ok: false, reason: 'truncated' };
    if (first < 252) {
      sizes.push(first);
      continue;
    }
    const second = packet[at++];
    if (second === undefined) return { ok: false, reason: 'truncated' };
    sizes.push(first + 4 * second);
  }
  const rest = end - at - sizes.reduce((sum, size) => sum + size, 0);
  if (rest < 0) return { ok: false, reason: 'truncated' };
  const last = variable ? rest : rest / count;
  if (!Number.isInteger(last)) return { ok: false, reason: 'uneven-frames' };
  if (last > MAX_FRAME_BYTES) return { ok: false, reason: 'frame-too-long' };
  while (sizes.length < count) sizes.push(last);
  const frames = sizes.map((size) => packet.subarray(at, (at += size)));
  return { ok: true, toc, frames };
}
