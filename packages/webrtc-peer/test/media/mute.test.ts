import { expect, test } from '@jest/globals';
import { isDtx, loadOpus } from '@rm/codecs';
import { FixedDelayPolicy, millis } from '@rm/rtp-sync';
import { amplitude, joined, rms, simulateLink, tone } from '../support/audio-link.js';

const OFF = 1000;
const ON = 3005;
const muted = (ms: number): boolean => ms >= OFF && ms < ON;
const call = {
  duration: 5000,
  source: tone(440),
  muted,
  policy: new FixedDelayPolicy(millis(40)),
};

test('of a muted stream hardly anything leaves, and none of it is sound', async () => {
  const { packets } = await simulateLink(call);
  const first = packets[0]!;
  const decoder = await (await loadOpus()).createDecoder({ sampleRate: 48_000, channels: 1 });
  const played = packets.map(({ payload, timestamp, marker }) => ({
    ms: ((timestamp - first.timestamp) >>> 0) / 48,
    level: rms(decoder.decode(payload)!),
    silent: isDtx(payload),
    marker,
  }));
  decoder.close();
  // What was written before is decoded up to 27 ms later, and rings for a packet.
  const off = played.filter(({ ms }) => ms >= OFF + 40 && ms < ON - 20);
  expect(Math.max(...off.map(({ level }) => level))).toBeLessThan(1e-3);
  expect(off.length).toBeLessThan(25);
  expect(off.filter(({ silent }) => silent).length).toBeGreaterThan(2);
  // Sequence numbers tell of no loss, and timestamps of the pause.
  expect(
    packets.map(({ sequenceNumber }) => (sequenceNumber - first.sequenceNumber) & 0xffff),
  ).toEqual(packets.map((_, i) => i));
  const on = played.find(({ ms, level }) => ms > OFF + 100 && level > 0.1)!;
  expect(on.ms).toBeLessThanOrEqual(ON + 20);
  expect(on.ms % 20).toBe(0);
  expect(played.filter(({ marker, ms }) => marker && ms < OFF).map(({ ms }) => ms)).toEqual([0]);
});

test('unmuted it is heard at once, at the time it was captured, and neither end clicks', async () => {
  const { heard, statistics } = await simulateLink(call);
  const samples = joined(heard);
  const at = (ms: number): number => (ms - heard[0]!.instant + 10) * 48;
  const level = (from: number, to: number): number => rms(samples.subarray(at(from), at(to)));
  const delay = heard.find(({ instant }) => instant === 900)!;
  const behind = (delay.instant * 1000 - delay.capture!.time) / 1000;
  expect(level(OFF - 200, OFF)).toBeGreaterThan(0.3);
  expect(level(OFF + behind + 60, ON + behind - 20)).toBeLessThan(1e-3);
  expect(level(ON + behind + 10, ON + behind + 200)).toBeGreaterThan(0.3);
  expect(amplitude(samples.subarray(at(4000), at(4500)), 440)).toBeGreaterThan(0.45);
  const later = heard.find(({ instant }) => instant === 4500)!;
  expect(Math.abs(later.instant - later.capture!.time / 1000 - behind)).toBeLessThan(3);
  // A step of the tone itself is at most 0.03.
  let step = 0;
  for (let n = at(500); n < samples.length; n++)
    step = Math.max(step, Math.abs(samples[n]! - samples[n - 1]!));
  expect(step).toBeLessThan(0.1);
  expect(statistics).toMatchObject({ concealedSamples: 0, packetsLost: 0 });
});

test('the other side can tell a muted stream from one that is lost', async () => {
  const paused = new Map<number, boolean>();
  await simulateLink({ ...call, watch: (ms, statistics) => paused.set(ms, statistics.paused) });
  expect([900, 1500, 2000, 2500, 3000, 3200].map((ms) => paused.get(ms))).toEqual([
    false,
    true,
    true,
    true,
    true,
    false,
  ]);
  paused.clear();
  let sent = 0;
  await simulateLink({
    ...call,
    duration: 4500,
    // Muted, and then cut off.
    muted: (ms) => ms >= OFF,
    delay: () => (sent++ < 67 ? 1 : undefined),
    watch: (ms, statistics) => paused.set(ms, statistics.paused),
  });
  expect([900, 1500, 4400].map((ms) => paused.get(ms))).toEqual([false, true, false]);
});
