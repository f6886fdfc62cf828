import type { Micros } from '../frames/audio-frame.js';

/** Ticks per second of Opus RTP timestamps, whatever rate is coded or decoded (RFC 7587 §4.1). */
export const OPUS_CLOCK_RATE = 48_000;

/** Which of Opus' two coders, or both, made a packet. */
export type OpusMode = 'silk' | 'hybrid' | 'celt';

/** Audio bandwidth of a packet: 4, 6, 8, 12 or 20 kHz. */
export type OpusBandwidth = 'narrowband' | 'mediumband' | 'wideband' | 'superwideband' | 'fullband';

/** What the first one or two bytes of an Opus packet say about it (RFC 6716 §3.1, §3.2). */
export interface OpusToc {
  readonly mode: OpusMode;
  readonly bandwidth: OpusBandwidth;
  /** Duration of each frame in the packet: 2.5 to 60 ms. */
  readonly frameDuration: Micros;
  readonly channels: 1 | 2;
  /** Frames in the packet, 1 to 48. */
  readonly frameCount: number;
  /** Samples per channel in the whole packet at {@link OPUS_CLOCK_RATE}, at most 5760 (120 ms). */
  readonly samples: number;
}

/** Outcome of {@link parseToc}. */
export type TocResult =
  | { readonly ok: true; readonly value: OpusToc }
  | { readonly ok: false; readonly reason: 'empty' | 'truncated' | 'bad-frame-count' };

const MAX_PACKET_DURATION = 120_000;

const group = (
  mode: OpusMode,
  bandwidth: OpusBandwidth,
  durations: readonly number[],
): readonly [OpusMode, OpusBandwidth, Micros][] =>
  durations.map((duration) => [mode, bandwidth, duration as Micros]);

const SILK = [10_000, 20_000, 40_000, 60_000];
const HYBRID = [10_000, 20_000];
const CELT = [2_500, 5_000, 10_000, 20_000];

/** RFC 6716 table 2, one row per configuration number 0…31. */
const CONFIGURATIONS: readonly (readonly [OpusMode, OpusBandwidth, Micros])[] = [
  ...group('silk', 'narrowband', SILK),
  ...group('silk', 'mediumband', SILK),
  ...group('silk', 'wideband', SILK),
  ...group('hybrid', 'superwideband', HYBRID),
  ...group('hybrid', 'fullband', HYBRID),
  ...group('celt', 'narrowband', CELT),
  ...group('celt', 'wideband', CELT),
  ...group('celt', 'superwideband', CELT),
  ...group('celt', 'fullband', CELT),
];

/**
 * Reads the table-of-contents byte of an Opus packet, and the frame count byte where there is one
 * (RFC 6716 §3.1 and §3.2). Looks at no more than two bytes: `ok` does not promise that the rest decodes.
 */
export function parseToc(packet: Uint8Array): TocResult {
  const toc = packet[0];
  if (toc === undefined) return { ok: false, reason: 'empty' };
  const code = toc & 3;
  let frameCount = code === 0 ? 1 : 2;
  if (code === 3) {
    const countByte = packet[1];
    if (countByte === undefined) return { ok: false, reason: 'truncated' };
    frameCount = countByte & 0x3f;
  }
  const [mode, bandwidth, frameDuration] = CONFIGURATIONS[toc >> 3]!;
  const duration = frameCount * frameDuration;
  if (frameCount === 0 || duration > MAX_PACKET_DURATION) {
    return { ok: false, reason: 'bad-frame-count' };
  }
  const channels = (toc & 4) === 0 ? 1 : 2;
  const samples = (duration * OPUS_CLOCK_RATE) / 1_000_000;
  return { ok: true, value: { mode, bandwidth, frameDuration, channels, frameCount, samples } };
}
