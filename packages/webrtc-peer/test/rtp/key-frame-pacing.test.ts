import { expect, test } from '@jest/globals';
import { micros } from '@rm/rtp-sync';
import { RtpPair } from '../support/rtp-pair.js';

/** A side that has given a key frame to be sent, which takes 200 ms to leave, and what asks it for another. */
function keyFrame(): { pair: RtpPair; ask: () => void; due: () => boolean } {
  const pair = new RtpPair({ rate: { start: 400_000, min: 100_000, max: 400_000 } });
  const { session, senders, transceivers } = pair.a;
  const sender = senders[1]!;
  const now = micros(pair.time);
  const media = Array.from({ length: 12 }, (_, i) => ({
    payload: new Uint8Array(1000),
    marker: i === 11,
    position: 0,
    captured: now,
  }));
  if (!session.sendFrame(sender, media, pair.time)) throw new Error('refused');
  sender.keyFrameSent(pair.time);
  const mediaSsrc = transceivers[1]!.ssrc;
  return {
    pair,
    ask: () => pair.b.session.request({ type: 'pli', senderSsrc: 2000, mediaSsrc }, pair.time),
    due: () => sender.keyFrameDue !== undefined,
  };
}

test('who asks for a key frame while it is being sent gets no second one', () => {
  const { pair, ask, due } = keyFrame();
  pair.run(100);
  expect(pair.a.sent().length).toBeLessThan(12);
  ask();
  pair.run(400);
  expect(pair.a.senders[1]!.statistics).toMatchObject({ packetsSent: 12, pliCount: 1 });
  expect(due()).toBe(false);
  // It was lost, then.
  ask();
  pair.run(100);
  expect(due()).toBe(true);
});

test('a key frame that never leaves is made again when it is asked for', () => {
  const { pair, ask, due } = keyFrame();
  pair.a.connected = false;
  pair.run(600);
  pair.a.connected = true;
  ask();
  pair.run(100);
  expect(due()).toBe(true);
});
