import { expect, test } from '@jest/globals';
import { FixedDelayPolicy, millis } from '@rm/rtp-sync';
import { type AudioCall, audioCall } from './support/audio-call.js';
import { rms, tone } from './support/audio-link.js';
import { seeded } from './support/rtp-pair.js';

const OPUS = 111;
const RED = 63;

/** A hum that lasts, over a path with a round trip of 40 ms. */
const hum = tone(180);
const call = (options: Partial<AudioCall>): ReturnType<typeof audioCall> =>
  audioCall({ seconds: 4, source: hum, ...options });

/** Loses these packets, counted as they are sent. */
const losing =
  (...lost: readonly number[]) =>
  (i: number): boolean =>
    lost.includes(i);

/** Loses a part of all packets, each by itself. */
function losingAtRandom(share: number): (i: number) => boolean {
  const random = seeded(7);
  return () => random() < share;
}

test('on a path that loses nothing nothing is added', async () => {
  const { wire, sent, statistics } = await call({});
  expect(new Set(wire.map(({ payloadType }) => payloadType))).toEqual(new Set([OPUS]));
  expect(sent).toMatchObject({ redundancy: 0, redundantBytesSent: 0, nackCount: 0 });
  expect(statistics).toMatchObject({ concealedSamples: 0, packetsRequested: 0 });
});

test('after the first loss each packet goes with the one before it, and the next loss is not heard', async () => {
  const { wire, statistics, sent, longest } = await call({
    lost: losing(20, 150),
    policy: new FixedDelayPolicy(millis(50)),
    from: 2000,
  });
  expect(sent.redundancy).toBe(1);
  expect(sent.redundantBytesSent).toBeGreaterThan(5000);
  expect(new Set(wire.slice(110).map(({ payloadType }) => payloadType))).toEqual(new Set([RED]));
  expect(longest).toBe(0);
  expect(statistics).toMatchObject({
    redundantPacketsPlayed: 1,
    packetsLost: 2,
    packetsDuplicated: 0,
    packetsMalformed: 0,
  });
});

test('at 10 % hardly a packet is missed, each is played once, and FEC is on within two seconds', async () => {
  const lossy = { seconds: 6, from: 2000, firstSequence: 65_450 };
  const alone = await call({ ...lossy, lost: losingAtRandom(0.1), redundancy: 'off' });
  const copied = await call({ ...lossy, lost: losingAtRandom(0.1) });
  expect(alone.sent.redundantBytesSent).toBe(0);
  expect(new Set(alone.wire.map(({ payloadType }) => payloadType))).toEqual(new Set([OPUS]));
  expect(alone.concealed).toBeGreaterThan(0.01);
  expect(copied.concealed).toBeLessThan(0.003);
  expect(copied.protectedAt).toBeLessThan(2200);
  const { statistics, wire } = copied;
  // What was recovered stays told as lost.
  const lost = wire.filter((each) => each.lost && each.at < 5900).length;
  expect(statistics.packetsLost).toBeGreaterThanOrEqual(lost - 2);
  expect(statistics.redundantPacketsPlayed).toBeGreaterThan(0.7 * lost);
  expect(statistics.packetsDuplicated).toBe(0);
  expect(statistics.jitter).toBeLessThan(0.001);
  // Nothing was cut out and nothing repeated: it hums all the time.
  for (let at = 0; at + 480 <= copied.samples.length; at += 480)
    expect(rms(copied.samples.subarray(at, at + 480))).toBeGreaterThan(0.15);
});

test('bursts of three are played from what comes after them', async () => {
  const { statistics, concealed, sent } = await call({
    seconds: 6,
    from: 4500,
    lost: (i) => i >= 20 && i % 20 < 3,
    policy: new FixedDelayPolicy(millis(80)),
  });
  expect(sent.redundancy).toBe(3);
  expect(concealed).toBe(0);
  expect(statistics.redundantPacketsPlayed).toBeGreaterThan(25);
});

test('where there is time for it lost packets come again, and are neither jitter nor received', async () => {
  const { statistics, sent, wire, recorded, longest } = await call({
    lost: losing(60, 100, 101, 102, 150),
    redundancy: 'off',
    policy: new FixedDelayPolicy(millis(140)),
  });
  expect(longest).toBe(0);
  expect(statistics).toMatchObject({
    packetsRequested: 5,
    retransmittedPacketsPlayed: 5,
    packetsLost: 5,
    packetsDuplicated: 0,
  });
  expect(sent.retransmittedPacketsSent).toBe(5);
  expect(statistics.jitter).toBeLessThan(0.001);
  const lost = wire.filter((each) => each.lost).map(({ sequence }) => sequence);
  expect(lost).toHaveLength(5);
  // A recording holds what came by itself, so that a replay does not take a request for a delay.
  expect(recorded.filter((sequence) => lost.includes(sequence))).toEqual([]);
  expect(recorded.length).toBeGreaterThan(190);
});

test('what is lost again is asked for again while it can come in time', async () => {
  const { statistics } = await call({
    // The packet, and its first repetition.
    lost: losing(60, 63),
    redundancy: 'off',
    policy: new FixedDelayPolicy(millis(160)),
  });
  expect(statistics.retransmittedPacketsPlayed).toBeGreaterThanOrEqual(1);
  expect(statistics.packetsRequested).toBeGreaterThanOrEqual(2);
  expect(statistics.concealedSamples).toBe(0);
});

test('it is asked for at once where there is no time to wait', async () => {
  // Seen 20 ms later, with a round trip of 46 ms: 4 ms are left.
  const { statistics, longest } = await call({
    delay: () => 23,
    lost: losing(60, 100, 150),
    redundancy: 'off',
    policy: new FixedDelayPolicy(millis(70)),
  });
  expect(statistics).toMatchObject({ packetsRequested: 3, retransmittedPacketsPlayed: 3 });
  expect(longest).toBe(0);
});

test('what came in a copy is not asked for', async () => {
  const { statistics } = await call({
    lost: losing(20, 150, 170),
    policy: new FixedDelayPolicy(millis(140)),
  });
  expect(statistics).toMatchObject({
    packetsRequested: 1,
    retransmittedPacketsPlayed: 1,
    redundantPacketsPlayed: 2,
    concealedSamples: 0,
  });
});

test('what could not come in time is not asked for', async () => {
  const { statistics, sent } = await call({
    lost: losing(60, 100),
    redundancy: 'off',
    policy: new FixedDelayPolicy(millis(40)),
  });
  expect(statistics.packetsRequested).toBe(0);
  expect(sent.nackCount).toBe(0);
});

test('a call whose first packets are lost begins with the first that came', async () => {
  const { statistics, samples } = await call({ seconds: 2, lost: (i) => i < 5 });
  expect(samples.length / 48).toBeGreaterThan(1600);
  expect(statistics).toMatchObject({ packetsLost: 0, packetsDuplicated: 0, concealedSamples: 0 });
});

test('pauses of the sender stay pauses, whatever is lost before and after them', async () => {
  const spurts: Partial<AudioCall> = {
    seconds: 6,
    silent: (ms) => ms % 1000 >= 600,
    policy: new FixedDelayPolicy(millis(60)),
  };
  const clean = await call(spurts);
  // Of each talkspurt the first, the last, and one within.
  const lossy = await call({ ...spurts, lost: (i) => i > 20 && [29, 0, 15].includes(i % 30) });
  const { statistics } = lossy;
  expect(statistics.redundantPacketsPlayed).toBeGreaterThanOrEqual(8);
  expect(statistics.packetsDuplicated).toBe(0);
  // The last of a talkspurt would come with the next one, too late.
  const more = statistics.concealedSamples - clean.statistics.concealedSamples;
  expect(more / 960).toBeLessThan(6);
  expect(lossy.samples.length).toBe(clean.samples.length);
});

test('a listener without it is sent Opus as it is, and asks for nothing', async () => {
  const { wire, statistics } = await call({
    seconds: 6,
    repaired: false,
    lost: losingAtRandom(0.05),
  });
  expect(new Set(wire.map(({ payloadType }) => payloadType))).toEqual(new Set([OPUS]));
  expect(statistics).toMatchObject({ redundantPacketsPlayed: 0, packetsRequested: 0 });
  expect(statistics.concealedSamples).toBeGreaterThan(0);
});
