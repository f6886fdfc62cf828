import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { PAGE_TINT } from '../src/page/stamp.js';
import { Interop, connected, describeWithChromium, measureUntil } from './support/interop.js';
import {
  type Loss,
  NO_LOSS,
  isRetransmission,
  isVideo,
  lossyBackend,
  randomLoss,
} from './support/lossy-backend.js';
import type { Node } from './support/node.js';
import { CAMERA_TINT, HEIGHT, WIDTH } from './support/pictures.js';
import { judge, watchAtPage } from './support/sightings.js';
import { statisticsOf, videoOf } from './support/statistics.js';

/** In bit/s; both sides begin with 300,000. */
const MORE_THAN_AT_FIRST = 400_000;
const SIZE = { width: WIDTH, height: HEIGHT };

describeWithChromium('pictures between a node and a browser over a bad path', () => {
  const interop = new Interop();

  /** A node and a page that see each other, each the noisy film of the other, over a path that has no fault yet. */
  async function seeingPair(): Promise<{ node: Node; page: Page; loss: Loss }> {
    const loss: Loss = { out: NO_LOSS, in: NO_LOSS };
    const node = await interop.node('node', {
      video: { preference: ['VP8'] },
      through: (backend) => lossyBackend(backend, loss),
    });
    node.film(CAMERA_TINT, 'camera', true);
    const page = await interop.page();
    await connected(page, 'node');
    await page.evaluate(() => window.mesh.film({ grainy: true }));
    await Promise.all([watchAtPage(page, 'node', 10, 'camera'), node.watch('page', 10)]);
    return { node, page, loss };
  }

  test('are right again after a key frame that each side asked the other for', async () => {
    const { node, page, loss } = await seeingPair();
    const before = {
      node: node.link('page').sentVideo[0]!,
      page: await videoOf(page, 'node', 'outbound-rtp'),
    };
    loss.out = isVideo;
    loss.in = isVideo;
    await delay(200);
    // What was lost is not to be had again either.
    loss.out = isRetransmission;
    loss.in = isRetransmission;
    const asked = await measureUntil(
      ({ node: ofNode, page: ofPage }) => ofNode && ofPage,
      async () => {
        await delay(250);
        const encoded = await videoOf(page, 'node', 'outbound-rtp');
        return {
          node: node.link('page').sentVideo[0]!.pliCount > before.node.pliCount,
          page: encoded['pliCount']! > before.page['pliCount']!,
        };
      },
      40,
    );
    expect(asked).toEqual({ node: true, page: true });
    loss.out = NO_LOSS;
    loss.in = NO_LOSS;
    const [atPage, atNode] = await Promise.all([
      watchAtPage(page, 'node', 30, 'camera'),
      node.watch('page', 30),
    ]);
    expect(judge(atPage, CAMERA_TINT, SIZE)).toMatchObject({ wrong: [], inOrder: true });
    expect(judge(atNode, PAGE_TINT, SIZE)).toMatchObject({ wrong: [], inOrder: true });
    const sent = node.link('page').sentVideo[0]!;
    const encoded = await videoOf(page, 'node', 'outbound-rtp');
    expect(sent.keyFramesSent).toBeGreaterThan(before.node.keyFramesSent);
    expect(node.link('page').receivedVideo[0]!.keyFrameRequests).toBeGreaterThan(0);
    expect(encoded['keyFramesEncoded']).toBeGreaterThan(before.page['keyFramesEncoded']!);
  });

  test('come though one of twenty packets is lost each way, as lost ones are sent again', async () => {
    const { node, page, loss } = await seeingPair();
    loss.out = randomLoss(0.05, 11);
    loss.in = randomLoss(0.05, 12);
    const sentBefore = node.link('page').sentVideo[0]!.framesSent;
    const before = await videoOf(page, 'node', 'inbound-rtp');
    const [atPage, atNode] = await Promise.all([
      watchAtPage(page, 'node', 90, 'camera'),
      node.watch('page', 90),
    ]);
    expect(judge(atPage, CAMERA_TINT, SIZE)).toMatchObject({ wrong: [], inOrder: true });
    expect(judge(atNode, PAGE_TINT, SIZE)).toMatchObject({ wrong: [], inOrder: true });
    // Whether each is also shown in time is a matter of the machine; that it comes whole is not.
    const { share, inbound } = await measureUntil(
      (measured) => measured.share > 0.95 && measured.inbound['retransmittedPacketsReceived']! > 5,
      async () => {
        await delay(250);
        const sent = node.link('page').sentVideo[0]!.framesSent - sentBefore;
        const after = await videoOf(page, 'node', 'inbound-rtp');
        const came = after['framesReceived']! - before['framesReceived']!;
        return { share: came / sent, inbound: after };
      },
    );
    expect(share).toBeGreaterThan(0.95);
    expect(inbound['retransmittedPacketsReceived']).toBeGreaterThan(5);
    expect(inbound['pliCount']).toBeLessThan(3);
    expect(node.link('page').sentVideo[0]!.retransmittedPacketsSent).toBeGreaterThan(5);
    const [received] = node.link('page').receivedVideo;
    expect(received!.packetsRecovered).toBeGreaterThan(5);
    expect(received!.packetsRecovered / received!.packetsRequested).toBeGreaterThan(0.7);
    expect(received!.framesDuplicated).toBe(0);
  });
});

describeWithChromium('pictures between a node and a browser over a good path', () => {
  const interop = new Interop();

  test('get more of the path than at first, and are played with the sound that belongs to them', async () => {
    const node = await interop.node('node', { video: { preference: ['VP8'] } });
    node.film(CAMERA_TINT, 'camera');
    const page = await interop.page();
    await connected(page, 'node');
    await page.evaluate(() => window.mesh.film({ grainy: true, width: 640, height: 360 }));
    await node.watch('page', 10);
    const available = async (): Promise<number> => {
      await delay(500);
      const pairs = await statisticsOf(page, 'node', 'candidate-pair');
      const [used] = pairs.flatMap((pair) => (pair['availableOutgoingBitrate'] as number) ?? []);
      return used ?? 0;
    };
    expect(
      await measureUntil((bitrate) => bitrate > MORE_THAN_AT_FIRST, available, 20),
    ).toBeGreaterThan(MORE_THAN_AT_FIRST);
    const video = await videoOf(page, 'node', 'inbound-rtp');
    const held = video['jitterBufferDelay']! / video['jitterBufferEmittedCount']!;
    expect(held).toBeLessThan(0.4);
    // Chromium plays in step, and tells how far it is, what belongs to one stream.
    const inbound = await statisticsOf(page, 'node', 'inbound-rtp');
    const played = inbound.map((each) => each['estimatedPlayoutTimestamp'] as number);
    expect(Math.abs(played[0]! - played[1]!)).toBeLessThan(1000);
    const reports = await statisticsOf(page, 'node', 'remote-inbound-rtp');
    const { roundTripTime } = reports.find(({ kind }) => kind === 'video')!;
    expect(roundTripTime).toBeGreaterThan(0);
    expect(roundTripTime).toBeLessThan(0.2);
    const { receivedVideo, lipSyncMs } = node.link('page');
    expect(Math.abs(lipSyncMs!)).toBeLessThan(40);
    expect(receivedVideo[0]!.glassToGlassMs!.last).toBeLessThan(500);
  });
});
