import { expect, test } from '@jest/globals';
import { micros } from '@rm/rtp-sync';
import { writeCompound } from '../../src/rtcp/index.js';
import { writeRtp } from '../../src/rtp/rtp-bytes.js';
import { MAX_PAYLOAD_BYTES } from '../../src/rtp/rtp-session.js';
import { type PairOptions, RtpPair, numberOf, payload } from '../support/rtp-pair.js';

const AUDIO = 0;
const VIDEO = 1;
const FAST = { start: 5_000_000, min: 1_000_000, max: 20_000_000 };
const seed = Math.floor(Math.random() * 2 ** 31);

/** Says nothing of retransmission formats, as a peer does that has none. */
const withoutRtx = (sdp: string): string =>
  sdp
    .replace(/^(m=video \S+ \S+ 96) 97/m, '$1')
    .replaceAll(/^a=(rtpmap|fmtp):97 .*\r\n/gm, '')
    .replaceAll(/^a=ssrc-group:.*\r\n/gm, '');
const withoutStreams = (sdp: string): string => sdp.replaceAll(/^a=ssrc.*\r\n/gm, '');

/** Both send audio every 20 ms and `a` a frame of `packets` packets each 30 ms, for `ms`; returns how many. */
function call(
  pair: RtpPair,
  ms: number,
  packets = 6,
  bytes = 800,
): { audio: number; video: number } {
  const { session, senders } = pair.a;
  const count = { audio: 0, video: 0 };
  const begin = pair.now / 1000;
  pair.run(ms, (at) => {
    const captured = pair.time;
    if ((at - begin) % 20 === 0) {
      const media = { payload: payload(count.audio++), marker: false, position: at * 48, captured };
      if (!session.send(senders[AUDIO]!, media, pair.time)) throw new Error('sound was refused');
      pair.b.session.send(pair.b.senders[AUDIO]!, media, pair.time);
    }
    if ((at - begin) % 30 === 0) {
      const frame = Array.from({ length: packets }, (_, i) => ({
        payload: payload(count.video++, bytes),
        marker: i === packets - 1,
        position: at * 90,
        captured,
      }));
      if (!session.sendFrame(senders[VIDEO]!, frame, pair.time))
        throw new Error('a frame was refused');
    }
  });
  return count;
}

/** The numbers of what came in one section, in order. */
const came = (pair: RtpPair, section: number): number[] =>
  pair.b.received.filter((each) => each.section === section).map(({ packet }) => numberOf(packet));

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const ordered = (numbers: readonly number[]): number[] => [...numbers].sort((x, y) => x - y);

test.each([
  ['with a stream for retransmissions', undefined],
  ['without', withoutRtx],
] as const)(
  'all sound and pictures arrive once, from reordered and doubled packets, %s',
  (_, describe) => {
    const options: PairOptions = { seed, jitterMs: 25, duplicates: 0.1, rate: FAST };
    const pair = new RtpPair(describe ? { ...options, describe } : options);
    const sent = call(pair, 3000);
    pair.run(500);
    expect({ seed, audio: ordered(came(pair, AUDIO)) }).toEqual({ seed, audio: upTo(sent.audio) });
    expect({ seed, video: ordered(came(pair, VIDEO)) }).toEqual({ seed, video: upTo(sent.video) });
    expect(pair.b.session.statistics.packetsUnroutable).toBe(0);
  },
);

test.each([
  ['with a stream for retransmissions', undefined],
  ['without', withoutRtx],
] as const)(
  'of a tenth that is lost at 40 ms each way, 99.5 %% and more come again in time, %s',
  (_, describe) => {
    const options: PairOptions = { seed, loss: 0.1, rate: FAST };
    const pair = new RtpPair(describe ? { ...options, describe } : options);
    const sent = call(pair, 10_000);
    pair.run(600);
    const video = came(pair, VIDEO);
    expect({ seed, doubled: video.length - new Set(video).size }).toEqual({ seed, doubled: 0 });
    expect({ seed, share: video.length / sent.video }).toEqual({ seed, share: expect.any(Number) });
    expect(video.length / sent.video).toBeGreaterThanOrEqual(0.995);
    expect(came(pair, AUDIO).length / sent.audio).toBeGreaterThanOrEqual(0.99);
    // Repairs do not hide from the sender what the network loses.
    const { ssrc } = pair.a.transceivers[VIDEO]!;
    const reports = pair.a.reports.filter((report) => report.ssrc === ssrc).slice(2);
    const lost =
      reports.reduce((sum, { fractionLost }) => sum + fractionLost / 256, 0) / reports.length;
    expect(lost).toBeGreaterThan(0.06);
    expect(lost).toBeLessThan(0.14);
    const again = pair.a.senders[VIDEO]!.statistics.retransmittedPacketsSent;
    expect(again).toBeGreaterThan(sent.video * 0.08);
    expect(again).toBeLessThan(sent.video * 0.2);
    // With RTX the repairs have a stream of their own.
    const rtx = pair.a.sent().filter((p) => p.ssrc === pair.a.transceivers[VIDEO]!.rtxSsrc);
    expect(rtx.length).toBe(describe ? 0 : again);
  },
);

test('what cannot come in time is not asked for', () => {
  // Before it is known how long the way is, 100 ms are assumed; it is measured within the first second.
  const pair = new RtpPair({ seed, loss: 0.1, delayMs: 80, budgetMs: 150, rate: FAST });
  call(pair, 1500);
  const before = pair.b.said('nack').length;
  expect(before).toBeGreaterThan(0);
  call(pair, 3000);
  expect(pair.b.said('nack').length).toBe(before);
  for (const receiver of pair.b.receivers) receiver.nackBudget = micros(500_000);
  call(pair, 1000);
  expect(pair.b.said('nack').length).toBeGreaterThan(before);
});

test('reports measure the round trip of the network, and tell it of both streams', () => {
  const pair = new RtpPair({ seed, delayMs: 37 });
  call(pair, 2500, 1);
  expect(pair.a.session.roundTripTime! / 1000).toBeGreaterThanOrEqual(73);
  expect(pair.a.session.roundTripTime! / 1000).toBeLessThan(76);
  expect(pair.b.senderReports.length).toBeGreaterThanOrEqual(6);
  expect(new Set(pair.b.senderReports.map(({ ssrc }) => ssrc)).size).toBe(2);
  const last = pair.b.senderReports.findLast(
    ({ ssrc }) => ssrc === pair.a.transceivers[AUDIO]!.ssrc,
  )!;
  expect(last.packetCount).toBeGreaterThan(90);
  expect(last.octetCount).toBe(last.packetCount * 100);
  expect(pair.a.reports.at(-1)).toMatchObject({ fractionLost: 0, cumulativeLost: 0 });
});

test.each([0, 0.5, 0.998, 0.999_99])(
  'numbers wrap without harm, from %f of the circle',
  (start) => {
    const pair = new RtpPair({ random: () => start, seed, loss: 0.05, rate: FAST });
    const sent = call(pair, 3000);
    pair.run(500);
    expect(came(pair, VIDEO).length / sent.video).toBeGreaterThan(0.99);
    const first = pair.a.sent().find(({ ssrc }) => ssrc === pair.a.transceivers[VIDEO]!.ssrc)!;
    expect(first.sequenceNumber).toBe(Math.floor(start * 65_536));
  },
);

test('a key frame is asked for once per need, however often the request comes', () => {
  const pair = new RtpPair();
  call(pair, 200);
  const [mediaSsrc, senderSsrc] = [pair.a.transceivers[VIDEO]!.ssrc, 2000];
  pair.b.session.request({ type: 'pli', senderSsrc, mediaSsrc }, pair.time);
  pair.run(100);
  expect(pair.a.keyFrameRequests).toBe(1);
  expect(pair.a.senders[VIDEO]!.keyFrameDue).toBeDefined();
  pair.a.senders[VIDEO]!.keyFrameSent(pair.time);
  expect(pair.a.senders[VIDEO]!.keyFrameDue).toBeUndefined();
  // One that was sent before the key frame can have arrived.
  pair.b.session.request({ type: 'pli', senderSsrc, mediaSsrc }, pair.time);
  pair.run(50);
  expect(pair.a.keyFrameRequests).toBe(1);
  const entries = [{ ssrc: mediaSsrc, sequence: 7 }];
  pair.run(600);
  for (let i = 0; i < 3; i++) {
    pair.b.session.request({ type: 'fir', senderSsrc, entries }, pair.time);
    pair.run(10);
  }
  pair.run(100);
  expect(pair.a.senders[VIDEO]!.statistics).toMatchObject({ pliCount: 2, firCount: 3 });
  expect(pair.a.senders[VIDEO]!.keyFrameDue).toBeDefined();
  // Requests for streams that are not sent are nobody's.
  pair.b.session.request({ type: 'pli', senderSsrc, mediaSsrc: 4711 }, pair.time);
  const before = pair.a.keyFrameRequests;
  pair.run(100);
  expect(pair.a.keyFrameRequests).toBe(before);
});

test('no more is sent than the receiver says it can take', () => {
  const pair = new RtpPair({ rate: { start: 5_000_000, min: 100_000, max: 20_000_000 } });
  call(pair, 500);
  const ssrcs = [pair.a.transceivers[VIDEO]!.ssrc];
  pair.b.session.request({ type: 'remb', senderSsrc: 2000, bitrate: 500_000, ssrcs }, pair.time);
  pair.run(100);
  expect(pair.a.session.targetBitrate).toBeLessThanOrEqual(500_000);
  expect(pair.a.session.targetBitrate).toBeGreaterThan(499_000);
  expect(pair.a.session.statistics.availableOutgoingBitrate).toBe(pair.a.session.targetBitrate);
  // A frame of 20 kB takes its time at that rate.
  const before = pair.a.rtp.length;
  const media = { payload: payload(0, 1000), marker: false, position: 0, captured: pair.time };
  pair.a.session.sendFrame(pair.a.senders[VIDEO]!, Array(20).fill(media), pair.time);
  pair.run(400);
  const sent = pair.a.rtp.slice(before).map(({ at }) => at);
  expect(sent).toHaveLength(20);
  expect(sent.at(-1)! - sent[0]!).toBeGreaterThan(150_000);
});

test('a stream says which section it is of until the other side has reported on it', () => {
  const pair = new RtpPair({ rate: FAST });
  call(pair, 900, 2);
  for (const [i, { ssrc, negotiated }] of pair.a.transceivers.entries()) {
    const packets = pair.a.sent().filter((packet) => packet.ssrc === ssrc);
    expect(packets[0]!.mid).toBe(String(i));
    expect(packets[0]!.mid).toBe(negotiated!.mid);
    expect(packets.at(-1)!.mid).toBeUndefined();
    // The first report of the other side is made as it begins itself, the second half a second later.
    const stamped = packets.filter(({ mid }) => mid !== undefined).length;
    expect(stamped / packets.length).toBeLessThan(0.75);
  }
});

test('each section has the header extensions that were agreed on for it', () => {
  // Only the sound says when it was captured and sent.
  const describe = (sdp: string): string => {
    const [head, audio, ...rest] = sdp.split(/^(?=m=)/m);
    return [
      head,
      audio,
      ...rest.map((text) => text.replaceAll(/^a=extmap:[23] .*\r\n/gm, '')),
    ].join('');
  };
  const pair = new RtpPair({ describe, rate: FAST });
  call(pair, 300);
  for (const [section, has] of [true, false].entries()) {
    const packets = pair.b.received.filter((each) => each.section === section);
    expect(packets.some(({ packet }) => packet.captureTime !== undefined)).toBe(has);
    expect(packets.some(({ packet }) => packet.sendTime !== undefined)).toBe(has);
  }
});

test('two sections with the same formats are told apart by what the streams say, also after another negotiation', () => {
  const pair = new RtpPair({ media: ['video', 'video'], describe: withoutStreams, rate: FAST });
  const { session, senders } = pair.a;
  const frame = (section: number): void => {
    const media = {
      payload: payload(section),
      marker: true,
      position: 90 * pair.now,
      captured: pair.time,
    };
    session.sendFrame(senders[section]!, [media], pair.time);
  };
  const both = (): void => [0, 1].forEach(frame);
  pair.run(500, both);
  expect(pair.a.sent().at(-1)!.mid).toBeUndefined();
  pair.negotiate();
  pair.run(500, both);
  expect(pair.b.session.statistics.packetsUnroutable).toBe(0);
  expect(pair.b.received.length).toBeGreaterThan(150);
  for (const { packet, section } of pair.b.received) expect(numberOf(packet)).toBe(section);
});

test('a stream that says nothing of itself is routed by a payload type that one section has, others are counted', () => {
  const pair = new RtpPair({ describe: withoutStreams });
  const bytes = new Uint8Array(200);
  const packet = { ssrc: 99, payloadType: 111, sequenceNumber: 1, timestamp: 2, marker: false };
  for (const payloadType of [111, 96, 97, 5]) {
    const length = writeRtp(
      bytes,
      { ...packet, ssrc: payloadType, payloadType, payload: payload(0, 20) },
      {},
    );
    pair.b.session.rtp(bytes.subarray(0, length), pair.time);
  }
  pair.b.session.rtp(Uint8Array.of(1, 2, 3), pair.time);
  expect(pair.b.received.map(({ packet: { ssrc }, section }) => [ssrc, section])).toEqual([
    [111, AUDIO],
    [96, VIDEO],
    // A retransmission of the packet whose number is in its first two bytes: 0.
    [96, VIDEO],
  ]);
  expect(pair.b.session.statistics.packetsUnroutable).toBe(2);
});

test('where two sections could have sent a packet that says nothing of itself, none has it', () => {
  const pair = new RtpPair({ media: ['video', 'video'], describe: withoutStreams });
  const bytes = new Uint8Array(200);
  const packet = { ssrc: 99, payloadType: 96, sequenceNumber: 1, timestamp: 2, marker: false };
  const length = writeRtp(bytes, { ...packet, payload: payload(0) }, {});
  pair.b.session.rtp(bytes.subarray(0, length), pair.time);
  expect(pair.b.received).toEqual([]);
  expect(pair.b.session.statistics.packetsUnroutable).toBe(1);
});

test.each([20_000, -20_000, 40_000])(
  'a stream that jumps by %i packets goes on at once, and nothing between is asked for',
  (jump) => {
    const pair = new RtpPair();
    const bytes = new Uint8Array(300);
    const send = (sequenceNumber: number, n: number): void => {
      const ssrc = pair.a.transceivers[VIDEO]!.ssrc;
      const packet = { ssrc, payloadType: 96, sequenceNumber, timestamp: n, marker: true };
      const length = writeRtp(bytes, { ...packet, payload: payload(n) }, {});
      pair.b.session.rtp(bytes.subarray(0, length), pair.time);
    };
    for (let i = 0; i < 5; i++) send(30_000 + i, i);
    for (let i = 5; i < 10; i++) send((30_000 + jump + i) & 0xffff, i);
    expect(came(pair, VIDEO)).toEqual(upTo(10));
    pair.run(300);
    expect(pair.b.said('nack')).toEqual([]);
  },
);

test('a stream that changes its SSRC goes on at once', () => {
  const pair = new RtpPair();
  const bytes = new Uint8Array(300);
  const mid = pair.b.transceivers[VIDEO]!.negotiated!.mid;
  const ids = pair.b.transceivers[VIDEO]!.negotiated!.extensions;
  const send = (ssrc: number, sequenceNumber: number, n: number): void => {
    const packet = {
      ssrc,
      payloadType: 96,
      sequenceNumber,
      timestamp: n,
      marker: true,
      payload: payload(n),
      mid,
    };
    pair.b.session.rtp(bytes.subarray(0, writeRtp(bytes, packet, ids)), pair.time);
  };
  for (let i = 0; i < 5; i++) send(1020, 65_534 + i, i);
  for (let i = 5; i < 10; i++) send(4242, 100 + i, i);
  expect(came(pair, VIDEO)).toEqual(upTo(10));
  expect(pair.b.receivers[VIDEO]!.ssrc).toBe(4242);
  // Nothing of the jump between them is missed.
  pair.run(300);
  expect(pair.b.said('nack')).toEqual([]);
});

test('a frame leaves at the rate of the path, without bursts, and whole within 250 ms', () => {
  const rate = { start: 2_000_000, min: 2_000_000, max: 2_000_000 };
  const pair = new RtpPair({ rate });
  const { session, senders } = pair.a;
  pair.run(100);
  const frame = (packets: number, from: number): void => {
    const media = upTo(packets).map((i) => ({
      payload: payload(from + i, 1000),
      marker: i === packets - 1,
      position: pair.now * 90,
      captured: pair.time,
    }));
    expect(session.sendFrame(senders[VIDEO]!, media, pair.time)).toBe(true);
  };
  const begin = pair.now;
  frame(40, 0);
  pair.run(400);
  const at = pair.a.rtp.map((packet) => (packet.at - begin) / 1000);
  expect(at).toHaveLength(40);
  expect(at.at(-1)).toBeGreaterThan(90);
  expect(at.at(-1)).toBeLessThanOrEqual(250);
  // 1.25 times 2 Mbit/s are 3125 bytes in 10 ms, and half of that may leave before its time.
  for (const start of at) {
    const together = at.filter((t) => t >= start && t < start + 10).length;
    expect(together * 1000).toBeLessThanOrEqual(3125 * 1.5 + 1100);
  }
  // One that would take 2 s at this rate leaves faster.
  const next = pair.now;
  frame(500, 40);
  pair.run(1000);
  expect(pair.a.rtp).toHaveLength(540);
  expect((pair.a.rtp.at(-1)!.at - next) / 1000).toBeLessThanOrEqual(250);
});

test('what cannot be sent leaves no gap in the numbers of the sound', () => {
  const pair = new RtpPair();
  const { session, senders } = pair.a;
  const send = (n: number): boolean =>
    session.send(
      senders[AUDIO]!,
      { payload: payload(n), marker: false, position: n * 960, captured: pair.time },
      pair.time,
    );
  expect(send(0)).toBe(true);
  pair.a.connected = false;
  expect([send(1), send(2)]).toEqual([false, false]);
  pair.a.connected = true;
  expect(send(3)).toBe(true);
  const [first, second] = pair.a.sent();
  expect((second!.sequenceNumber - first!.sequenceNumber) & 0xffff).toBe(1);
  expect((second!.timestamp - first!.timestamp) >>> 0).toBe(3 * 960);
});

test('no datagram is longer than 1200 bytes, not even the largest one that is sent again', () => {
  // The largest header there is: a long MID, and ids that only the form with two bytes can carry.
  const longest = 'm'.repeat(32);
  const describe = (sdp: string): string =>
    sdp
      .replaceAll(/^a=mid:1(?=\r)/gm, `a=mid:${longest}`)
      .replace('BUNDLE 0 1 ', `BUNDLE 0 ${longest} `)
      .replaceAll('a=extmap:1 ', 'a=extmap:100 ');
  const pair = new RtpPair({ describe, rate: FAST });
  const { session, senders, transceivers } = pair.b;
  expect(transceivers[VIDEO]!.negotiated!).toMatchObject({
    mid: longest,
    extensions: { mid: 100 },
  });
  const media = {
    payload: payload(1, MAX_PAYLOAD_BYTES),
    marker: true,
    position: 0,
    captured: pair.time,
  };
  const tooLong = { ...media, payload: payload(1, MAX_PAYLOAD_BYTES + 1) };
  expect(session.send(senders[AUDIO]!, tooLong, pair.time)).toBe(false);
  expect(session.sendFrame(senders[VIDEO]!, [media, tooLong], pair.time)).toBe(false);
  expect(session.send(senders[AUDIO]!, media, pair.time)).toBe(true);
  expect(session.sendFrame(senders[VIDEO]!, [media], pair.time)).toBe(true);
  pair.run(10);
  const { ssrc, rtxSsrc } = transceivers[VIDEO]!;
  const { sequenceNumber, mid } = pair.b.sent().find((packet) => packet.ssrc === ssrc)!;
  expect(mid).toBe(longest);
  const nack = {
    type: 'nack',
    senderSsrc: 1,
    mediaSsrc: ssrc,
    sequences: [sequenceNumber],
  } as const;
  session.rtcp(writeCompound([{ type: 'receiver-report', ssrc: 1, reports: [] }, nack]), pair.time);
  pair.run(100);
  expect(pair.b.sent().map((packet) => packet.ssrc)).toEqual([
    transceivers[AUDIO]!.ssrc,
    ssrc,
    rtxSsrc,
  ]);
  for (const { bytes } of pair.b.rtp) {
    expect(bytes.length).toBeLessThanOrEqual(1200);
    expect(bytes.length).toBeGreaterThan(1150);
  }
});

test('a side says good-bye for what it ends, and nothing of it leaves afterwards', () => {
  const pair = new RtpPair({ rate: { start: 100_000, min: 100_000, max: 100_000 } });
  call(pair, 300);
  const [audio, video] = pair.a.transceivers;
  pair.a.session.remove(video!, pair.time);
  const sent = (): number => pair.a.sent().filter(({ ssrc }) => ssrc === video!.ssrc).length;
  const before = sent();
  pair.run(1500, (at) => {
    const media = { payload: payload(0), marker: false, position: at * 48, captured: pair.time };
    pair.a.session.send(pair.a.senders[AUDIO]!, media, pair.time);
  });
  expect(pair.a.said('bye')).toEqual([{ type: 'bye', ssrcs: [video!.ssrc] }]);
  expect(sent()).toBe(before);
  expect(pair.a.said('sender-report').at(-1)!.ssrc).toBe(audio!.ssrc);
  pair.a.session.close(pair.time);
  expect(pair.a.said('bye').at(-1)).toEqual({ type: 'bye', ssrcs: [audio!.ssrc] });
});

test('a receiver that is held up now and then does not take that for a narrow path', () => {
  const told = [() => false, (at: number) => at > 3000 && at % 1000 < 120].map((busy) => {
    const pair = new RtpPair({ busy, delayMs: 10 });
    call(pair, 15_000, 4, 800);
    return pair.b.session.statistics.availableIncomingBitrate;
  });
  expect(told[1]).toBeGreaterThan(0.7 * told[0]!);
});
