import { type OpusEngine, loadOpus } from '@rm/codecs';
import { SpeechLike } from '../../src/stream/speech.js';
import { rtp } from './bytes.js';
import type { Sent } from './captures.js';

/** A packet of a call. */
export interface CallPacket {
  /** Arrival in ms. */
  readonly at: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

let engine: OpusEngine | undefined;

/**
 * A call in Opus of 20 ms packets, from near the end of both circles of numbers on. `delay` gives the time on the
 * network of packet n in ms, or undefined for a lost one.
 */
export async function call(
  count: number,
  delay: (n: number) => number | undefined,
): Promise<CallPacket[]> {
  engine ??= await loadOpus();
  const encoder = await engine.createEncoder({
    sampleRate: 48_000,
    channels: 1,
    application: 'voip',
    bitrate: 24_000,
    complexity: 0,
  });
  const voice = new SpeechLike();
  const samples = new Float32Array(960);
  const packets: CallPacket[] = [];
  for (let n = 0; n < count; n++) {
    voice.read(samples);
    const payload = encoder.encode(samples);
    const late = delay(n);
    if (late === undefined) continue;
    packets.push({
      at: 20 * n + late,
      sequence: (65_530 + n) & 0xffff,
      timestamp: (0xffff_f000 + 960 * n) >>> 0,
      payload,
    });
  }
  encoder.close();
  return packets.toSorted((a, b) => a.at - b.at);
}

/** The packets as datagrams. */
export const sent = (packets: readonly CallPacket[], ssrc?: number): Sent[] =>
  packets.map(({ at, ...packet }) => ({
    at,
    bytes: rtp({ ...packet, ...(ssrc !== undefined && { ssrc }) }),
  }));

/** A network of an even jitter of up to so many ms, the same on every run. */
export function jitter(most: number, seed = 1): (n: number) => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 8) / 2 ** 24) * (most + 1));
  };
}
