import { expect, test } from '@jest/globals';
import type { VideoDecoder, VideoFrame, VideoProvider } from '@rm/codecs';
import { i420Picture, i420Size } from '@rm/codecs';
import { micros } from '@rm/rtp-sync';
import { Backlog } from '../../src/worker/backlog.js';
import { LentPictures } from '../../src/worker/lent-pictures.js';
import { NewestWins } from '../../src/worker/newest-wins.js';
import type { CrossingPicture } from '../../src/worker/protocol.js';
import { describeError, revivedError } from '../../src/worker/thread-error.js';

test('of what must wait the newest goes, as soon as something has arrived', () => {
  const [sent, dropped]: [number[], number[]] = [[], []];
  const items = new NewestWins<{ id: number }>(
    2,
    ({ id }) => sent.push(id),
    ({ id }) => dropped.push(id),
  );
  for (const id of [1, 2, 3, 4, 5]) items.offer({ id });
  expect([sent, dropped, items.dropped]).toEqual([[1, 2], [3, 4], 2]);
  items.arrived(7);
  expect(sent).toEqual([1, 2]);
  items.arrived(1);
  expect(sent).toEqual([1, 2, 5]);
  items.offer({ id: 6 });
  items.close();
  items.arrived(2);
  expect([sent, dropped]).toEqual([
    [1, 2, 5],
    [3, 4, 6],
  ]);
});

test('what is on its way is bounded, whichever thread counts', () => {
  const here = new Backlog();
  const there = new Backlog(here.memory);
  expect([here.admit(6, 10), here.admit(5, 10), here.admit(4, 10)]).toEqual([true, false, true]);
  there.arrived(6);
  expect(here.admit(6, 10)).toBe(true);
  expect(here.refused).toBe(1);
});

test('errors keep name, code, message and causes on their way through a structured clone', () => {
  const cause = Object.assign(new TypeError('why'), { code: 'E_WHY' });
  const error = Object.assign(new Error('what', { cause }), { name: 'OddError', code: 'E_ODD' });
  const revived = revivedError(structuredClone(describeError(error)));
  expect(revived).toMatchObject({ name: 'OddError', code: 'E_ODD', message: 'what' });
  expect(revived.cause).toMatchObject({ name: 'TypeError', code: 'E_WHY', message: 'why' });
  expect(revived.cause).toBeInstanceOf(TypeError);
  expect(revivedError(describeError('text'))).toMatchObject({ name: 'Error', message: 'text' });
  const endless: { message: string; cause?: unknown } = { message: 'again' };
  endless.cause = endless;
  expect(revivedError(describeError(endless)).message).toBe('again');
});

/** A provider whose decoder tells which pictures' memory it was given back. */
async function lending(): Promise<{
  pictures: LentPictures;
  crossed: CrossingPicture[];
  decoder: VideoDecoder;
  recycled: VideoFrame[];
  picture: () => VideoFrame;
}> {
  const recycled: VideoFrame[] = [];
  const crossed: CrossingPicture[] = [];
  const pictures = new LentPictures((picture) => crossed.push(picture));
  const decoder = { recycle: (frame: VideoFrame) => recycled.push(frame) };
  const provider = { createDecoder: () => Promise.resolve(decoder) };
  const lent = await pictures
    .lending(provider as unknown as VideoProvider)
    .createDecoder({ codec: 'VP8' });
  const picture = (): VideoFrame => ({
    ...i420Picture(16, 16, new Uint8Array(new SharedArrayBuffer(i420Size(16, 16)))),
    timestamp: 0,
    capture: undefined,
  });
  return { pictures, crossed, decoder: lent, recycled, picture };
}

test('a picture that the application reads is not written to, and its decoder has it back afterwards', async () => {
  const { pictures, crossed, decoder, recycled, picture } = await lending();
  const [first, second] = [picture(), picture()];
  pictures.lend({ peerId: 'a', streamId: 's', frame: first }, micros(0));
  decoder.recycle(first);
  expect(recycled).toEqual([]);
  pictures.lend({ peerId: 'a', streamId: 's', frame: second }, micros(1));
  const [one, two] = crossed;
  pictures.seen(one!.stream, one!.id, undefined);
  expect(recycled).toEqual([]);
  pictures.seen(two!.stream, two!.id, one!.id);
  expect(recycled).toEqual([first]);
  // One that comes back before its decoder asked for it is not held.
  pictures.seen(two!.stream, two!.id, two!.id);
  decoder.recycle(second);
  expect(recycled).toEqual([first, second]);
});

test('an application that looks away has twelve pictures waiting and then the newest, the others are recycled', async () => {
  const { pictures, crossed, decoder, recycled, picture } = await lending();
  const frames = Array.from({ length: 20 }, picture);
  for (const frame of frames) {
    pictures.lend({ peerId: 'a', streamId: undefined, frame }, micros(0));
    decoder.recycle(frame);
  }
  expect(crossed.map(({ frame }) => frame)).toEqual(frames.slice(0, 12));
  expect(pictures.dropped).toBe(7);
  // Dropped ones are only asked for back after they were lent; those are free at once.
  expect(recycled.length).toBe(7);
  pictures.seen(crossed[0]!.stream, crossed[0]!.id, undefined);
  expect(crossed.at(-1)!.frame).toBe(frames[19]);
  pictures.forget('a');
  expect(pictures.dropped).toBe(7);
});
