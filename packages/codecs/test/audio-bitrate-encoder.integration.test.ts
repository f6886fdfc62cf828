import { expect, test } from '@jest/globals';
import {
  AudioBitrateController,
  loadOpus,
  type Micros,
  packetHasFec,
  parseToc,
} from '../src/index.js';
import { DEFAULTS, rateOf } from './support/opus.js';
import { random } from './support/signals.js';
import { speech } from './support/speech.js';

/** What an encoder under a controller did in one second, and what it was asked to do. */
interface Second {
  readonly rate: number;
  readonly asked: number;
  readonly fec: number;
  readonly bandwidths: ReadonlySet<string>;
}

const PACKETS_PER_SECOND = 50;

/** Runs an encoder of speech over a path whose loss and bandwidth are given by the second. */
async function call(
  path: readonly { readonly loss: number; readonly bandwidth?: number }[],
): Promise<Second[]> {
  const engine = await loadOpus();
  const controller = new AudioBitrateController();
  const { settings } = controller;
  const encoder = await engine.createEncoder({
    ...DEFAULTS,
    application: 'voip',
    complexity: 3,
    ...settings,
  });
  const next = random(9);
  // Two seconds of speech, over and over.
  const voice = speech(31, 48_000, 96_000);
  const seconds: Second[] = [];
  path.forEach(({ loss, bandwidth }, second) => {
    const packets: Uint8Array[] = [];
    let lost = 0;
    const asked = controller.settings.bitrate;
    for (let i = 0; i < PACKETS_PER_SECOND; i++) {
      const at = ((second % 2) * PACKETS_PER_SECOND + i) * 960;
      packets.push(encoder.encode(voice.subarray(at, at + 960)));
      if (next() < loss) lost++;
    }
    const tocs = packets.map((packet) => parseToc(packet));
    seconds.push({
      rate: rateOf(packets),
      asked,
      fec: packets.filter(packetHasFec).length / packets.length,
      bandwidths: new Set(tocs.map((toc) => (toc.ok ? toc.value.bandwidth : toc.reason))),
    });
    const before = controller.settings;
    const now = ((second + 1) * 1_000_000) as Micros;
    const settings = controller.update({ fractionLost: lost / PACKETS_PER_SECOND, bandwidth }, now);
    if (settings !== before) encoder.configure(settings);
  });
  encoder.close();
  return seconds;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

test('what the encoder sends follows the path', async () => {
  const seconds = await call([
    ...times(20, { loss: 0 }),
    ...times(12, { loss: 0.15 }),
    ...times(42, { loss: 0 }),
    ...times(6, { loss: 0, bandwidth: 52_000 }),
  ]);
  // The rate over two seconds, as the speech repeats then, is the one asked for.
  for (let i = 2; i + 1 < seconds.length; i += 2) {
    const [one, two] = [seconds[i]!, seconds[i + 1]!];
    const ratio = (one.rate + two.rate) / (one.asked + two.asked);
    expect({ i, ratio, follows: ratio > 0.6 && ratio < 1.1 }).toMatchObject({ follows: true });
  }
  const [clear, lossy, restored, narrow] = [
    seconds.slice(19, 20),
    seconds.slice(24, 32),
    seconds.slice(73, 74),
    seconds.slice(76),
  ];
  for (const { asked, fec, bandwidths } of [...clear, ...restored]) {
    expect({ asked, fec }).toEqual({ asked: 128_000, fec: 0 });
    expect(bandwidths).toEqual(new Set(['fullband']));
  }
  for (const { asked, bandwidths } of lossy) {
    expect(asked).toBeLessThanOrEqual(32_000);
    expect(bandwidths).toEqual(new Set(['wideband']));
  }
  expect(mean(lossy.map(({ fec }) => fec))).toBeGreaterThan(0.7);
  for (const { asked } of narrow) expect(asked).toBe(32_000);
});
