import type {
  OpusDecoder,
  OpusEncoder,
  OpusEncoderOptions,
  OpusEngine,
  OpusEngineName,
} from '../../src/index.js';
import { concat } from './signals.js';

export const ENGINES: OpusEngineName[] = ['libopus-wasm', 'opusscript'];

/** One channel at 48 kHz, in frames of 20 ms unless said otherwise. */
export const DEFAULTS: OpusEncoderOptions = {
  sampleRate: 48_000,
  channels: 1,
  application: 'audio',
  bitrate: 64_000,
  complexity: 5,
};

/** Encodes whole frames of `frame` samples per channel. */
export function encodeAll(encoder: OpusEncoder, pcm: Float32Array, frame = 960): Uint8Array[] {
  const size = frame * encoder.channels;
  const packets: Uint8Array[] = [];
  for (let at = 0; at + size <= pcm.length; at += size) {
    packets.push(encoder.encode(pcm.subarray(at, at + size)));
  }
  return packets;
}

/** Packets of a signal from an encoder made and closed for it. */
export async function encoded(
  engine: OpusEngine,
  options: Partial<OpusEncoderOptions>,
  pcm: Float32Array,
  frame = 960,
): Promise<Uint8Array[]> {
  const encoder = await engine.createEncoder({ ...DEFAULTS, ...options });
  const packets = encodeAll(encoder, pcm, frame);
  encoder.close();
  return packets;
}

export const decodeAll = (decoder: OpusDecoder, packets: readonly Uint8Array[]): Float32Array =>
  concat(packets.map((packet) => decoder.decode(packet)!));

/** What is heard of a signal that went through an encoder and a decoder of one engine. */
export async function roundTrip(
  engine: OpusEngine,
  options: OpusEncoderOptions,
  pcm: Float32Array,
  frame = 960,
): Promise<{ packets: Uint8Array[]; heard: Float32Array; lookahead: number }> {
  const encoder = await engine.createEncoder(options);
  const decoder = await engine.createDecoder(options);
  const packets = encodeAll(encoder, pcm, frame);
  const heard = decodeAll(decoder, packets);
  const { lookahead } = encoder;
  encoder.close();
  decoder.close();
  return { packets, heard, lookahead };
}

/** Mean rate of packets of `milliseconds` each, in bit/s. */
export const rateOf = (packets: readonly Uint8Array[], milliseconds = 20): number =>
  (packets.reduce((sum, packet) => sum + packet.length * 8, 0) / packets.length / milliseconds) *
  1000;
