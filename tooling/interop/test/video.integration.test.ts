import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { PAGE_TINT } from '../src/page/stamp.js';
import { Interop, connected, describeWithChromium, measureUntil } from './support/interop.js';
import type { Node } from './support/node.js';
import { CAMERA_TINT, HEIGHT, SCREEN_TINT, WIDTH } from './support/pictures.js';
import { judge, watchAtPage } from './support/sightings.js';
import { statisticsOf, videoOf } from './support/statistics.js';

const SIZE = { width: WIDTH, height: HEIGHT };
/** Of the pictures that the page sends beside the first. */
const SECOND_TINT = { u: 104, v: 112 };

/** Pictures sent and received whole so far, each way. A browser on a busy machine does not decode and show each. */
async function counters(node: Node, page: Page): Promise<Record<string, number>> {
  const outbound = await videoOf(page, 'node', 'outbound-rtp');
  const { receivedVideo, sentVideo } = node.link('page');
  const inbound = await videoOf(page, 'node', 'inbound-rtp');
  return {
    sentByNode: sentVideo[0]!.framesSent,
    receivedByPage: inbound['framesReceived']!,
    sentByPage: outbound['framesSent']!,
    receivedByNode: receivedVideo[0]!.framesDecoded,
  };
}

describeWithChromium('pictures between a node and a browser', () => {
  const interop = new Interop();

  test.each([
    { codec: 'VP8', first: 'node', fmtp: undefined },
    { codec: 'VP9', first: 'page', fmtp: 'profile-id=0' },
    // Constrained baseline, level 3.1.
    { codec: 'H264', first: 'node', fmtp: expect.stringContaining('profile-level-id=42e01f') },
    { codec: 'H264', first: 'page', fmtp: expect.stringContaining('profile-level-id=42e01f') },
  ] as const)(
    '$codec: are seen on both sides whole and in order, when the $first was there first',
    async ({ codec, first, fmtp }) => {
      let page = first === 'page' ? await interop.page({ video: codec }) : undefined;
      // Chromium sends what is preferred in an offer, though its answer has it not.
      const node = await interop.node('node', { video: { preference: [codec] } });
      node.film(CAMERA_TINT, 'camera');
      page ??= await interop.page({ video: codec });
      await connected(page, 'node');
      await Promise.all([watchAtPage(page, 'node', 1, 'camera'), node.watch('page', 1)]);
      const before = await counters(node, page);
      const [atPage, atNode] = await Promise.all([
        watchAtPage(page, 'node', 60, 'camera'),
        node.watch('page', 60),
      ]);
      expect(judge(atPage, CAMERA_TINT, SIZE)).toMatchObject({ wrong: [], inOrder: true });
      expect(judge(atNode, PAGE_TINT, SIZE)).toMatchObject({ wrong: [], inOrder: true });
      // Both sides are asked one after the other: what is under way counts for less the longer it goes on.
      const shares = await measureUntil(
        (both) => both.every((share) => share > 0.9),
        async () => {
          await delay(250);
          const after = await counters(node, page);
          const came = (name: string): number => after[name]! - before[name]!;
          return [
            came('receivedByPage') / came('sentByNode'),
            came('receivedByNode') / came('sentByPage'),
          ];
        },
      );
      for (const share of shares) expect(share).toBeGreaterThan(0.9);
      const codecs = await statisticsOf(page, 'node', 'codec');
      const video = codecs.filter(({ clockRate }) => clockRate === 90_000);
      expect(video).toHaveLength(2);
      for (const { mimeType, sdpFmtpLine } of video)
        expect({ mimeType, sdpFmtpLine }).toEqual({
          mimeType: `video/${codec}`,
          sdpFmtpLine: fmtp,
        });
      expect(node.link('page').receivedVideo).toMatchObject([{ codec }]);
    },
  );

  test('are told apart by their streams, which come and go during the call', async () => {
    const node = await interop.node('node', { video: {} });
    node.film(CAMERA_TINT, 'camera');
    const screen = node.film(SCREEN_TINT, 'screen');
    const page = await interop.page();
    await connected(page, 'node');
    const first = await page.evaluate(() => window.mesh.film());
    const second = await page.evaluate((tint) => window.mesh.film({ tint }), SECOND_TINT);
    const seeAtPage = async (streamId: string, tint: typeof PAGE_TINT): Promise<void> => {
      const seen = judge(await watchAtPage(page, 'node', 10, streamId), tint, SIZE);
      expect(seen).toMatchObject({ wrong: [], inOrder: true });
    };
    const seeAtNode = async (streamId: string, tint: typeof PAGE_TINT): Promise<void> => {
      const seen = judge(await node.watch('page', 10, streamId), tint, SIZE);
      expect(seen).toMatchObject({ wrong: [], inOrder: true });
    };
    await Promise.all([
      seeAtPage('camera', CAMERA_TINT),
      seeAtPage('screen', SCREEN_TINT),
      seeAtNode(first, PAGE_TINT),
      seeAtNode(second, SECOND_TINT),
    ]);

    screen.close();
    await page.waitForFunction(() => !window.mesh.streams('node').includes('screen'));
    node.film(SCREEN_TINT, 'slides');
    await Promise.all([seeAtPage('slides', SCREEN_TINT), seeAtPage('camera', CAMERA_TINT)]);

    await page.evaluate((id) => window.mesh.endFilm(id), first);
    const third = await page.evaluate(() => window.mesh.film());
    await Promise.all([seeAtNode(third, PAGE_TINT), seeAtNode(second, SECOND_TINT)]);
    expect(await page.evaluate(() => window.mesh.streams('node'))).toEqual(['camera', 'slides']);
  });

  test('go on after the page has sent black ones, and others in their place', async () => {
    const node = await interop.node('node', { video: {} });
    const page = await interop.page({ video: 'VP8' });
    const [id] = await page.evaluate(() => window.mesh.films);
    const see = async (
      fits: (picture: { damage: number; tint: typeof PAGE_TINT }) => boolean,
    ): Promise<void> => {
      const found = await measureUntil(
        fits,
        async () => (await node.watch('page', 1, id))[0]!,
        100,
      );
      expect(fits(found)).toBe(true);
    };
    await see(({ damage, tint }) => damage === 0 && tint.u > 140);
    await page.evaluate((film) => window.mesh.blank(film!, true), id);
    await see(({ damage }) => damage > 20);
    await page.evaluate((film) => window.mesh.blank(film!, false), id);
    await see(({ damage }) => damage === 0);
    await page.evaluate(([film, tint]) => window.mesh.recast(film!, tint!), [
      id,
      SECOND_TINT,
    ] as const);
    await see(({ damage, tint }) => damage === 0 && tint.u < 116);
  });

  test.each(['node', 'page'] as const)(
    'that the node has no codec for are refused, and the rest goes on, when the %s was there first',
    async (first) => {
      let page = first === 'page' ? await interop.page({ video: 'AV1' }) : undefined;
      const node = await interop.node('node', { video: {} });
      node.film(CAMERA_TINT, 'camera');
      page ??= await interop.page({ video: 'AV1' });
      await connected(page, 'node');
      await Promise.all([node.hear('page', 0.1), page.evaluate(() => window.mesh.ping('node'))]);
      const lines = await page.waitForFunction(() => {
        const { local, remote } = window.mesh.descriptions('node');
        const ports = [...`${local}${remote}`.matchAll(/^m=video (\d+)/gm)].map(([, port]) => port);
        return ports.length > 0 && ports;
      });
      expect(await lines.jsonValue()).toContain('0');
      expect(await page.evaluate(() => window.mesh.events.map(({ kind }) => kind))).toEqual([
        'connected',
      ]);
      expect(
        node.link('page').receivedVideo.every(({ framesDecoded }) => framesDecoded === 0),
      ).toBe(true);
    },
  );
});
