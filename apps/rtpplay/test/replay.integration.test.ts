import { beforeAll, expect, test } from '@jest/globals';
import type { PlayOptions } from '../src/options.js';
import type { Report } from '../src/report.js';
import { type CallPacket, call, jitter, sent } from './support/call.js';
import { rtpdump } from './support/captures.js';
import { playBytes } from './support/play-bytes.js';

const played = async (
  packets: readonly CallPacket[],
  options: Partial<PlayOptions> = {},
): Promise<Report> => (await playBytes(rtpdump(sent(packets)), options)).report;

let steady: CallPacket[];
beforeAll(async () => {
  steady = await call(120, () => 0);
});

test('a quiet network: nothing is concealed, and the delay is that of the policy', async () => {
  const report = await played(steady, { policy: { fixed: 60 } });
  expect(report.packets).toMatchObject({
    received: 120,
    lost: 0,
    late: 0,
    reordered: 0,
    duplicates: 0,
  });
  expect(report.concealedPercent).toBe(0);
  expect(report.interruptions).toBe(0);
  expect(report.worstStall).toBeUndefined();
  expect(report.delayMs!.mean).toBeGreaterThan(52);
  expect(report.delayMs!.mean).toBeLessThan(72);
  // All that was decoded was played, from the first packet that was not dropped to the last.
  expect(report.samples.played).toBe(
    report.samples.decoded + report.samples.inserted - report.samples.removed,
  );
  expect(report.samples.decoded).toBe((120 - report.packets.skipped) * 960);
  expect(report.policy).toBe('fixed:60');
});

test('the delay is as long as it is asked to be', async () => {
  const mean = async (options: Partial<PlayOptions>): Promise<number> =>
    (await played(steady, options)).delayMs!.mean;
  const short = await mean({ policy: { fixed: 20 } });
  const long = await mean({ policy: { fixed: 200 } });
  expect(long - short).toBeGreaterThan(150);
  expect(await mean({ minDelay: 150 })).toBeGreaterThan(140);
  expect(await mean({ maxDelay: 20 })).toBeLessThan(35);
});

test('a preset weighs delay against loss', async () => {
  const wait = jitter(120, 3);
  const rough = await call(160, wait);
  const low = await played(rough, { preset: 'low-latency' });
  const robust = await played(rough, { preset: 'robust' });
  expect(robust.delayMs!.mean).toBeGreaterThan(low.delayMs!.mean);
  const neteq = await played(rough, { policy: 'neteq' });
  expect(neteq.policy).toBe('neteq');
  expect(neteq.sha256.events).not.toBe(low.sha256.events);
});

test('packets that come too late are counted as late, and what stood in for them as concealed', async () => {
  const packets = await call(120, (n) => (n > 0 && n % 40 === 0 ? 90 : 0));
  const report = await played(packets, { policy: { fixed: 30 } });
  expect(report.packets).toMatchObject({
    received: 120,
    lost: 0,
    reordered: 2,
    late: 2,
    // It joined the stream where it was when its first 80 ms had been seen.
    skipped: 3,
    discarded: 5,
  });
  expect(report.samples.concealed).toBeGreaterThanOrEqual(2 * 960 - 480);
  expect(report.interruptions).toBe(0);
});

test('a long loss is an interruption; a short one is none', async () => {
  const lossy = async (first: number, count: number): Promise<Report> =>
    await played(await call(100, (n) => (n >= first && n < first + count ? undefined : 0)), {
      policy: { fixed: 40 },
    });
  const long = await lossy(50, 10);
  expect(long.packets.lost).toBe(10);
  expect(long.interruptions).toBe(1);
  expect(long.longestInterruptionMs).toBeGreaterThanOrEqual(180);
  expect(long.longestInterruptionMs).toBeLessThanOrEqual(240);
  const short = await lossy(50, 5);
  expect(short.packets.lost).toBe(5);
  expect(short.interruptions).toBe(0);
});

test('a pause of the sender is no interruption', async () => {
  const packets = (await call(120, () => 0)).map((packet, n) =>
    n < 60
      ? packet
      : { ...packet, at: packet.at + 600, timestamp: (packet.timestamp + 48 * 600) >>> 0 },
  );
  const report = await played(packets, { policy: { fixed: 40 } });
  expect(report.packets.lost).toBe(0);
  expect(report.worstStall).toBeUndefined();
  expect(report.interruptions).toBe(0);
});

test('a stall is told, and how long it took until the delay was back', async () => {
  // From 1 s on nothing comes for 0.5 s; then all of it at once.
  const stalled = await call(220, (n) => (n >= 50 && n < 75 ? 20 * (75 - n) : 0));
  const report = await played(stalled, { policy: { fixed: 60 } });
  expect(report.worstStall).toMatchObject({ atMs: 1000, lengthMs: 500 });
  expect(report.worstStall!.recoveryMs).toBeGreaterThanOrEqual(0);
  expect(report.worstStall!.recoveryMs).toBeLessThan(1500);
  expect(report.interruptions).toBe(1);
  expect(report.packets.lost).toBe(0);
  expect(report.packets.discarded).toBeGreaterThan(5);
  // It ends before the delay is back.
  const cut = await played(
    stalled.filter(({ at }) => at <= 1520),
    { policy: { fixed: 60 } },
  );
  expect(cut.worstStall).toEqual({ atMs: 1000, lengthMs: 500 });
});

test('a delay that is worked off little by little takes longer to be back than one that is cut', async () => {
  const recovery = async (stall: number): Promise<number> => {
    const packets = await call(180, (n) => Math.max(0, n >= 50 ? stall - 20 * (n - 50) : 0));
    const { worstStall } = await played(packets, { policy: { fixed: 60 } });
    expect(worstStall!.lengthMs).toBe(stall);
    return worstStall!.recoveryMs!;
  };
  expect(await recovery(220)).toBeGreaterThan(400);
  expect(await recovery(600)).toBeLessThan(300);
});

test.each([20_000, 45_000])(
  'a sender that begins anew, its numbers %i on, goes on being heard, and nothing counts as lost',
  async (jump) => {
    const again = (await call(100, () => 0)).map((packet) => ({
      ...packet,
      at: packet.at + 3000,
      sequence: (packet.sequence + jump) & 0xffff,
      timestamp: (packet.timestamp + 1_000_000_000) >>> 0,
    }));
    const report = await played([...steady, ...again], { policy: { fixed: 40 } });
    // The first of them might have been a stray.
    expect(report.packets).toMatchObject({ received: 220, lost: 0, ignored: 1 });
    expect(report.samples.concealed).toBeLessThan(2.1 * 48_000);
    // What was lost before counts still.
    const lossy = steady.filter((_, n) => n < 60 || n > 64);
    const { packets } = await played([...lossy, ...again], { policy: { fixed: 40 } });
    expect(packets).toMatchObject({ received: 215, lost: 5 });
    const { ignored, discarded } = report.packets;
    expect(report.samples.decoded).toBe((220 - ignored - discarded) * 960);
  },
);

test('hours in which nothing comes are over in a moment', async () => {
  const hours = 23 * 3600e3;
  const after = (await call(60, () => 0)).map((packet) => ({
    ...packet,
    at: packet.at + hours,
    sequence: (packet.sequence + 120) & 0xffff,
  }));
  const report = await played([...steady, ...after], { policy: { fixed: 40 } });
  expect(report.packets).toMatchObject({ received: 180, lost: 0 });
  expect(report.stream.durationMs).toBe(hours + 59 * 20);
  expect(report.samples.decoded).toBeGreaterThan(170 * 960);
  // What was made up before the receiver gave the stream up.
  expect(report.samples.concealed).toBeLessThan(2.1 * 48_000);
  expect(report.worstStall!.lengthMs).toBeGreaterThan(hours - 5000);
});

test('payloads that are no Opus packets are counted', async () => {
  const packets = steady.map((packet, n) =>
    n % 40 === 5 ? { ...packet, payload: new Uint8Array(0) } : packet,
  );
  const report = await played(packets);
  expect(report.packets.malformed).toBe(3);
  expect(report.samples.concealed).toBeGreaterThan(0);
});
