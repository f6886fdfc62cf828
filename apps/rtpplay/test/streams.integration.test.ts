import { beforeAll, expect, test } from '@jest/globals';
import { hex, join, rtp, u16, u32 } from './support/bytes.js';
import { type CallPacket, call, sent } from './support/call.js';
import { type Sent, pcap, rtpdump } from './support/captures.js';
import { playBytes } from './support/play-bytes.js';

let packets: CallPacket[];
beforeAll(async () => {
  packets = await call(60, () => 0);
});

/** Packets of `bytes` random bytes each `step` ticks of `clockRate` from each other. */
function stream(
  count: number,
  options: {
    readonly ssrc: number;
    readonly step: number;
    readonly clockRate: number;
    readonly payloadType: number;
    readonly perFrame?: number;
  },
): Sent[] {
  const { step, clockRate, perFrame = 1, ...names } = options;
  let state = 7;
  return Array.from({ length: count }, (_, n) => {
    const frame = Math.floor(n / perFrame);
    const payload = Uint8Array.from({ length: 60 }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      return state >>> 24;
    });
    return {
      at: (1000 * frame * step) / clockRate,
      bytes: rtp({ ...names, sequence: n, timestamp: frame * step, payload }),
    };
  });
}

const merged = (...streams: readonly Sent[][]): Sent[] =>
  streams.flat().toSorted((a, b) => a.at - b.at);

test('the stream of sound with the most packets is played, the others are listed', async () => {
  const video = stream(200, {
    ssrc: 9,
    step: 3000,
    clockRate: 90_000,
    payloadType: 96,
    perFrame: 5,
  });
  const names = join(hex('80c90001 00000000 81ca0003 0000000b 0103 626f62 000000'));
  const file = pcap([
    { at: 0, bytes: names },
    ...merged(sent(packets, 11), sent(packets.slice(0, 40), 12), video),
  ]);
  const { report } = await playBytes(file);
  expect(report.stream).toMatchObject({
    ssrc: 11,
    cname: 'bob',
    packets: 60,
    payloadType: 111,
    flow: '10.0.0.1:5004>10.0.0.2:5006',
    durationMs: 1180,
  });
  expect(report.otherStreams).toMatchObject([
    { ssrc: 9, packets: 200, payloadType: 96, kind: 'video' },
    { ssrc: 12, packets: 40, payloadType: 111, kind: 'sound' },
  ]);
  expect(report.packets).toMatchObject({ received: 60, lost: 0 });
  // One that has a payload type is found by it.
  const both = [
    ...sent(packets, 11),
    ...stream(30, { ssrc: 5, step: 160, clockRate: 8000, payloadType: 8 }),
  ];
  const typed = await playBytes(pcap(both), { payloadType: 8 });
  expect(typed.report.stream).toMatchObject({ ssrc: 5, payloadType: 8 });
  const other = await playBytes(file, { ssrc: 12 });
  expect(other.report.stream).toMatchObject({ ssrc: 12, packets: 40 });
});

test('packets that only look like RTP are no stream', async () => {
  const stray = (i: number): Uint8Array =>
    join(Uint8Array.of(0x80, 96), u16(i * 9731), u32(i, i * 77, 5));
  const strays = Array.from({ length: 90 }, (_, i) => ({ at: i, bytes: stray(i % 9) }));
  const { report } = await playBytes(pcap(merged(sent(packets), strays)));
  expect(report.stream.packets).toBe(60);
  expect(report.capture.strays).toBe(90);
  expect(report.otherStreams).toEqual([]);
});

test('what is neither Opus nor known is played by its times with a built-in signal', async () => {
  const pcmu = stream(100, { ssrc: 1, step: 160, clockRate: 8000, payloadType: 0 });
  const { report, warnings } = await playBytes(pcap(pcmu));
  expect(report.stream).toMatchObject({ clockRate: 8000, payload: 'not Opus', signal: 'built-in' });
  expect(report.samples.decoded).toBeGreaterThan(95 * 960);
  expect(report.samples.concealed).toBe(0);
  expect(warnings).toEqual([expect.stringMatching(/not Opus.*built-in signal/)]);
  // The same by its times, whatever is in the packets.
  const g722 = stream(100, { ssrc: 1, step: 160, clockRate: 8000, payloadType: 9 });
  expect((await playBytes(pcap(g722))).report.sha256).toEqual(report.sha256);
});

test('random payloads are not taken for Opus', async () => {
  const srtp = stream(100, { ssrc: 1, step: 960, clockRate: 48_000, payloadType: 111 });
  const { report, warnings } = await playBytes(pcap(srtp));
  expect(report.stream).toMatchObject({ clockRate: 48_000, payload: 'not Opus' });
  expect(report.packets.malformed).toBe(0);
  expect(warnings).toEqual([expect.stringContaining('not Opus, or encrypted')]);
});

test('SRTP over DTLS is encrypted though it reads as Opus', async () => {
  const file = pcap([{ at: 0, bytes: hex('16fefd0000'.padEnd(30, '0')) }, ...sent(packets)]);
  const { report, warnings } = await playBytes(file);
  expect(report.stream).toMatchObject({ payload: 'encrypted', signal: 'built-in' });
  expect(warnings).toEqual([expect.stringContaining('SRTP')]);
});

test('another payload type among the packets is no loss', async () => {
  const rows = packets.map(({ sequence, timestamp, payload }, i) =>
    rtp({ sequence, timestamp, payload, payloadType: i % 20 === 19 ? 13 : 111 }),
  );
  const file = rtpdump(rows.map((bytes, i) => ({ at: 20 * i, bytes })));
  const { report } = await playBytes(file);
  expect(report.stream).toMatchObject({ payloadType: 111, packets: 57, payload: 'opus' });
  expect(report.packets).toMatchObject({ received: 57, lost: 0 });
  expect(report.interruptions).toBe(0);
  // What is in three places of all is no sound that goes on.
  await expect(playBytes(file, { payloadType: 13 })).rejects.toThrow(/packets last 2400 ms/);
});

/** A table of packets of `step` ticks of 8 kHz, of which `late` gives the delay in ms, and `pause` what comes before in ms. */
function table(
  count: number,
  step: number,
  late: (n: number) => number,
  pause: (n: number) => number = () => 0,
): string {
  let media = 0;
  const rows = Array.from({ length: count }, (_, n) => {
    media += n === 0 ? 0 : step + pause(n) * 8;
    return { at: media / 8 + late(n), row: `${n},${media}` };
  });
  const sorted = rows.toSorted((a, b) => a.at - b.at).map(({ at, row }) => `${at},${row}`);
  return `# clock_rate=8000\narrival_ms,sequence,timestamp\n${sorted.join('\n')}\n`;
}

test('a packet that is played in parts counts as one', async () => {
  const { report } = await playBytes(
    table(80, 240, (n) => (n === 30 || n === 60 ? 100 : 0)),
    { policy: { fixed: 40 } },
  );
  expect(report.packets).toMatchObject({ received: 80, lost: 0, reordered: 2, late: 2 });
  expect(report.samples.concealed).toBeGreaterThan(2 * 1440 - 960);
});

test.each([240, 480, 1280])(
  'a sender of packets of %i ticks pauses, and that is heard as it is',
  async (step) => {
    const { report } = await playBytes(
      table(
        60,
        step,
        () => 0,
        (n) => (n % 20 === 10 ? 400 : 0),
      ),
      { policy: { fixed: 40 } },
    );
    expect(report.packets).toMatchObject({ received: 60, lost: 0, late: 0, malformed: 0 });
    const { decoded, comfortNoise } = report.samples;
    expect(decoded).toBeGreaterThanOrEqual((60 - report.packets.skipped) * step * 6);
    expect(comfortNoise).toBeGreaterThan(3 * 0.3 * 48_000);
    expect(report.concealedPercent).toBeLessThan(1);
    expect(report.interruptions).toBe(0);
  },
);

test.each([
  ['16 kHz', 16_000, 320],
  ['30 ms at 8 kHz', 8000, 240],
  ['160 ms at 16 kHz', 16_000, 2560],
  ['44.1 kHz', 44_100, 882],
])('the clock of a stream is found out: %s', async (_, clockRate, step) => {
  const packetsOf = stream(60, { ssrc: 1, step, clockRate, payloadType: 97 });
  const { report } = await playBytes(pcap(packetsOf));
  expect(report.stream.clockRate).toBe(clockRate);
  const sound = (59 * step * 48_000) / clockRate;
  expect(report.samples.decoded).toBeGreaterThan(0.95 * sound - 5000);
  expect(report.samples.concealed).toBe(0);
  expect(report.packets).toMatchObject({ lost: 0, late: 0, malformed: 0 });
});

test.each([
  ['no such stream', {}, { ssrc: 5 }, /no stream 0x00000005: there is 0x12345678/, 'USAGE'],
  [
    'no such payload type',
    {},
    { payloadType: 8 },
    /no packets of payload type 8: its types are 111/,
    'USAGE',
  ],
])('%s: it is said which there are', async (_, __, options, message, code) => {
  await expect(playBytes(pcap(sent(packets)), options)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test.each([
  [
    'nothing but STUN',
    pcap([{ at: 0, bytes: join(hex('0001 0000 2112a442'), new Uint8Array(12)) }]),
    /no RTP stream in this pcap file \(1 × stun\)/,
  ],
  ['nothing', pcap([]), /no RTP stream in this pcap file: capture/],
  ['a file cut in its header', pcap([]).subarray(0, 10), /the file header is cut off at byte 0/],
  [
    'pictures only',
    pcap(stream(50, { ssrc: 9, step: 3000, clockRate: 90_000, payloadType: 96, perFrame: 5 })),
    /only of pictures: name one.*0x00000009/,
  ],
  [
    'packets that Opus frames do not add up to',
    pcap(stream(50, { ssrc: 9, step: 1024, clockRate: 44_100, payloadType: 96 })),
    /last 23.2 ms at a clock of 44100 Hz/,
  ],
  [
    'a clock that cannot be told',
    pcap(stream(50, { ssrc: 9, step: 90, clockRate: 2000, payloadType: 96 })),
    /give --clock-rate/,
  ],
  [
    'times days apart',
    rtpdump(
      stream(5, { ssrc: 9, step: 960, clockRate: 48_000, payloadType: 96 }).map((p, i) => ({
        ...p,
        at: i * 3e7,
      })),
    ),
    /33 h apart.*cut the capture/,
  ],
  ['another file', new Uint8Array(1000).fill(65), /no rtpdump, pcap or pcapng/],
])('%s: it is said in one line why it cannot be played', async (_, file, message) => {
  const error: unknown = await playBytes(file).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'CAPTURE', message: expect.stringMatching(message) });
  expect(String(error)).not.toContain('\n');
});

test('a file that ends early is played as far as it goes, and says so', async () => {
  const file = pcap(sent(packets));
  const { report, warnings } = await playBytes(file.subarray(0, file.length - 5));
  expect(report.packets.received).toBe(59);
  expect(report.capture.fault).toEqual({
    position: expect.any(Number),
    reason: expect.stringMatching(/cut off/),
  });
  expect(warnings).toEqual([
    expect.stringMatching(/before byte \d+ of the file was replayed: a record.* cut off/),
  ]);
});

test('a gzip’d file that was cut is played as far as it goes; a damaged one is refused', async () => {
  const { gzipSync } = await import('node:zlib');
  const packed = gzipSync(pcap(sent(packets)));
  const { report } = await playBytes(packed.subarray(0, packed.length / 2));
  expect(report.packets.received).toBeGreaterThan(20);
  const damaged = Uint8Array.from(packed);
  damaged.fill(0xff, 40, 80);
  await expect(playBytes(damaged)).rejects.toMatchObject({
    code: 'CAPTURE',
    message: expect.stringMatching(/damaged gzip/),
  });
});
