import { expect, test } from '@jest/globals';
import { type Micros, micros, millis, unixFromNtp } from '@rm/rtp-sync';
import {
  type RtcpPacket,
  RtcpSession,
  parseCompound,
  writeCompound,
} from '../../src/rtcp/index.js';

const UNIX = micros(1_700_000_000_123_456);
const OWN = 0x0a0a_0a0a;

const session = (reducedSize = true): RtcpSession =>
  new RtcpSession({ cname: 'node-1', ssrc: OWN, unixOrigin: UNIX, reducedSize });

const voice = (timestamp: number, captured: Micros): Parameters<RtcpSession['packetSent']>[0] => ({
  ssrc: 1,
  timestamp,
  clockRate: 48_000,
  captured,
  payloadBytes: 80,
});

const arriving = (
  sequenceNumber: number,
  ssrc = 9,
): Parameters<RtcpSession['packetReceived']>[0] => ({
  ssrc,
  sequenceNumber: sequenceNumber & 0xffff,
  timestamp: sequenceNumber * 960,
  clockRate: 48_000,
});

const packetsOf = (datagrams: readonly Uint8Array[]): RtcpPacket[] =>
  datagrams.flatMap((datagram) => [...parseCompound(datagram).packets]);

/** Runs a session for a while with a packet each 20 ms and gives the times at which it had something to send. */
function reportTimes(rtcp: RtcpSession, from: number, until: number, sending: boolean): number[] {
  const times: number[] = [];
  for (let at = from; at < until; at += 20) {
    if (sending) rtcp.packetSent(voice(at * 48, millis(at)), millis(at));
    if (rtcp.poll(millis(at)).length > 0) times.push(at);
  }
  return times;
}

test('sender reports go at once, after 0.5 s and 1 s, then once a second', () => {
  expect(reportTimes(session(), 0, 4500, true)).toEqual([0, 500, 1000, 2000, 3000, 4000]);
});

test('a stream that begins later, or again after silence, is reported on at once', () => {
  const rtcp = session();
  reportTimes(rtcp, 0, 2300, true);
  rtcp.packetSent({ ...voice(0, millis(2300)), ssrc: 2, clockRate: 90_000 }, millis(2300));
  expect(packetsOf(rtcp.poll(millis(2300))).map(({ type }) => type)).toEqual([
    'sender-report',
    'sender-report',
    'source-description',
    'source-description',
  ]);
  const silent = session();
  reportTimes(silent, 0, 1100, true);
  expect(packetsOf(silent.poll(millis(4000)))[0]).toMatchObject({ type: 'receiver-report' });
  silent.packetSent(voice(0, millis(4200)), millis(4200));
  expect(packetsOf(silent.poll(millis(4200)))[0]).toMatchObject({ type: 'sender-report' });
});

test('a sender report stands for the capture clock, however late the packet was sent', () => {
  const rtcp = session();
  // captured at 1000 ms, sent 70 ms later
  rtcp.packetSent(voice(0xffff_ff00, millis(1000)), millis(1070));
  const [report, names] = packetsOf(rtcp.poll(millis(1070)));
  if (report?.type !== 'sender-report') throw new Error('no sender report');
  expect(unixFromNtp(report.ntp)).toBe(UNIX + 1_070_000);
  expect(report.rtpTimestamp).toBe((0xffff_ff00 + 70 * 48) >>> 0);
  expect(report).toMatchObject({ ssrc: 1, packetCount: 1, octetCount: 80 });
  expect(names).toMatchObject({ chunks: [{ ssrc: 1, items: [{ kind: 1, text: 'node-1' }] }] });
});

test('who only receives reports too, with cycles in the highest sequence number', () => {
  const rtcp = session();
  for (let i = 0; i < 10; i++) rtcp.packetReceived(arriving(65_530 + i), millis(20 * i));
  const [report] = packetsOf(rtcp.poll(millis(200)));
  expect(report).toMatchObject({
    type: 'receiver-report',
    ssrc: OWN,
    reports: [{ ssrc: 9, extendedHighestSequence: 65_539, fractionLost: 0, cumulativeLost: 0 }],
  });
});

test('loss is told as fraction since the report before and as a total', () => {
  const rtcp = session();
  const feed = (from: number, until: number, lost: readonly number[]): void => {
    for (let i = from; i < until; i++) {
      if (!lost.includes(i)) rtcp.packetReceived(arriving(i), millis(20 * i));
    }
  };
  const block = (at: number): object => {
    const [report] = packetsOf(rtcp.poll(millis(at)));
    return report?.type === 'receiver-report' ? report.reports[0]! : {};
  };
  feed(0, 1, []);
  expect(block(0)).toMatchObject({ fractionLost: 0, cumulativeLost: 0 });
  feed(1, 33, [5, 6, 7, 8]);
  expect(block(640)).toMatchObject({ fractionLost: 32, cumulativeLost: 4 });
  feed(33, 65, [40]);
  expect(block(1300)).toMatchObject({ fractionLost: 8, cumulativeLost: 5 });
  feed(65, 97, []);
  // one more than expected: a duplicate
  rtcp.packetReceived(arriving(96), millis(1940));
  expect(block(2400)).toMatchObject({ fractionLost: 0, cumulativeLost: 4 });
});

test('loss of a restarted stream is counted from its restart', () => {
  const rtcp = session();
  for (let i = 0; i < 20; i++) rtcp.packetReceived(arriving(i), millis(20 * i));
  rtcp.poll(millis(400));
  for (const i of [30_000, 30_001, 30_003, 30_004]) {
    rtcp.packetReceived(arriving(i), millis(500 + i - 30_000));
  }
  const [report] = packetsOf(rtcp.poll(millis(1000)));
  expect(report).toMatchObject({ reports: [{ cumulativeLost: 1, fractionLost: 64 }] });
});

test('what came again on request stays counted as lost, so that the sender learns of it', () => {
  const rtcp = session();
  for (const i of [0, 1, 3, 4]) rtcp.packetReceived(arriving(i), millis(20 * i));
  rtcp.packetReceived(arriving(2), millis(160), true);
  const [report] = packetsOf(rtcp.poll(millis(200)));
  expect(report).toMatchObject({ reports: [{ cumulativeLost: 1, fractionLost: 51 }] });
});

test('a stream that was not heard since the last report gets no block', () => {
  const rtcp = session();
  rtcp.packetReceived(arriving(0), millis(0));
  rtcp.poll(millis(0));
  rtcp.packetReceived(arriving(0, 10), millis(100));
  const [report] = packetsOf(rtcp.poll(millis(500)));
  expect(report).toMatchObject({ reports: [{ ssrc: 10 }] });
  expect(report?.type === 'receiver-report' && report.reports).toHaveLength(1);
});

test('both ends learn the round-trip time, whatever their wall clocks say', () => {
  const a = session();
  const b = new RtcpSession({ cname: 'b', ssrc: 2, unixOrigin: micros(5e15), reducedSize: true });
  a.packetSent(voice(0, millis(0)), millis(0));
  b.packetReceived(arriving(0, 1), millis(40));
  b.poll(millis(40));
  for (const datagram of a.poll(millis(0))) b.received(datagram, millis(40));
  b.packetReceived(arriving(1, 1), millis(300));
  for (const datagram of b.poll(millis(540))) a.received(datagram, millis(580));
  expect(a.roundTripTime).toBeGreaterThanOrEqual(80_000);
  expect(a.roundTripTime).toBeLessThan(80_040);
});

test('an echo of a report that we never sent does not change the round-trip time', () => {
  const rtcp = session();
  rtcp.packetSent(voice(0, millis(0)), millis(0));
  rtcp.poll(millis(0));
  const report = {
    ssrc: 1,
    fractionLost: 0,
    cumulativeLost: 0,
    extendedHighestSequence: 0,
    jitter: 0,
    lastSenderReport: 12_345,
    delaySinceLastSenderReport: 0,
  };
  const datagram = writeCompound([{ type: 'receiver-report', ssrc: 9, reports: [report] }]);
  rtcp.received(datagram, millis(100));
  expect(rtcp.roundTripTime).toBeUndefined();
});

test('feedback does not wait for the next report, and goes alone where reduced size was agreed', () => {
  for (const reducedSize of [true, false]) {
    const rtcp = session(reducedSize);
    reportTimes(rtcp, 0, 1100, true);
    rtcp.send({ type: 'pli', senderSsrc: 1, mediaSsrc: 9 }, millis(1234));
    expect(rtcp.next).toBe(millis(1234));
    expect(packetsOf(rtcp.poll(millis(1234))).map(({ type }) => type)).toEqual(
      reducedSize ? ['pli'] : ['receiver-report', 'source-description', 'pli'],
    );
    // and the report comes when it would have come
    expect(rtcp.next).toBe(millis(2000));
  }
});

test('a NACK of a thousand packets goes in datagrams that fit the path, none lost', () => {
  const rtcp = session(false);
  const sequences = Array.from({ length: 1000 }, (_, i) => (65_000 + 20 * i) & 0xffff);
  rtcp.send({ type: 'nack', senderSsrc: 1, mediaSsrc: 9, sequences }, millis(0));
  const datagrams = rtcp.poll(millis(0));
  expect(Math.max(...datagrams.map(({ length }) => length))).toBeLessThanOrEqual(1200);
  const asked = packetsOf(datagrams).flatMap((p) => (p.type === 'nack' ? p.sequences : []));
  expect(asked).toEqual(sequences);
  for (const datagram of datagrams) {
    expect(parseCompound(datagram).packets[0]).toMatchObject({ type: 'receiver-report' });
  }
});

test('streams beyond 31 are reported in further packets', () => {
  const rtcp = session();
  for (let ssrc = 100; ssrc < 140; ssrc++) rtcp.packetReceived(arriving(0, ssrc), millis(0));
  const blocks = packetsOf(rtcp.poll(millis(0))).map((p) =>
    p.type === 'receiver-report' ? p.reports.length : p.type,
  );
  expect(blocks).toEqual([31, 9, 'source-description']);
});

test('streams and feedback are bounded', () => {
  const rtcp = session();
  for (let ssrc = 0; ssrc < 256; ssrc++) rtcp.packetReceived(arriving(0, ssrc), millis(0));
  expect(rtcp.packetReceived(arriving(0, 256), millis(0))).toBeUndefined();
  expect(rtcp.statistics.streamsRefused).toBe(1);
  // one that has been silent makes room
  expect(rtcp.packetReceived(arriving(0, 256), millis(10_001))).toBe('valid');
  for (let i = 0; i < 70; i++) rtcp.send({ type: 'pli', senderSsrc: 1, mediaSsrc: i }, millis(1));
  expect(rtcp.statistics.feedbackDropped).toBe(6);
});

test('good-bye names all streams and is understood', () => {
  const rtcp = session();
  rtcp.packetSent(voice(0, millis(0)), millis(0));
  const said = packetsOf(rtcp.bye(millis(100)));
  expect(said.map(({ type }) => type)).toEqual(['sender-report', 'source-description', 'bye']);
  expect(said[2]).toEqual({ type: 'bye', ssrcs: [1] });

  const other = session();
  other.packetReceived(arriving(0, 1), millis(0));
  other.received(writeCompound(said), millis(1));
  expect(packetsOf(other.poll(millis(1)))[0]).toMatchObject({ reports: [] });
});

test('one stream can say good-bye while others go on', () => {
  const rtcp = session();
  rtcp.packetSent(voice(0, millis(0)), millis(0));
  rtcp.packetSent({ ...voice(0, millis(0)), ssrc: 2 }, millis(0));
  expect(packetsOf(rtcp.bye(millis(100), [2])).at(-1)).toEqual({ type: 'bye', ssrcs: [2] });
  const senders = packetsOf(rtcp.poll(millis(500))).filter(({ type }) => type === 'sender-report');
  expect(senders).toMatchObject([{ ssrc: 1 }]);
});

test('broken datagrams are counted', () => {
  const rtcp = session();
  expect(rtcp.received(Uint8Array.of(0x80, 200, 0, 9), millis(0)).packets).toEqual([]);
  expect(rtcp.statistics.faults).toBe(1);
});
