import { loadNative } from '@rm/codecs-native';

/** Sends a grey picture of 64×48 through VP9 and back, and gives its luma. */
export async function throughNative(grey: number): Promise<Uint8Array> {
  const { Encoder, Decoder } = loadNative();
  const encoder = new Encoder('VP9');
  const decoder = new Decoder('VP9');
  const [width, height] = [64, 48];
  const luma = new Uint8Array(width * height).fill(grey);
  const chroma = new Uint8Array((width * height) / 4).fill(128);
  const planes = [luma, chroma, chroma] as const;
  const strides = [width, width / 2, width / 2] as const;

  const packet = await encoder.encode(...planes, ...strides, width, height, true, 100_000, 30, 1);
  if (!packet) throw new Error('dropped to hold the bitrate');
  const memory = new Uint8Array(width * height * 1.5);
  await decoder.decode(new Uint8Array(packet.data), memory);
  encoder.close();
  decoder.close();
  return memory.subarray(0, width * height);
}
