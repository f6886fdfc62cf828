import { expect, test } from '@jest/globals';
import { type Micros, millis } from '@rm/rtp-sync';
import { RetransmissionHistory, RtxSender, unwrapRtx } from '../../src/rtcp/index.js';
import type { RtpPacket } from '../../src/rtp/packet.js';

const packet = (sequenceNumber: number, size = 1000): RtpPacket => ({
  ssrc: 5,
  payloadType: 96,
  sequenceNumber: sequenceNumber & 0xffff,
  timestamp: sequenceNumber * 3000,
  marker: sequenceNumber % 3 === 0,
  payload: new Uint8Array(size).fill(sequenceNumber & 0xff),
});

function history(count: number, size = 1000): RetransmissionHistory {
  const kept = new RetransmissionHistory();
  kept.roundTripTime = millis(80);
  for (let i = 0; i < count; i++) kept.sent(packet(65_530 + i, size), millis(i));
  return kept;
}

const numbers = (packets: readonly RtpPacket[]): number[] =>
  packets.map(({ sequenceNumber }) => sequenceNumber);

test('packets are sent again as they were, over the wrap, though the sender has reused its buffer', () => {
  const kept = new RetransmissionHistory();
  const reused = new Uint8Array(100);
  for (let i = 0; i < 10; i++) {
    reused.fill(i);
    kept.sent({ ...packet(65_530 + i), payload: reused }, millis(i));
  }
  const again = kept.requested([65_535, 0, 2], millis(50));
  expect(numbers(again)).toEqual([65_535, 0, 2]);
  expect(again[1]).toEqual({ ...packet(65_536), payload: new Uint8Array(100).fill(6) });
});

test('a packet is not repeated within a round trip, however often it is asked for', () => {
  const kept = history(10);
  const times = [100, 105, 179, 180, 200].filter(
    (at) => kept.requested([65_533], millis(at)).length > 0,
  );
  expect(times).toEqual([100, 180]);
  expect(kept.statistics).toMatchObject({ packetsRetransmitted: 2, packetsRepeated: 3 });
});

test('after a second a packet is forgotten', () => {
  const kept = history(10);
  expect(numbers(kept.requested([65_530, 65_531], millis(1001)))).toEqual([65_531]);
  expect(kept.requested([1234], millis(1001))).toEqual([]);
  expect(kept.statistics.packetsUnknown).toBe(2);
});

test('bytes and packets are bounded, the oldest go', () => {
  const bytes = new RetransmissionHistory({ maxBytes: 5000 });
  for (let i = 0; i < 10; i++) bytes.sent(packet(i), millis(i));
  expect(numbers(bytes.requested([4, 5, 6, 9], millis(20)))).toEqual([5, 6, 9]);

  const packets = new RetransmissionHistory({ maxAge: 1e9 as Micros });
  for (let i = 0; i < 10_000; i++) packets.sent(packet(i, 10), millis(0));
  expect(numbers(packets.requested([1807, 1808], millis(20)))).toEqual([1808]);
});

test('requests for everything cannot make the sender send more than half as much again', () => {
  const kept = new RetransmissionHistory();
  kept.roundTripTime = millis(20);
  let sent = 0;
  let repeated = 0;
  for (let i = 0; i < 2000; i++) {
    kept.sent(packet(i), millis(2 * i));
    sent += 1000;
    const asked = Array.from({ length: 200 }, (_, back) => (i - back) & 0xffff);
    for (const { payload } of kept.requested(asked, millis(2 * i))) repeated += payload.length;
  }
  expect(repeated).toBeLessThanOrEqual(sent / 2 + 65_536);
  expect(repeated).toBeGreaterThan(sent / 2 - 65_536);
  expect(kept.statistics.packetsOverBudget).toBeGreaterThan(0);
});

test('a stream that begins again is not mixed up with what it was', () => {
  const kept = history(10);
  kept.sent(packet(65_400), millis(20));
  expect(numbers(kept.requested([65_535, 65_400], millis(30)))).toEqual([65_400]);
});

test('where RTX was negotiated, packets go in its stream and come out as the originals', () => {
  const kept = new RetransmissionHistory({
    rtx: { ssrc: 6, payloadType: 97, firstSequence: 65_535 },
  });
  for (let i = 0; i < 4; i++) kept.sent(packet(65_534 + i), millis(i));
  const again = kept.requested([65_535, 1], millis(50));
  expect(again.map(({ ssrc, payloadType }) => [ssrc, payloadType])).toEqual([
    [6, 97],
    [6, 97],
  ]);
  expect(numbers(again)).toEqual([65_535, 0]);
  // the original sequence number comes before the payload (RFC 4588 §4)
  expect([...again[1]!.payload.subarray(0, 3)]).toEqual([0, 1, 1]);
  const originals = again.map((wrapped) => unwrapRtx(wrapped, { ssrc: 5, payloadType: 96 }));
  expect(originals).toEqual([packet(65_535), packet(65_537)]);
});

test('a packet of the RTX stream that holds no original is nothing', () => {
  const empty = new RtxSender({ ssrc: 6, payloadType: 97, firstSequence: 0 }).wrap(packet(1, 0));
  expect(unwrapRtx(empty, { ssrc: 5, payloadType: 96 })).toBeUndefined();
  const short = { ...empty, payload: Uint8Array.of(1) };
  expect(unwrapRtx(short, { ssrc: 5, payloadType: 96 })).toBeUndefined();
});
