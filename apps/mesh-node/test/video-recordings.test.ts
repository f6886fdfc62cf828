import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AssembledFrame, VideoEncodingName } from '@rm/codecs';
import type { EncodedPicture } from '@rm/webrtc-peer';
import { ivfFrame, ivfHeader } from '../src/ivf.js';
import { VideoFile, type VideoFileError } from '../src/video-file.js';
import { VideoRecordings } from '../src/video-recordings.js';
import { readIvf } from './support/video-files.js';

let folder: string;
let errors: VideoFileError[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rm-video-'));
  errors = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const recordings = (): VideoRecordings =>
  new VideoRecordings(folder, 'me', (error) => errors.push(error));
const content = (...names: string[]): Promise<Buffer> => readFile(join(folder, 'me', ...names));

/** A VP8 key frame as far as its size is concerned, or another frame. */
const vp8 = (key: boolean, width = 320, height = 180): Uint8Array =>
  key
    ? Uint8Array.of(
        0x10,
        0,
        0,
        0x9d,
        0x01,
        0x2a,
        width & 255,
        width >> 8,
        height & 255,
        height >> 8,
      )
    : Uint8Array.of(0x11, 1, 2, 3);

const picture = (
  data: Uint8Array,
  key: boolean,
  timestamp: number,
  { peerId = 'ann', streamId = 's1', codec = 'VP8' as VideoEncodingName } = {},
): EncodedPicture => ({
  peerId,
  streamId,
  codec,
  frame: { data, key, timestamp } as AssembledFrame,
});

test('an IVF file is written byte by byte as the format says', () => {
  const header = ivfHeader({ fourcc: 'VP90', width: 640, height: 360, clockRate: 90_000 }, 258);
  expect(Buffer.from(header).toString('hex')).toBe(
    '444b4946' +
      '0000' +
      '2000' +
      '56503930' +
      '8002' +
      '6801' +
      '905f0100' +
      '01000000' +
      '02010000' +
      '00000000',
  );
  const frame = ivfFrame(Uint8Array.of(7, 8, 9), 2 ** 32 + 3000);
  expect(Buffer.from(frame).toString('hex')).toBe('03000000' + 'b80b000001000000' + '070809');
});

test('a file begins with the first key frame, and its times with 0, over the wrap of the RTP clock', async () => {
  const all = recordings();
  all.add(picture(vp8(false), false, 2 ** 32 - 9000));
  all.add(picture(vp8(true), true, 2 ** 32 - 6000));
  all.add(picture(vp8(false), false, 2 ** 32 - 3000));
  all.add(picture(vp8(false), false, 0));
  expect(all.paths('ann', 's1')).toEqual([join(folder, 'me', 'ann.ivf')]);
  await all.close();
  const { frames, ...header } = readIvf(await content('ann.ivf'));
  expect(header).toEqual({ fourcc: 'VP80', width: 320, height: 180, clockRate: 90_000, count: 3 });
  expect(frames.map(({ time }) => time)).toEqual([0, 3000, 6000]);
  expect(frames.map(({ data }) => data)).toEqual([vp8(true), vp8(false), vp8(false)]);
});

test('another size, codec or connection begins the next file, from a key frame on', async () => {
  const all = recordings();
  const h264 = Buffer.from('000000016742c01fda0280bfe5c04400000300040000030030', 'hex');
  all.add(picture(vp8(true), true, 0));
  all.add(picture(vp8(true), true, 3000));
  all.add(picture(vp8(true, 160, 90), true, 6000));
  all.add(picture(vp8(false), false, 9000));
  all.add(picture(h264.subarray(0, 4), false, 12_000, { codec: 'H264' }));
  all.add(picture(h264, true, 15_000, { codec: 'H264' }));
  all.add(picture(vp8(true), true, 18_000));
  all.add(picture(vp8(false), false, 10_000));
  all.add(picture(vp8(true), true, 11_000));
  await all.close();
  const names = ['ann.ivf', 'ann.2.ivf', 'ann.3.h264', 'ann.4.ivf', 'ann.5.ivf'];
  expect(all.paths('ann', 's1')).toEqual(names.map((name) => join(folder, 'me', name)));
  const counts = await Promise.all(
    names
      .filter((name) => name.endsWith('.ivf'))
      .map(async (name) => readIvf(await content(name)).frames.length),
  );
  expect(counts).toEqual([2, 2, 1, 1]);
  expect(await content('ann.3.h264')).toEqual(h264);
  expect(errors).toEqual([]);
});

test('streams are told apart by name, and no name leads out of the folder', async () => {
  const all = recordings();
  for (const streamId of ['camera', '../../screen', '.._.._screen'])
    all.add(picture(vp8(true), true, 0, { streamId }));
  all.add(picture(vp8(true), true, 0, { peerId: 'ben' }));
  await all.close();
  expect((await readdir(join(folder, 'me'))).sort()).toEqual([
    'ann-______screen.2.ivf',
    'ann-______screen.ivf',
    'ann.ivf',
    'ben.ivf',
  ]);
});

test('a peer that begins files without end is recorded no further, and that is told once', async () => {
  const all = recordings();
  for (let i = 0; i < 70; i++) all.add(picture(vp8(true, 16 + i, 16), true, i * 3000));
  all.add(picture(vp8(true), true, 0, { peerId: 'ben' }));
  await all.close();
  expect((await readdir(join(folder, 'me'))).length).toBe(65);
  expect(errors.map(({ code }) => code)).toEqual(['VIDEO_FILE_LIMIT']);
});

test('what the disk cannot take in time is dropped up to the next key frame, and told once', async () => {
  const options = { onError: (error: VideoFileError) => errors.push(error), maxBacklog: 25 };
  const file = new VideoFile(
    join(folder, 'slow.ivf'),
    { codec: 'VP8', width: 16, height: 16 },
    options,
  );
  const add = (key: boolean, time: number): void => file.append({ data: vp8(key), key, time });
  // All in one turn: nothing is written in between.
  add(true, 0);
  add(false, 1);
  add(false, 2);
  expect(file.droppedFrames).toBe(2);
  await file.idle();
  add(false, 3);
  add(true, 4);
  await file.close();
  add(true, 5);
  expect(readIvf(await readFile(file.path)).frames.map(({ time }) => time)).toEqual([0, 4]);
  expect(file.droppedFrames).toBe(4);
  expect(errors.map(({ code }) => code)).toEqual(['VIDEO_FILE_BACKLOG']);
});

test('a folder that cannot be written to is told once, with what to do', async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'me'), 'a file');
  const all = recordings();
  all.add(picture(vp8(true), true, 0));
  all.add(picture(vp8(false), false, 3000));
  await all.close();
  await all.close();
  expect(errors).toMatchObject([
    { code: 'VIDEO_FILE_WRITE_FAILED', message: expect.stringMatching(/ann\.ivf.*check space/) },
  ]);
});
