import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { parseWav } from '@rm/codecs';
import { type Played, play } from '../src/play.js';
import type { Report } from '../src/report.js';
import { type CallPacket, call, jitter, sent } from './support/call.js';
import { pcap, pcapng, rtpdump } from './support/captures.js';
import { inFolder, playBytes } from './support/play-bytes.js';

/** Two seconds over a network that loses, delays, repeats and overtakes. */
let packets: CallPacket[];
let reference: Played;
beforeAll(async () => {
  const wait = jitter(30);
  packets = await call(110, (n) => (n % 37 === 36 ? undefined : wait(n)));
  packets.splice(50, 0, packets[49]!);
  reference = await playBytes(rtpdump(sent(packets)));
});

const heard = ({ stream, sha256, delayMs, samples }: Report): unknown => ({
  ssrc: stream.ssrc,
  signal: stream.signal,
  sha256,
  delayMs,
  samples,
});

test('the figures are those of what was done to the packets', () => {
  const { report } = reference;
  expect(report.packets).toMatchObject({ received: 109, lost: 2, duplicates: 1, malformed: 0 });
  expect(report.packets.reordered).toBe(
    packets.filter(({ at, timestamp }, i) =>
      packets
        .slice(0, i)
        .some((before) => before.at <= at && ((before.timestamp - timestamp) | 0) > 0),
    ).length,
  );
  expect(report.stream).toMatchObject({ payload: 'opus', signal: 'own', clockRate: 48_000 });
  expect(report.samples.decoded + report.samples.recovered).toBeLessThanOrEqual(108 * 960);
  expect(report.samples.decoded).toBeGreaterThan(100 * 960);
  expect(report.samples.concealed / 960).toBeGreaterThanOrEqual(2);
  expect(report.concealedPercent).toBeCloseTo(
    (100 * report.samples.concealed) / report.samples.played,
    2,
  );
  expect(report.delayMs!.mean).toBeGreaterThan(25);
  expect(report.delayMs!.p95).toBeLessThan(90);
  expect(reference.warnings).toEqual([]);
});

test('it is the same to the bit on another run', async () => {
  expect((await playBytes(rtpdump(sent(packets)))).report).toEqual(reference.report);
});

test.each<[string, (packets: ReturnType<typeof sent>) => Uint8Array]>([
  ['pcap', (all) => pcap(all)],
  [
    'big-endian pcap in ns with IPv6',
    (all) => pcap(all, { littleEndian: false, nanoseconds: true, v6: true }),
  ],
  ['pcapng', (all) => pcapng(all)],
  ['pcapng with time in 2⁻²⁰ s', (all) => pcapng(all, { resolution: 0x80 + 20, framing: 'VLAN' })],
  ['gzip’d pcap', (all) => gzipSync(pcap(all))],
  ['gzip’d rtpdump', (all) => gzipSync(rtpdump(all))],
])('%s of the same packets is heard the same, to the bit', async (_, write) => {
  const { report } = await playBytes(write(sent(packets)));
  expect(heard(report)).toEqual(heard(reference.report));
});

test('the order of packets in a file does not matter, their times do', async () => {
  const all = sent(packets);
  // Of two interfaces, one after the other.
  const shuffled = [...all.filter((_, i) => i % 2 === 0), ...all.filter((_, i) => i % 2 === 1)];
  const tied = (list: typeof all): string[] => list.map(({ at }) => String(at));
  expect(new Set(tied(all)).size).toBeLessThan(all.length);
  const { report } = await playBytes(pcapng(shuffled));
  expect(report.packets.received).toBe(reference.report.packets.received);
  expect(report.packets.lost).toBe(2);
});

test('one packet 1 ms later changes the log, and one bit of a payload the sound', async () => {
  const later = packets.map((packet, i) => (i === 100 ? { ...packet, at: packet.at + 1 } : packet));
  const { report } = await playBytes(rtpdump(sent(later)));
  expect(report.sha256.events).not.toBe(reference.report.sha256.events);
  const payload = packets[100]!.payload.slice();
  payload[20]! ^= 0x10;
  const other = packets.map((packet, i) => (i === 100 ? { ...packet, payload } : packet));
  const changed = await playBytes(rtpdump(sent(other)));
  expect(changed.report.sha256.pcm).not.toBe(reference.report.sha256.pcm);
});

test('WAV, events and picture are written, and their hashes are those of the report', async () => {
  await inFolder(async (folder) => {
    const path = (name: string): string => join(folder, name);
    writeFileSync(path('call'), rtpdump(sent(packets)));
    const { report } = await play({
      file: path('call'),
      policy: 'adaptive',
      wav: path('out.wav'),
      events: path('out.ndjson'),
      plot: path('out.svg'),
    });
    const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    const wav = readFileSync(path('out.wav'));
    const audio = parseWav(wav);
    expect(audio).toMatchObject({ ok: true, value: { sampleRate: 48_000, channels: 1 } });
    expect(sha256(wav.subarray(44))).toBe(report.sha256.pcm);
    expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
    // 110 packets of 20 ms, less what was not heard before the start, within what stretching does.
    expect((wav.length - 44) / 2 / 48_000).toBeGreaterThan(1.9);
    expect((wav.length - 44) / 2 / 48_000).toBeLessThan(2.3);

    const log = readFileSync(path('out.ndjson'));
    expect(sha256(log)).toBe(report.sha256.events);
    const events = log
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const arrivals = events.filter(({ event }) => event === 'packet');
    expect(arrivals).toHaveLength(109);
    expect(arrivals.filter(({ result }) => result === 'duplicate')).toHaveLength(1);
    expect(events.filter(({ event }) => event === 'tick')).toHaveLength((wav.length - 44) / 960);
    const total = (name: string): number =>
      events.reduce((sum, event) => sum + Number(event[name] ?? 0), 0);
    expect(total('decoded')).toBe(report.samples.decoded);
    expect(total('concealed')).toBe(report.samples.concealed);

    const svg = readFileSync(path('out.svg'), 'utf8');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 1200 420"/);
    expect(svg).toContain(`<title>${path('call')}</title>`);
    expect(svg).not.toContain('NaN');
  });
});
