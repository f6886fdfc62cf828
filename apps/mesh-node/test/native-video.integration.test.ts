import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type AssembledFrame, type VideoFrame, movingPicture, psnr } from '@rm/codecs';
import { micros } from '@rm/rtp-sync';
import { TestPattern } from '../src/test-pattern.js';
import { VideoRecordings } from '../src/video-recordings.js';
import { readStamp } from '../src/video-stamp.js';
import { codecs, decodeAll, describeNative } from './support/native-video.js';
import { readAnnexB, readIvf } from './support/video-files.js';

describeNative('with native codecs', () => {
  test.each([
    ['VP8', 640, 360, 200_000],
    ['VP9', 640, 360, 200_000],
    ['H264', 640, 360, 200_000],
    ['VP9', 160, 90, 30_000],
  ] as const)('stamps survive %s at %ix%i and %i bit/s', async (codec, width, height, bitrate) => {
    const pattern = new TestPattern({ width, height, fps: 30, unixOrigin: micros(1e15) });
    const encoder = await codecs.createEncoder({ codec, bitrate, fps: 30 });
    const sent: unknown[] = [];
    const frames: Uint8Array[] = [];
    for (let tick = 0; tick < 200; tick++) {
      const picture = pattern.at(micros(tick * 10_000));
      const frame = picture && (await encoder.encode(picture));
      if (!picture || !frame) continue;
      sent.push(readStamp(picture));
      frames.push(frame.data);
    }
    encoder.close();
    // What rate control drops is not seen at all; what is seen can be read.
    expect(sent.length).toBeGreaterThan(25);
    expect((await decodeAll(codec, frames)).map(readStamp)).toEqual(sent);
  });

  test.each([
    ['VP8', 'ann.ivf'],
    ['VP9', 'ann.ivf'],
    ['H264', 'ann.h264'],
  ] as const)('what was recorded of %s is decoded to what was sent', async (codec, name) => {
    const folder = await mkdtemp(join(tmpdir(), 'rm-video-'));
    const draw = movingPicture(322, 182);
    const encoder = await codecs.createEncoder({ codec, bitrate: 1_000_000, fps: 30 });
    const sent: VideoFrame[] = [];
    const errors: Error[] = [];
    const recordings = new VideoRecordings(folder, 'me', (error) => errors.push(error));
    for (let i = 0; i < 10; i++) {
      const encoded = await encoder.encode(draw(i), { keyFrame: i % 4 === 0 });
      if (encoded === undefined) continue;
      sent.push(draw(i));
      const frame = { ...encoded, timestamp: 3000 * i } as unknown as AssembledFrame;
      recordings.add({ peerId: 'ann', streamId: 's', codec, frame });
    }
    encoder.close();
    await recordings.close();
    const file = await readFile(join(folder, 'me', name));
    await rm(folder, { recursive: true });
    expect(errors).toEqual([]);
    expect(recordings.paths('ann', 's').length).toBe(1);
    const frames =
      codec === 'H264' ? readAnnexB(file) : readIvf(file).frames.map(({ data }) => data);
    const seen = await decodeAll(codec, frames);
    expect(seen.map(({ width, height }) => [width, height])).toEqual(sent.map(() => [322, 182]));
    for (const [i, each] of seen.entries()) expect(psnr(each, sent[i]!)).toBeGreaterThan(28);
  });
});
