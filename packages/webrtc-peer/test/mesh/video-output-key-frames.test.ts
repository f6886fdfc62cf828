import { expect, test } from '@jest/globals';
import {
  type EncodedVideoFrame,
  type VideoEncoder,
  type VideoFrame,
  type VideoProvider,
  i420Picture,
} from '@rm/codecs';
import type { VideoSender } from '../../src/media/video-sender.js';
import { VideoOutput } from '../../src/mesh/video-output.js';
import { VirtualClock } from '../support/virtual-clock.js';

const picture: VideoFrame = { ...i420Picture(64, 48), timestamp: 0, capture: undefined };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An encoder that is done with the pictures it was given when it is told so. */
function slowCodec(): { codecs: VideoProvider; finish: () => void; asked: boolean[] } {
  const asked: boolean[] = [];
  const waiting: (() => void)[] = [];
  const encoder: VideoEncoder = {
    codec: 'VP8',
    statistics: { encoded: 0, keyFrames: 0, replaced: 0, rateDropped: 0, failed: 0 },
    encode: (_, { keyFrame: key = false } = {}) => {
      asked.push(key);
      const frame: EncodedVideoFrame = {
        data: new Uint8Array(10),
        key,
        temporalId: 0,
        timestamp: 0,
        capture: undefined,
      };
      return new Promise((resolve) => waiting.push(() => resolve(frame)));
    },
    setRates: () => undefined,
    configure: () => undefined,
    close: () => undefined,
  };
  const codecs: VideoProvider = {
    name: 'slow',
    capabilities: [{ codec: 'VP8', encode: true, decode: false, temporalLayers: 1 }],
    createEncoder: () => Promise.resolve(encoder),
    createDecoder: () => Promise.reject(new Error('none')),
  };
  return { codecs, asked, finish: () => waiting.splice(0).forEach((done) => done()) };
}

/** A peer that needs a key frame until it is sent one. */
class Peer {
  readonly sent: boolean[] = [];
  readonly parameters = { codec: 'VP8', limits: { block: 16 } };
  readonly targetBitrate = 1e6;
  queueDelay = 0;

  needsKeyFrame(): boolean {
    return !this.sent.includes(true);
  }

  send({ key }: EncodedVideoFrame): void {
    this.sent.push(key);
  }
}

test('a key frame that is being encoded is not made again, and serves who comes meanwhile', async () => {
  const { codecs, asked, finish } = slowCodec();
  const clock = new VirtualClock();
  const output = new VideoOutput('all', 's', codecs, {}, clock, () => undefined);
  const [ann, ben] = [new Peer(), new Peer()];
  output.attach('ann', ann as unknown as VideoSender);
  output.write(picture);
  await settled();
  for (let i = 0; i < 3; i++) output.write(picture);
  output.attach('ben', ben as unknown as VideoSender);
  output.write(picture);
  output.requestKeyFrame();
  output.write(picture);
  expect(asked).toEqual([true, false, false, false, false]);
  finish();
  await settled();
  expect(ann.sent).toEqual([true, false, false, false, false]);
  expect(ben.sent).toEqual(ann.sent);
  output.requestKeyFrame();
  output.write(picture);
  expect(asked.at(-1)).toBe(true);
  output.close();
});

test('pictures are left out while those before them wait to be sent, not the key frame that is asked for meanwhile', async () => {
  const { codecs, asked } = slowCodec();
  const output = new VideoOutput('all', 's', codecs, {}, new VirtualClock(), () => undefined);
  const [ann, ben] = [new Peer(), new Peer()];
  for (const [name, peer] of Object.entries({ ann, ben })) {
    peer.sent.push(true);
    output.attach(name, peer as unknown as VideoSender);
  }
  output.write(picture);
  await settled();
  output.write(picture);
  ben.queueDelay = 200_000;
  output.requestKeyFrame();
  for (let i = 0; i < 3; i++) output.write(picture);
  expect(asked).toEqual([false]);
  expect(output.statistics().leftOut).toBe(3);
  ben.queueDelay = 100_000;
  output.write(picture);
  output.write(picture);
  expect(asked).toEqual([false, true, false]);
  output.close();
});
