import { loadOpus, type OpusDecoder, type OpusEncoder } from '@rm/codecs';
import { type Figure, figure } from '@rm/benchmark';

const STREAMS = 60;
const CYCLES = 1000;
const MEBIBYTE = 2 ** 20;

/** What encoders and decoders take from the process while they are open, and after they are closed. */
export async function opusInstanceFigures(): Promise<Figure[]> {
  const engine = await loadOpus();
  const format = { sampleRate: 48_000, channels: 2 };
  const pair = async (): Promise<readonly [OpusEncoder, OpusDecoder]> => {
    const encoder = await engine.createEncoder({
      ...format,
      application: 'voip',
      bitrate: 32_000,
      complexity: 5,
    });
    const decoder = await engine.createDecoder(format);
    decoder.decode(encoder.encode(new Float32Array(1920)));
    return [encoder, decoder];
  };
  const cycle = async (): Promise<void> => {
    for (const coder of await pair()) coder.close();
  };
  for (let i = 0; i < 100; i++) await cycle();
  const before = process.memoryUsage().rss;
  const started = process.hrtime.bigint();
  for (let i = 0; i < CYCLES; i++) await cycle();
  const spent = Number(process.hrtime.bigint() - started) / 1000 / CYCLES;
  const cycled = process.memoryUsage().rss;
  const open = await Promise.all(Array.from({ length: STREAMS }, pair));
  const held = process.memoryUsage().rss;
  for (const coder of open.flat()) coder.close();
  return [
    figure('encoder and decoder made, used and closed', spent, 'µs'),
    figure(`growth by ${CYCLES} of them`, (cycled - before) / MEBIBYTE, 'MiB', { most: 5 }),
    figure(`memory of ${STREAMS} stereo streams`, (held - cycled) / MEBIBYTE, 'MiB', { most: 20 }),
  ];
}
