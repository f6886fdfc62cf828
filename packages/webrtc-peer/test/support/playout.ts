import { loadOpus, type OpusEncoderOptions } from '@rm/codecs';
import { type DelayPolicy, FixedDelayPolicy, micros, millis } from '@rm/rtp-sync';
import { AudioPlayout, type AudioPlayoutStatistics } from '../../src/media/audio-playout.js';

/** A stream on its way to a playout, in virtual time. */
export interface Playback {
  /** Seconds the sender sends. */
  readonly seconds: number;
  /** Sample `n` of the source, on the sender's clock. */
  readonly source: (n: number) => number;
  /** How much faster the sender's clock runs, in ppm; default 0. */
  readonly ppm?: number;
  /** One-way delay of the i-th packet in ms; undefined is a lost packet. Default 1. */
  readonly delay?: (i: number) => number | undefined;
  /** Whether the sender leaves out what says nothing (DTX) but for the first of each pause. Default false. */
  readonly discontinuous?: boolean;
  readonly policy?: DelayPolicy;
  readonly encoder?: Partial<OpusEncoderOptions>;
  /** Called before each pull. */
  readonly onTick?: (playout: AudioPlayout, atMs: number) => void;
}

/** What came out: 10 ms blocks one after another, and when the first of them was played, in ms. */
export interface Played {
  readonly samples: Float32Array;
  readonly firstMs: number;
  readonly statistics: AudioPlayoutStatistics;
  /** RTP timestamp of each block's first sample. */
  readonly timestamps: readonly number[];
}

/** Encodes a source, carries it over a network and plays it, pulled every 10 ms. */
export async function play(playback: Playback): Promise<Played> {
  const { seconds, source, ppm = 0, delay = () => 1 } = playback;
  const opus = await loadOpus();
  const encoder = await opus.createEncoder({
    sampleRate: 48_000,
    channels: 1,
    bitrate: 64_000,
    complexity: 0,
    application: 'audio',
    ...playback.encoder,
  });
  const decoder = await opus.createDecoder({ sampleRate: 48_000, channels: 1 });
  const policy = playback.policy ?? new FixedDelayPolicy(millis(40));
  const playout = new AudioPlayout({ decoder, policy });
  const arrivals: { at: number; i: number; sequence: number; payload: Uint8Array }[] = [];
  let sent = 0;
  let paused = false;
  const frame = new Float32Array(960);
  for (let i = 0; i < seconds * 50; i++) {
    for (let n = 0; n < 960; n++) frame[n] = source(i * 960 + n);
    const payload = encoder.encode(frame);
    const pausing = paused;
    paused = payload.length <= 2;
    if (playback.discontinuous === true && pausing && paused) continue;
    const sequence = sent++;
    const d = delay(sequence);
    if (d !== undefined)
      arrivals.push({ at: ((i + 1) * 20) / (1 + ppm * 1e-6) + d, i, sequence, payload });
  }
  arrivals.sort((a, b) => a.at - b.at);
  const blocks: Float32Array[] = [];
  const timestamps: number[] = [];
  let firstMs = Number.NaN;
  let next = 0;
  for (let now = 0; now < seconds * 1000; now += 10) {
    for (; next < arrivals.length && arrivals[next]!.at <= now; next++) {
      const { at, i, sequence, payload } = arrivals[next]!;
      const packet = {
        ssrc: 1,
        payloadType: 111,
        sequenceNumber: (65_000 + sequence) & 0xffff,
        timestamp: (i * 960) >>> 0,
        marker: false,
        payload,
      };
      playout.packet(packet, micros(Math.round(at * 1000)));
    }
    playback.onTick?.(playout, now);
    const block = playout.pull(millis(now));
    if (block === undefined) continue;
    if (blocks.length === 0) firstMs = now;
    blocks.push(block.slice());
    timestamps.push(playout.blockTimestamp);
  }
  const statistics = playout.statistics();
  encoder.close();
  playout.close();
  const samples = new Float32Array(blocks.length * 480);
  for (const [i, block] of blocks.entries()) samples.set(block, i * 480);
  return { samples, firstMs, statistics, timestamps };
}

/** Largest second difference: what a click makes large, and a low tone does not. */
export function roughness(samples: Float32Array): number {
  let most = 0;
  for (let n = 2; n < samples.length; n++) {
    const bend = samples[n]! - 2 * samples[n - 1]! + samples[n - 2]!;
    if (bend > most) most = bend;
    else if (-bend > most) most = -bend;
  }
  return most;
}
