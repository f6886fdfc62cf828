import { expect, test } from '@jest/globals';
import type { EncodedVideoFrame } from '@rm/codecs';
import { micros } from '@rm/rtp-sync';
import { VideoSender } from '../../src/media/video-sender.js';
import { RtpPair } from '../support/rtp-pair.js';

test('nothing is to be encoded for a peer that cannot be reached yet, and then a key frame first', () => {
  const pair = new RtpPair({ rate: { start: 1_000_000, min: 100_000, max: 1_000_000 } });
  const { session, senders } = pair.a;
  const sender = new VideoSender(session, senders[1]!, () => pair.a.connected);
  pair.a.connected = false;
  expect(sender.parameters).toBeUndefined();
  const frame: EncodedVideoFrame = {
    data: new Uint8Array(3000),
    key: true,
    temporalId: 0,
    timestamp: 0,
    capture: undefined,
  };
  sender.send(frame, micros(pair.time), pair.time);
  pair.run(50);
  expect(sender.statistics()).toMatchObject({ framesSent: 0, framesDropped: 1, packetsSent: 0 });

  pair.a.connected = true;
  expect(sender.parameters?.codec).toBeDefined();
  expect(sender.needsKeyFrame(pair.time)).toBe(true);
  sender.send(frame, micros(pair.time), pair.time);
  pair.run(200);
  expect(sender.statistics()).toMatchObject({ framesSent: 1, keyFramesSent: 1 });
  const bytes = pair.b.received.map(({ packet }) => packet.payload.length);
  expect(bytes.reduce((a, b) => a + b, 0)).toBeGreaterThan(3000);

  expect(sender.needsKeyFrame(pair.time)).toBe(false);
  sender.interrupted();
  expect(sender.needsKeyFrame(pair.time)).toBe(true);
});
