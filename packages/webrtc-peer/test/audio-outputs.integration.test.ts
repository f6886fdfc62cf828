import { loadOpus, packetHasFec, parseToc } from '@rm/codecs';
import { expect, test } from '@jest/globals';
import { millis } from '@rm/rtp-sync';
import type { EncodedAudio } from '../src/media/audio-stream.js';
import { AudioOutputs } from '../src/mesh/audio-outputs.js';
import { tone } from './support/audio-link.js';
import { VirtualClock } from './support/virtual-clock.js';

const opus = await loadOpus();

/** Sends 20 s of sound to a and b, who report every second; gives the packets of each second. */
async function send(
  lost: (peer: 'a' | 'b', second: number) => number,
): Promise<{ seconds: EncodedAudio[][]; targets: number[] }> {
  const clock = new VirtualClock();
  const seconds: EncodedAudio[][] = [];
  const targets: number[] = [];
  const outputs = new AudioOutputs(opus, { complexity: 0 }, clock, (packet) =>
    seconds.at(-1)!.push(packet),
  );
  const output = await outputs.open('all');
  const hum = [200, 331, 467, 911].map(tone);
  for (let second = 0; second < 20; second++) {
    seconds.push([]);
    for (let tick = 0; tick < 100; tick++) {
      const samples = Float32Array.from({ length: 480 }, (_, n) => {
        const at = (second * 100 + tick) * 480 + n;
        // Syllables, as the encoder spends redundancy on speech only.
        const loudness = 0.5 + 0.5 * Math.sin((2 * Math.PI * 4 * at) / 48_000);
        return (loudness * hum.reduce((sum, sine) => sum + sine(at), 0)) / 4;
      });
      clock.advance(10);
      output.write({ samples, sampleRate: 48_000, channels: 1, capture: undefined });
    }
    for (const peer of ['a', 'b'] as const)
      outputs.reported(
        peer,
        { fractionLost: lost(peer, second), roundTrip: millis(40) },
        clock.now(),
      );
    targets.push(outputs.statistics()[0]!.targetBitrate);
  }
  outputs.close();
  return { seconds, targets };
}

const share = (packets: readonly EncodedAudio[]): number =>
  packets.filter(({ payload }) => packetHasFec(payload)).length / packets.length;
const bitrate = (packets: readonly EncodedAudio[]): number =>
  packets.reduce((sum, { payload }) => sum + payload.length * 8, 0);

test('what is sent follows the worst path: under loss with FEC and fewer bits', async () => {
  const { seconds, targets } = await send((peer, second) =>
    peer === 'b' && second >= 3 && second < 8 ? 0.2 : 0,
  );
  expect(share(seconds[2]!)).toBe(0);
  expect(bitrate(seconds[2]!)).toBeGreaterThan(35_000);
  expect(targets[2]).toBe(48_000);
  expect(targets[7]).toBe(24_000);
  expect(share(seconds[7]!)).toBeGreaterThan(0.5);
  expect(bitrate(seconds[7]!)).toBeLessThan(30_000);
  const toc = parseToc(seconds[7]![0]!.payload);
  expect(toc.ok && toc.value.bandwidth).toBe('wideband');
});

test('paths without loss leave it as it was asked for', async () => {
  const { seconds, targets } = await send(() => 0);
  expect(new Set(targets)).toEqual(new Set([48_000]));
  expect(seconds.map(share)).toEqual(seconds.map(() => 0));
});

test('bitrates that make no sense are refused before anything is opened', () => {
  const clock = new VirtualClock();
  const make = (encoding: object): unknown =>
    new AudioOutputs(opus, encoding, clock, () => undefined);
  expect(() => make({ bitrate: 48_000, minBitrate: 64_000 })).toThrow(/min 64000/);
  expect(() => make({ bitrate: 48_000, maxBitrate: 32_000 })).toThrow(/max 32000/);
});

test.each([
  [{}, false],
  [{ redundancy: 'auto' }, false],
  [{ redundancy: 'off' }, true],
] as const)('encoded with %j a packet is sent without copies: %s', async (encoding, alone) => {
  const clock = new VirtualClock();
  const packets: EncodedAudio[] = [];
  const outputs = new AudioOutputs(opus, encoding, clock, (packet) => packets.push(packet));
  const output = await outputs.open('all');
  const samples = new Float32Array(960);
  output.write({ samples, sampleRate: 48_000, channels: 1, capture: undefined });
  outputs.close();
  expect(packets).toMatchObject([{ position: 0, alone }]);
});

test('of a muted output no copies go, as they would carry what was said before', async () => {
  const clock = new VirtualClock();
  const packets: EncodedAudio[] = [];
  const outputs = new AudioOutputs(opus, {}, clock, (packet) => packets.push(packet));
  const output = await outputs.open('all');
  const frame = {
    samples: new Float32Array(960).fill(0.1),
    sampleRate: 48_000,
    channels: 1,
    capture: undefined,
  };
  output.write(frame);
  output.muted = true;
  output.write(frame);
  output.muted = false;
  output.write(frame);
  outputs.close();
  expect(packets.map(({ alone }) => alone)).toEqual([false, true, false]);
});
