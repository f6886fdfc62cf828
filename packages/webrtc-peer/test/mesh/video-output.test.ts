import { expect, test } from '@jest/globals';
import {
  type EncodedVideoFrame,
  type VideoEncoder,
  type VideoFrame,
  type VideoProvider,
  i420Picture,
} from '@rm/codecs';
import { micros } from '@rm/rtp-sync';
import type { VideoSender } from '../../src/media/video-sender.js';
import { VideoOutput } from '../../src/mesh/video-output.js';
import { VirtualClock } from '../support/virtual-clock.js';

const picture: VideoFrame = { ...i420Picture(64, 48), timestamp: 0, capture: undefined };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An encoder that is done with the pictures it was given when it is told so. */
function slowCodec(): {
  codecs: VideoProvider;
  finish: () => void;
  asked: boolean[];
  shown: string[];
} {
  const asked: boolean[] = [];
  const shown: string[] = [];
  const waiting: (() => void)[] = [];
  const encoder: VideoEncoder = {
    codec: 'VP8',
    statistics: { encoded: 0, keyFrames: 0, replaced: 0, rateDropped: 0, failed: 0 },
    encode: ({ width, height, y }, { keyFrame: key = false } = {}) => {
      asked.push(key);
      shown.push(`${width}x${height} ${y.data[0]}`);
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
  return { codecs, asked, shown, finish: () => waiting.splice(0).forEach((done) => done()) };
}

/** A peer that needs a key frame until it is sent one. */
class Peer {
  readonly sent: boolean[] = [];
  wants = true;
  interruptions = 0;
  readonly targetBitrate = 1e6;
  queueDelay = 0;

  get parameters(): object | undefined {
    return this.wants ? { codec: 'VP8', limits: { block: 16 } } : undefined;
  }

  interrupted(): void {
    this.interruptions++;
  }

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

test('a peer that takes no pictures for a while is said to have missed them', async () => {
  const { codecs } = slowCodec();
  const output = new VideoOutput('all', 's', codecs, {}, new VirtualClock(), () => undefined);
  const [ann, ben] = [new Peer(), new Peer()];
  output.attach('ann', ann as unknown as VideoSender);
  output.attach('ben', ben as unknown as VideoSender);
  output.write(picture);
  ben.wants = false;
  output.write(picture);
  expect([ann.interruptions, ben.interruptions]).toEqual([0, 1]);
  output.close();
});

test('a muted output asks for one black picture a second, of the size that is written', async () => {
  const { codecs, shown } = slowCodec();
  const clock = new VirtualClock();
  const output = new VideoOutput('all', 's', codecs, {}, clock, () => undefined);
  output.attach('ann', new Peer() as unknown as VideoSender);
  const white = { ...i420Picture(64, 48, new Uint8Array(4608).fill(235)), timestamp: 0 };
  const write = (): void => output.write({ ...white, capture: undefined });
  write();
  await settled();
  output.muted = true;
  for (let i = 0; i < 21; i++) {
    write();
    clock.advance(100);
  }
  output.muted = false;
  write();
  expect(shown).toEqual(['64x48 16', '64x48 16', '64x48 16', '64x48 235']);
  output.close();
});

test('a picture captured before the one written last is left out', async () => {
  const { codecs, shown } = slowCodec();
  const clock = new VirtualClock();
  const output = new VideoOutput('all', 's', codecs, {}, clock, () => undefined);
  output.attach('ann', new Peer() as unknown as VideoSender);
  output.write(picture);
  await settled();
  for (const time of [1000, 3000, 2000, 2999, 4000])
    output.write({ ...picture, capture: { time: micros(time), bound: micros(0) } });
  expect([shown.length, output.statistics().outOfOrder]).toEqual([3, 2]);
  output.close();
});
