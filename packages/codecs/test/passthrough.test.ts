import { expect, test } from '@jest/globals';
import { passthroughVideo, type EncodedVideoFrame, type VideoRates } from '../src/index.js';

function frame(timestamp: number, key: boolean, temporalId = 0): EncodedVideoFrame {
  return { data: Uint8Array.of(timestamp), key, temporalId, timestamp, capture: undefined };
}

/** A camera that counts what is asked of it. */
class Camera {
  keyFramesAsked = 0;
  rates: VideoRates | undefined;
  requestKeyFrame(): void {
    this.keyFramesAsked++;
  }
  setRates(rates: VideoRates): void {
    this.rates = rates;
  }
}

const OPTIONS = { codec: 'H264', bitrate: 1_000_000, fps: 25 } as const;

test('frames pass from the first key frame on, which is asked for', async () => {
  const camera = new Camera();
  const encoder = await passthroughVideo(camera).createEncoder(OPTIONS);
  const frames = [frame(1, false), frame(2, true), frame(3, false)];
  const out = await Promise.all(frames.map((each) => encoder.encode(each)));
  expect(out).toEqual([undefined, frames[1], frames[2]]);
  expect(camera.keyFramesAsked).toBe(1);
  await encoder.encode(frame(4, false), { keyFrame: true });
  expect(camera.keyFramesAsked).toBe(2);
  expect(encoder.statistics).toMatchObject({ encoded: 3, keyFrames: 1, rateDropped: 1 });
});

test('the rates go to the source', async () => {
  const camera = new Camera();
  const encoder = await passthroughVideo(camera).createEncoder(OPTIONS);
  expect(camera.rates).toEqual({ bitrate: 1_000_000, fps: 25 });
  encoder.setRates({ bitrate: 300_000 });
  expect(camera.rates).toEqual({ bitrate: 300_000, fps: 25 });
  expect(() => encoder.setRates({ fps: 0 })).toThrow('give 1 to 240');
});

test('higher layers stay behind when fewer are wanted', async () => {
  const encoder = await passthroughVideo(new Camera()).createEncoder(OPTIONS);
  await encoder.encode(frame(1, true));
  encoder.configure({ temporalLayers: 2 });
  const out = await Promise.all([2, 1, 0].map((id) => encoder.encode(frame(2, false, id))));
  expect(out.map((each) => each?.temporalId)).toEqual([undefined, 1, 0]);
});

test('a decoder gives the frames themselves once a key frame has come', async () => {
  const decoder = await passthroughVideo(new Camera()).createDecoder({ codec: 'VP8' });
  expect(await decoder.decode(frame(1, false))).toEqual({ ok: false, reason: 'key-frame-needed' });
  const key = frame(2, true);
  expect(await decoder.decode(key)).toEqual({ ok: true, frame: key });
  decoder.close();
  expect(await decoder.decode(frame(3, false))).toEqual({ ok: false, reason: 'closed' });
  expect(decoder.statistics).toMatchObject({
    decoded: 1,
    dropped: { 'key-frame-needed': 1, closed: 1 },
  });
});

test('a closed encoder says so', async () => {
  const encoder = await passthroughVideo(new Camera()).createEncoder(OPTIONS);
  encoder.close();
  await expect(encoder.encode(frame(1, true))).rejects.toMatchObject({ code: 'CLOSED' });
});
