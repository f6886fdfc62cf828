import type { OpusApplication, OpusEngine } from '@rm/codecs';

/** Something to be coded: interleaved samples at 48 kHz, in frames of 20 ms. */
export interface OpusLoad {
  readonly pcm: Float32Array;
  readonly application: OpusApplication;
  readonly channels: 1 | 2;
  readonly bitrate: number;
  readonly complexity: number;
}

/** µs of CPU time a frame, which others on the machine disturb less than the clock. */
export interface OpusCost {
  readonly encode: number;
  readonly decode: number;
}

/** What a load costs an engine. */
export async function opusCost(engine: OpusEngine, load: OpusLoad): Promise<OpusCost> {
  const { pcm, channels } = load;
  const encoder = await engine.createEncoder({ sampleRate: 48_000, ...load });
  const decoder = await engine.createDecoder({ sampleRate: 48_000, channels });
  const size = 960 * channels;
  const packets: Uint8Array[] = [];
  const starting = process.cpuUsage();
  for (let at = 0; at + size <= pcm.length; at += size)
    packets.push(encoder.encode(pcm.subarray(at, at + size)));
  const encoding = process.cpuUsage(starting);
  const encoded = process.cpuUsage();
  for (const packet of packets) decoder.decode(packet);
  const decoding = process.cpuUsage(encoded);
  encoder.close();
  decoder.close();
  const perFrame = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / packets.length;
  return { encode: perFrame(encoding), decode: perFrame(decoding) };
}
