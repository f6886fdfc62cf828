import { expect, test } from '@jest/globals';
import { noVideo } from '../src/video/load-video-codecs.js';

test('without the add-on nothing can be created, and one line says why', async () => {
  const codecs = noVideo(new Error('no add-on\n  install it'));
  expect(codecs.capabilities).toEqual([]);
  expect(codecs.missing).toBe('no add-on install it');
  const refused = { code: 'UNSUPPORTED', message: expect.stringContaining('no add-on install it') };
  const rates = { bitrate: 100_000, fps: 30 };
  await expect(codecs.createEncoder({ codec: 'VP9', ...rates })).rejects.toMatchObject(refused);
  await expect(codecs.createDecoder({ codec: 'VP9' })).rejects.toMatchObject(refused);
});
