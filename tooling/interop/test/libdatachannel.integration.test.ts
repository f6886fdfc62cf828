import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { libdatachannelBackend } from '@rm/webrtc-peer';
import { measureTone } from '../src/page/measure-tone.js';
import { PAGE_TINT } from '../src/page/stamp.js';
import {
  Interop,
  NODE_TONE,
  PAGE_TONE,
  connected,
  describeWithChromium,
  measureUntil,
} from './support/interop.js';
import { CAMERA_TINT, HEIGHT, WIDTH } from './support/pictures.js';
import { judge, watchAtPage } from './support/sightings.js';

const SIZE = { width: WIDTH, height: HEIGHT };

// Continuous integration has the optional package; elsewhere these tests are skipped, and are seen to be.
const available = await libdatachannelBackend().then(
  () => true,
  (error: unknown) => {
    if (process.env['CI'] === 'true') throw error;
    return false;
  },
);
const suite = available ? describeWithChromium : describe.skip;

suite('a node over libdatachannel and a browser', () => {
  const interop = new Interop('libdatachannel');

  test.each(['node', 'page'] as const)(
    'hear, see and write to each other, when the %s was there first',
    async (first) => {
      let page = first === 'page' ? await interop.page() : undefined;
      const node = await interop.node('node', { video: { preference: ['VP8'] } });
      page ??= await interop.page();
      await connected(page, 'node');

      const atNode = await measureUntil(
        ({ continuity }) => continuity === 1,
        async () => measureTone(await node.hear('page', 0.5), PAGE_TONE),
      );
      expect(atNode.frequency).toBeCloseTo(PAGE_TONE, 0);
      expect(atNode.amplitude).toBeGreaterThan(0.23);
      const atPage = await measureUntil(
        ({ continuity }) => continuity === 1,
        async () => {
          await delay(500);
          return page.evaluate((hertz) => window.mesh.heard('node', hertz), NODE_TONE);
        },
      );
      expect(atPage.frequency).toBeCloseTo(NODE_TONE, 0);
      expect(atPage.amplitude).toBeGreaterThan(0.23);

      await page.evaluate(() => window.mesh.film());
      const fromPage = judge(await node.watch('page', 20), PAGE_TINT, SIZE);
      expect(fromPage).toMatchObject({ wrong: [], inOrder: true });
      node.film(CAMERA_TINT, 'camera');
      const fromNode = judge(await watchAtPage(page, 'node', 20, 'camera'), CAMERA_TINT, SIZE);
      expect(fromNode).toMatchObject({ wrong: [], inOrder: true });

      const large = 'Grüße, 日本語 👩‍👩‍👧 '.repeat(1500);
      const message = node.next('message');
      await page.evaluate((text) => window.mesh.send('node', text), large);
      expect(await message).toEqual({ from: 'page', payload: large });
      node.mesh.sendMessage(large, ['page']);
      const received = await page.waitForFunction(
        () => window.mesh.events.find(({ kind }) => kind === 'message')?.detail,
      );
      expect(await received.jsonValue()).toBe(large);
      const gone = node.next('peer-disconnected');
      await page.evaluate(() => window.mesh.leave());
      expect(await gone).toMatchObject({ peerId: 'page' });
    },
  );
});
