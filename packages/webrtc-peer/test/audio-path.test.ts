import { loadOpus } from '@rm/codecs';
import { expect, test } from '@jest/globals';
import { FixedDelayPolicy, micros, millis, unixFromNtp } from '@rm/rtp-sync';
import { AudioStream, type EncodedAudio } from '../src/media/audio-stream.js';
import { UNIX, amplitude, joined, rms, simulateLink, tone } from './support/audio-link.js';

test('a tone is heard at its frequency and level, without a gap', async () => {
  const { heard, statistics } = await simulateLink({ duration: 3000, source: tone(440) });
  const samples = joined(heard.slice(20));
  expect(amplitude(samples, 440)).toBeCloseTo(0.5, 1);
  // All energy is the tone: nothing was cut or repeated.
  expect(rms(samples)).toBeCloseTo(0.5 / Math.SQRT2, 2);
  expect(statistics.concealedSamples).toBe(0);
  expect(statistics.removedSamplesForAcceleration).toBe(0);
  expect(statistics.insertedSamplesForDeceleration).toBe(0);
});

test('the capture time of what is heard is right to a few samples, in spite of the wraps of RTP', async () => {
  // Silence, then a click at a known instant; sequence number and timestamp wrap at the start of the stream.
  const click = 1500 * 48;
  const { heard, packets } = await simulateLink({
    duration: 2000,
    source: (n) => (n >= click && n < click + 24 ? 0.8 : 0),
  });
  expect(packets[0]!.sequenceNumber).toBe(65_535);
  expect(packets[1]!.sequenceNumber).toBe(0);
  expect(packets[1]!.timestamp).toBeLessThan(2000);
  const block = heard.find(({ samples }) => samples.some((s) => Math.abs(s) > 0.3))!;
  const at = block.samples.findIndex((s) => Math.abs(s) > 0.3);
  const time = block.capture!.time / 1000 + at / 48;
  expect(Math.abs(time - 1500)).toBeLessThan(0.5);
  expect(block.instant - time).toBeGreaterThan(30);
});

test('mouth to ear is the time from capture to playout, as the click shows', async () => {
  const click = 4500 * 48;
  const { heard, statistics } = await simulateLink({
    duration: 5000,
    source: (n) => (n >= click && n < click + 24 ? 0.8 : 0),
    delay: () => 17,
    policy: new FixedDelayPolicy(millis(40)),
  });
  const block = heard.find(({ samples }) => samples.some((s) => Math.abs(s) > 0.3))!;
  const at = block.samples.findIndex((s) => Math.abs(s) > 0.3);
  const measured = block.instant + at / 48 - 4500;
  expect(Math.abs(statistics.mouthToEarMs!.p50 - measured)).toBeLessThanOrEqual(1);
  expect(statistics.mouthToEarMs!.bound).toBeLessThanOrEqual(0.3);
});

test('another wall clock at the sender is taken out, and the bound is passed on', async () => {
  const offset = { offset: micros(0), bound: millis(7), roundTrip: millis(14) };
  const { heard } = await simulateLink({ duration: 4500, source: tone(300), offset });
  // By then the sender reports leave little doubt of their own.
  expect(heard.at(-1)!.capture!.bound).toBeGreaterThanOrEqual(7000);
  expect(heard.at(-1)!.capture!.bound).toBeLessThanOrEqual(7300);
  const shifted = await simulateLink({
    duration: 4500,
    source: tone(300),
    offset: { ...offset, offset: micros(3_000_000) },
  });
  const a = heard.at(-1)!.capture!.time;
  expect(shifted.heard.at(-1)!.capture!.time).toBe(a - 3_000_000);
});

test('sender reports come at once, after 0.5 s and 1 s, then every second, and tie RTP to capture time', async () => {
  const { reports, packets } = await simulateLink({ duration: 4200, source: tone(300) });
  const times = reports.map(
    (r) => (unixFromNtp({ seconds: r.ntpSeconds, fraction: r.ntpFraction }) - UNIX) / 1000,
  );
  expect(times).toEqual([20, 520, 1020, 2020, 3020, 4020]);
  // The first packet's timestamp stands for capture time 0 less the encoder's lookahead of 6.5 ms.
  reports.forEach((report, i) => {
    const ticks = (report.rtpTimestamp - packets[0]!.timestamp) >>> 0;
    expect(ticks / 48).toBeCloseTo(times[i]! + 6.5, 1);
    expect(report.packetCount).toBe(Math.floor(times[i]! / 20));
  });
});

test('a stream whose packets say when they were captured needs no sender report', async () => {
  const click = 300 * 48;
  const { heard } = await simulateLink({
    duration: 800,
    source: (n) => (n >= click && n < click + 24 ? 0.8 : 0),
    reportsArrive: false,
  });
  const block = heard.find(({ samples }) => samples.some((s) => Math.abs(s) > 0.3))!;
  const at = block.samples.findIndex((s) => Math.abs(s) > 0.3);
  expect(Math.abs(block.capture!.time / 1000 + at / 48 - 300)).toBeLessThan(0.5);
  expect(block.capture!.bound).toBeLessThan(2000);
});

test('mouth to ear is measured over what was heard, not over what stood in for it', async () => {
  const { statistics } = await simulateLink({
    duration: 2500,
    source: tone(440),
    delay: (i) => (i < 50 ? 1 : undefined),
  });
  expect(statistics.concealedSamples).toBeGreaterThan(48_000);
  expect(statistics.mouthToEarMs!.p95).toBeLessThan(80);
});

test('a lost packet is concealed: the tone goes on, and the right number of samples is counted', async () => {
  const { heard, statistics } = await simulateLink({
    duration: 2000,
    source: tone(440),
    delay: (i) => (i === 50 ? undefined : 1),
  });
  expect(statistics.concealedSamples).toBe(960);
  expect(statistics.packetsLost).toBe(1);
  const around = joined(heard.filter(({ instant }) => instant > 1000 && instant < 1120));
  for (let i = 0; i + 480 <= around.length; i += 480)
    expect(rms(around.subarray(i, i + 480))).toBeGreaterThan(0.2);
});

/** Six seconds of a tone at 200 Hz, whose target delay in ms changes after two. */
function simulateTargetChange(before: number, after: number): ReturnType<typeof simulateLink> {
  let target = millis(before);
  const policy = {
    get target() {
      return target;
    },
    observe: () => undefined,
  };
  const hum = tone(200);
  return simulateLink({
    duration: 6000,
    source: (n) => {
      if (n === 48 * 2000) target = millis(after);
      return hum(n);
    },
    policy,
  });
}

test('a delay above the target is worked off by playing faster, at the same pitch', async () => {
  const { heard, statistics } = await simulateTargetChange(150, 40);
  expect(statistics.removedSamplesForAcceleration).toBeGreaterThan(80 * 48);
  // A period at a time, each heard out before the next.
  const jumps = heard
    .map(
      ({ capture }, i) => capture!.time - (heard[i - 1]?.capture!.time ?? capture!.time - 10_000),
    )
    .flatMap((step, i) => (step > 11_000 ? [i] : []));
  expect(jumps.length).toBeGreaterThan(5);
  for (const [i, tick] of jumps.entries())
    expect(tick - (jumps[i - 1] ?? -10)).toBeGreaterThanOrEqual(5);
  expect(statistics.concealedSamples).toBe(0);
  const last = joined(heard.slice(-100));
  expect(amplitude(last, 200)).toBeCloseTo(0.5, 1);
  const end = heard.at(-1)!;
  const latency = end.instant - end.capture!.time / 1000;
  expect(latency).toBeLessThan(20 + 6.5 + 1 + 40 + 20 + 10);
});

test('a delay below the target is built up by playing slower', async () => {
  const { heard, statistics } = await simulateTargetChange(30, 120);
  expect(statistics.insertedSamplesForDeceleration).toBeGreaterThan(60 * 48);
  expect(statistics.concealedSamples).toBe(0);
  const end = heard.at(-1)!;
  expect(end.instant - end.capture!.time / 1000).toBeGreaterThan(20 + 6.5 + 100);
});

test('payloads that are not Opus are counted and heard as concealment, never thrown', async () => {
  const { statistics, heard } = await simulateLink({
    duration: 2000,
    source: tone(440),
    tamper: (packet, i) =>
      i % 10 === 5
        ? { ...packet, payload: i % 20 === 5 ? new Uint8Array(0) : Uint8Array.of(0xff, 0xff, 0xff) }
        : packet,
  });
  expect(statistics.packetsMalformed).toBeGreaterThan(5);
  expect(heard.length).toBeGreaterThan(150);
});

test('a stream of another SSRC takes over', async () => {
  const { heard } = await simulateLink({
    duration: 3000,
    source: tone(440),
    tamper: (packet, i) =>
      i < 70
        ? packet
        : {
            ...packet,
            ssrc: 2,
            sequenceNumber: (packet.sequenceNumber + 777) & 0xffff,
            timestamp: (packet.timestamp + 123_456_789) >>> 0,
          },
  });
  expect(amplitude(joined(heard.slice(-50)), 440)).toBeCloseTo(0.5, 1);
});

async function encoded(
  frames: readonly { samples: number; capture?: number }[],
): Promise<EncodedAudio[]> {
  const opus = await loadOpus();
  const encoder = await opus.createEncoder({
    sampleRate: 48_000,
    channels: 1,
    bitrate: 32_000,
    complexity: 0,
    application: 'audio',
  });
  const packets: EncodedAudio[] = [];
  const stream = new AudioStream(encoder, (packet) => packets.push(packet));
  for (const { samples, capture } of frames)
    stream.write(
      {
        samples: new Float32Array(samples),
        sampleRate: 48_000,
        channels: 1,
        capture: capture === undefined ? undefined : { time: millis(capture), bound: micros(0) },
      },
      millis(1000),
    );
  stream.close();
  return packets;
}

test('frames of any length become packets of 20 ms with the capture time of their first sample', async () => {
  const packets = await encoded([
    { samples: 700, capture: 100 },
    { samples: 700, capture: 100 + 700 / 48 },
    { samples: 1480, capture: 100 + 1400 / 48 },
  ]);
  expect(packets.map((p) => p.position)).toEqual([0, 960, 1920]);
  packets.forEach((p, i) => expect(p.capture / 1000).toBeCloseTo(100 - 6.5 + i * 20, 1));
  expect(packets.map((p) => p.talkspurt)).toEqual([true, false, false]);
});

test('a pause of the source moves RTP time on by its length and starts a talkspurt', async () => {
  const packets = await encoded([
    { samples: 960, capture: 0 },
    { samples: 480, capture: 20 },
    { samples: 960, capture: 1000 },
  ]);
  expect(packets.map((p) => p.position)).toEqual([0, 960 + 970 * 48]);
  expect(packets[1]).toMatchObject({ talkspurt: true });
  expect(packets[1]!.capture / 1000).toBeCloseTo(1000 - 6.5, 1);
});

test('frames without capture time continue one another', async () => {
  const packets = await encoded([{ samples: 960 }, { samples: 960 }]);
  expect(packets.map((p) => p.capture)).toEqual([millis(1000 - 20 - 6.5), millis(1000 - 6.5)]);
});

test('a format the mesh does not carry is refused by name', async () => {
  const opus = await loadOpus();
  const encoder = await opus.createEncoder({
    sampleRate: 48_000,
    channels: 1,
    bitrate: 32_000,
    complexity: 0,
    application: 'audio',
  });
  const stream = new AudioStream(encoder, () => undefined);
  const frame = {
    samples: new Float32Array(320),
    sampleRate: 16_000,
    channels: 1,
    capture: undefined,
  };
  expect(() => stream.write(frame, millis(0))).toThrow(
    expect.objectContaining({
      code: 'UNSUPPORTED_FRAME',
      message: expect.stringContaining('resample'),
    }),
  );
  stream.close();
});
