// Makes encoders and decoders, in a process of its own so that its memory is theirs. Arguments: codec, rounds, and `close`
// or `forget`. Run with --expose-gc. Prints by how many MiB the process grew after the first tenth of the rounds.
import { setImmediate } from 'node:timers/promises';
import { loadNative } from '@rm/codecs-native';

const [codec, rounds, end] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const { Encoder, Decoder } = loadNative();
const [width, height] = [320, 180];
const luma = new Uint8Array(width * height).map((_, i) => i % 200);
const chroma = new Uint8Array((width * height) / 4).fill(128);
const picture = [luma, chroma, chroma, width, width / 2, width / 2, width, height];
const memory = new Uint8Array(width * height * 1.5);

async function round() {
  const encoder = new Encoder(codec);
  const decoder = new Decoder(codec);
  const packet = await encoder.encode(...picture, true, 500_000, 30, 1);
  await decoder.decode(new Uint8Array(packet.data), memory);
  if (end !== 'close') return;
  encoder.close();
  decoder.close();
}

async function resident() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await setImmediate();
  }
  return process.memoryUsage().rss / 2 ** 20;
}

for (let i = 0; i < rounds / 10; i++) await round();
const before = await resident();
for (let i = 0; i < (rounds * 9) / 10; i++) await round();
console.log(Math.round((await resident()) - before));
