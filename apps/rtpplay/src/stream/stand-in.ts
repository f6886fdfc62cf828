import { OPUS_CLOCK_RATE, type OpusEncoder, type OpusEngine, parseToc } from '@rm/codecs';
import { type Micros, micros } from '@rm/rtp-sync';
import { CaptureError } from '../errors.js';
import { SpeechLike } from './speech.js';
import { pairs, pauses, packetDuration } from './steps.js';
import type { StreamPacket } from './stream.js';

/** An Opus packet that the receiver is given for a captured one. */
export interface PlayedPacket {
  readonly captured: StreamPacket;
  /** Which part of the captured packet it is, from 0 on. */
  readonly part: number;
  readonly arrival: Micros;
  readonly sequence: number;
  /** In ticks of 48 kHz. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** Samples of the frames that Opus knows at 48 kHz, the longest first. */
const FRAMES = [2880, 1920, 960, 480, 240, 120];
/** Most frames of which a captured packet may consist. */
const MAX_PARTS = 8;
/** A jump of the sequence this long is a new beginning, not loss (`MAX_DROPOUT` of RFC 3550 A.1). */
const MAX_DROPOUT = 3000;
const DEFAULT_DURATION = 960;
const MODULO = 2 ** 32;

/** What was captured, as it is. */
export const asCaptured = (packets: readonly StreamPacket[]): PlayedPacket[] =>
  packets.map((captured) => ({
    captured,
    part: 0,
    arrival: captured.arrival,
    sequence: captured.order & 0xffff,
    timestamp: captured.timestamp,
    payload: captured.payload ?? new Uint8Array(0),
  }));

/**
 * Opus packets of a built-in signal in place of payloads that cannot be decoded: at the same times, of the same
 * durations, with the same pauses. A packet longer than an Opus frame becomes several, each of which comes as late
 * as the whole did.
 * Rejects with a {@link CaptureError} for packets of a duration that Opus frames do not add up to.
 */
export async function standIn(
  packets: readonly StreamPacket[],
  clockRate: number,
  engine: OpusEngine,
): Promise<PlayedPacket[]> {
  const step = packetDuration(pairs(packets));
  const duration = step === undefined ? DEFAULT_DURATION : (step * OPUS_CLOCK_RATE) / clockRate;
  const frame = FRAMES.find((samples) => duration % samples === 0);
  if (frame === undefined || duration / frame > MAX_PARTS)
    throw new CaptureError(
      `packets last ${Math.round(duration / 4.8) / 10} ms at a clock of ${clockRate} Hz, and no sequence of Opus ` +
        'frames does: name another stream with --ssrc, or its clock with --clock-rate',
    );
  // Where something was lost too it is not known what the sender said last.
  const pausing = new Set(
    pauses(packets, step ?? duration)
      .filter(({ first, second }) => second.order - first.order === 1)
      .map(({ first }) => first.order),
  );
  const encoder = await engine.createEncoder({
    sampleRate: OPUS_CLOCK_RATE,
    channels: 1,
    application: 'voip',
    bitrate: 32_000,
    complexity: 5,
  });
  try {
    return encodeAll(packets, { clockRate, frame, parts: duration / frame, pausing, encoder });
  } finally {
    encoder.close();
  }
}

interface Coding {
  readonly clockRate: number;
  /** Samples of an Opus frame, and frames of a captured packet. */
  readonly frame: number;
  readonly parts: number;
  /** Packets after which the sender paused. */
  readonly pausing: ReadonlySet<number>;
  readonly encoder: OpusEncoder;
}

function encodeAll(packets: readonly StreamPacket[], coding: Coding): PlayedPacket[] {
  const { clockRate, frame, parts, pausing, encoder } = coding;
  const voice = new SpeechLike();
  const samples = new Float32Array(frame);
  const encode = (): Uint8Array => {
    voice.read(samples);
    return encoder.encode(samples);
  };
  const payloads = new Map<number, Uint8Array[]>();
  let next = Number.NEGATIVE_INFINITY;
  for (const { order } of packets.toSorted((a, b) => a.order - b.order)) {
    if (payloads.has(order)) continue;
    // What was lost was encoded too.
    if (order - next < MAX_DROPOUT)
      for (let lost = (order - next) * parts; lost > 0; lost--) encode();
    const coded = Array.from({ length: parts }, encode);
    if (pausing.has(order)) coded[parts - 1] = withoutContent(coded[parts - 1]!);
    payloads.set(order, coded);
    next = order + 1;
  }
  const played = packets.flatMap((captured) => {
    const start = Math.round((captured.media * OPUS_CLOCK_RATE) / clockRate);
    return payloads.get(captured.order)!.map((payload, part) => ({
      captured,
      part,
      arrival: micros(captured.arrival + (part * frame * 1e6) / OPUS_CLOCK_RATE),
      sequence: (captured.order * parts + part) & 0xffff,
      timestamp: (((start + part * frame) % MODULO) + MODULO) % MODULO,
      payload,
    }));
  });
  return played.toSorted((a, b) => a.arrival - b.arrival);
}

/** How a sender that pauses says so: the packet with frames of no bytes (RFC 6716 §3.2.1, §3.2.5). */
function withoutContent(packet: Uint8Array): Uint8Array {
  const toc = parseToc(packet);
  const configuration = packet[0]! & 0xfc;
  if (!toc.ok || toc.value.frameCount === 1) return Uint8Array.of(configuration);
  return Uint8Array.of(configuration | 3, toc.value.frameCount);
}
