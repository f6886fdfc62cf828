import { loadOpus, type OpusDecoder, packetHasFec } from '@rm/codecs';
import { type Figure, figure } from '@rm/benchmark';
import { speech } from './speech.js';

/** One packet in so many is lost. */
const LOST_OF = 5;
const FRAME = 960;
const BITRATES = [20_000, 24_000, 32_000];

/** How much closer to what was sent the lost frames are with in-band FEC than concealed. */
export async function opusFecFigures(seconds = 20): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const bitrate of BITRATES) {
    const { recovered, gain } = await fecGain(speech(seconds), bitrate);
    const where = `${bitrate / 1000} kbit/s, ${100 / LOST_OF} % loss`;
    figures.push(
      figure(
        `FEC over concealment, ${where}`,
        gain,
        'dB',
        bitrate >= 24_000 ? { least: 6 } : undefined,
      ),
      figure(`lost frames recovered, ${where}`, 100 * recovered, '%'),
    );
  }
  return figures;
}

async function fecGain(
  pcm: Float32Array,
  bitrate: number,
): Promise<{ recovered: number; gain: number }> {
  const engine = await loadOpus();
  const format = { sampleRate: 48_000, channels: 1 };
  const encoder = await engine.createEncoder({
    ...format,
    application: 'voip',
    bitrate,
    complexity: 5,
    fec: true,
    expectedLoss: 1 / LOST_OF,
    maxBandwidth: 'wideband',
  });
  const packets: Uint8Array[] = [];
  for (let at = 0; at + FRAME <= pcm.length; at += FRAME)
    packets.push(encoder.encode(pcm.subarray(at, at + FRAME)));
  const open = (): Promise<OpusDecoder> => engine.createDecoder(format);
  const [all, recovering, concealing] = [await open(), await open(), await open()];
  const noise = { recovered: 0, concealed: 0 };
  let lost = 0;
  let recovered = 0;
  for (const [i, packet] of packets.slice(0, -1).entries()) {
    const sent = all.decode(packet)!;
    if (i % LOST_OF !== LOST_OF - 1) {
      recovering.decode(packet);
      concealing.decode(packet);
      continue;
    }
    lost++;
    const next = packets[i + 1]!;
    const concealed = concealing.decodeLost(FRAME);
    const heard = recovering.decodeFec(next, FRAME);
    if (!heard || !packetHasFec(next)) {
      recovering.decodeLost(FRAME);
      continue;
    }
    recovered++;
    noise.recovered += distance(sent, heard);
    noise.concealed += distance(sent, concealed);
  }
  for (const coder of [encoder, all, recovering, concealing]) coder.close();
  return { recovered: recovered / lost, gain: 10 * Math.log10(noise.concealed / noise.recovered) };
}

const distance = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0);
