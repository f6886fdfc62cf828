import { expect, test } from '@jest/globals';
import { millis } from '@rm/rtp-sync';
import { KeyFrameDemand, KeyFrameRequests, type RtcpPacket } from '../../src/rtcp/index.js';

function requestTimes(requests: KeyFrameRequests, from: number, until: number): number[] {
  const times: number[] = [];
  for (let at = from; at < until; at += 5) if (requests.poll(millis(at))) times.push(at);
  return times;
}

test('a key frame is asked for at once, and again until one is here', () => {
  const requests = new KeyFrameRequests(1, 2);
  requests.roundTripTime = millis(40);
  expect(requests.poll(millis(0))).toBeUndefined();
  requests.want();
  expect(requestTimes(requests, 100, 700)).toEqual([100, 300, 500]);
  requests.received();
  expect(requestTimes(requests, 700, 2000)).toEqual([]);
  expect(requests.next).toBeUndefined();
});

test('on a long way it is asked for less often', () => {
  const requests = new KeyFrameRequests(1, 2);
  requests.roundTripTime = millis(400);
  requests.want();
  expect(requestTimes(requests, 0, 1600)).toEqual([0, 500, 1000, 1500]);
});

test('losses that follow one another are not asked for more often than the interval', () => {
  const requests = new KeyFrameRequests(1, 2);
  requests.roundTripTime = millis(40);
  const times: number[] = [];
  for (let at = 0; at < 600; at += 10) {
    requests.want();
    if (requests.poll(millis(at))) times.push(at);
    requests.received();
  }
  expect(times).toEqual([0, 200, 400]);
});

test('a FIR keeps its number while it is repeated, and has another for another loss', () => {
  const requests = new KeyFrameRequests(1, 2, 'fir');
  requests.want();
  const sequences = [0, 300, 600].map((at) => {
    const packet = requests.poll(millis(at));
    requests.want();
    if (at === 300) {
      requests.received();
      requests.want();
    }
    return packet?.type === 'fir' ? packet.entries : packet;
  });
  expect(sequences).toEqual([
    [{ ssrc: 2, sequence: 0 }],
    [{ ssrc: 2, sequence: 0 }],
    [{ ssrc: 2, sequence: 1 }],
  ]);
});

const PLI: RtcpPacket = { type: 'pli', senderSsrc: 1, mediaSsrc: 5 };
const fir = (sequence: number, senderSsrc = 1): RtcpPacket => ({
  type: 'fir',
  senderSsrc,
  entries: [
    { ssrc: 4, sequence: 77 },
    { ssrc: 5, sequence },
  ],
});

function demand(): KeyFrameDemand {
  const keyFrames = new KeyFrameDemand(5);
  keyFrames.roundTripTime = millis(80);
  return keyFrames;
}

test('many requests are one key frame', () => {
  const keyFrames = demand();
  for (const at of [100, 110, 120]) keyFrames.received(PLI, millis(at));
  expect(keyFrames.next).toBe(millis(100));
  keyFrames.sent(millis(130));
  // asked before the key frame can have been seen
  expect(keyFrames.received(PLI, millis(200))).toBe(false);
  expect(keyFrames.next).toBeUndefined();
});

test('a loss of the key frame itself is met, not before half a second', () => {
  const keyFrames = demand();
  keyFrames.received(PLI, millis(100));
  keyFrames.sent(millis(100));
  expect(keyFrames.received(PLI, millis(350))).toBe(true);
  expect(keyFrames.next).toBe(millis(600));
  keyFrames.sent(millis(610));
  expect(keyFrames.next).toBeUndefined();
});

test('requests for other streams, and other packets, ask for nothing', () => {
  const keyFrames = demand();
  expect(keyFrames.received({ ...PLI, mediaSsrc: 4 } as RtcpPacket, millis(0))).toBe(false);
  expect(keyFrames.received({ type: 'bye', ssrcs: [5] }, millis(0))).toBe(false);
  expect(keyFrames.next).toBeUndefined();
});

test('a FIR of the same number is a repetition while its key frame is on the way', () => {
  const keyFrames = demand();
  expect(keyFrames.received(fir(3), millis(0))).toBe(true);
  keyFrames.sent(millis(10));
  expect(keyFrames.received(fir(3), millis(120))).toBe(false);
  // another number, or another one who asks, is another request
  expect(keyFrames.received(fir(4), millis(120))).toBe(true);
  keyFrames.sent(millis(130));
  expect(keyFrames.received(fir(4, 2), millis(250))).toBe(true);
  keyFrames.sent(millis(260));
  // two round trips later the key frame must have been lost
  expect(keyFrames.received(fir(4), millis(440))).toBe(true);
});

test('numbers of 32 requesters are remembered, and no more', () => {
  const keyFrames = demand();
  keyFrames.received(fir(3, 0), millis(0));
  for (let requester = 1; requester <= 31; requester++) {
    keyFrames.received(fir(3, requester), millis(0));
  }
  keyFrames.sent(millis(10));
  expect(keyFrames.received(fir(3, 0), millis(120))).toBe(false);
  for (let requester = 40; requester <= 72; requester++) {
    keyFrames.received(fir(3, requester), millis(120));
  }
  expect(keyFrames.received(fir(3, 0), millis(120))).toBe(true);
});
