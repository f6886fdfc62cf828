import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type Page, chromium } from 'playwright-core';
import { CHROMIUM } from '../src/chromium.js';
import { measureTone } from '../src/page/measure-tone.js';
import {
  Interop,
  PAGE_TONE,
  connected,
  describeWithChromium,
  measureUntil,
} from './support/interop.js';
import { type Statistics, statisticsOf } from './support/statistics.js';
import { stopwatch } from './support/stopwatch.js';

/** What the page says of its connection with a peer: each `host` candidate's address. */
async function hostAddresses(page: Page, peerId: string): Promise<string[]> {
  const { local } = await page.evaluate((id) => window.mesh.descriptions(id), peerId);
  return [...local.matchAll(/^a=candidate:(?:\S+ ){4}(\S+) \d+ typ host/gm)].map(
    ([, address]) => address!,
  );
}

describeWithChromium('the connection of a node with a browser', () => {
  const interop = new Interop();

  test.each([
    // The greater id gives way.
    { id: 'a-page', outcome: 'went first' },
    { id: 'z-page', outcome: 'gave way' },
  ])('comes about when both offer at once, and the page $outcome', async ({ id, outcome }) => {
    const page = await interop.page({ id, calls: 'all' });
    const met = (): Promise<boolean> =>
      page.evaluate(
        (wanted) => window.mesh.events.some((e) => e.kind === 'glare' && e.detail === wanted),
        outcome,
      );
    // Whether the offers cross is a matter of milliseconds.
    for (let i = 0; i < 20 && !(await met()); i++) {
      const node = await interop.node(`node-${i}`);
      await connected(page, `node-${i}`);
      await node.listen(id, ({ samples }) => samples.some((sample) => sample > 0.2) || undefined);
      await page.evaluate((peer) => window.mesh.ping(peer), `node-${i}`);
    }
    expect(await met()).toBe(true);
    const ended = await page.evaluate(() => window.mesh.events.filter((e) => e.kind === 'ended'));
    expect(ended).toEqual([]);
  });

  test('comes about with a page whose addresses are hidden behind mDNS names', async () => {
    const { page } = await interop.pair();
    const addresses = await hostAddresses(page, 'node');
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) expect(address).toMatch(/\.local$/);
  });

  test('comes about with a page that tells its addresses', async () => {
    const { page } = await interop.pair('page', 'shown');
    const addresses = await hostAddresses(page, 'node');
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) expect(address).toMatch(/^[\d.]+$|:/);
  });

  test.each([
    { what: 'hangs up', act: (page: Page) => page.evaluate(() => window.mesh.hangUp('node')) },
    { what: 'leaves the room', act: (page: Page) => page.evaluate(() => window.mesh.leave()) },
    { what: 'closes its tab', act: (page: Page) => page.close() },
    {
      what: 'crashes',
      act: (page: Page) => page.goto('chrome://crash').catch(() => undefined),
    },
  ])('is known to be over at once at the node when the page $what', async ({ act }) => {
    const { node, page } = await interop.pair();
    const gone = node.next('peer-disconnected');
    await act(page);
    // Some hundredths of a second; that it is silent would be known after 4 s.
    const { peerId, reason } = await gone;
    expect(peerId).toBe('page');
    expect(reason).not.toBe('silent');
  });

  test('is known to be over within 5 s at the node when the browser is killed', async () => {
    const server = await chromium.launchServer(CHROMIUM);
    const browser = await chromium.connect(server.wsEndpoint());
    const node = await interop.node();
    await connected(await interop.page({}, await browser.newContext()), 'node');
    const gone = node.next('peer-disconnected');
    const watch = stopwatch();
    await server.kill();
    // Nothing has said goodbye.
    expect(await gone).toMatchObject({ peerId: 'page', reason: 'silent' });
    const { elapsedMs, lateMs } = watch();
    expect(elapsedMs - lateMs).toBeLessThan(5000);
  });

  test('is known to be over at once at the page when the node leaves', async () => {
    const { node, page } = await interop.pair();
    await node.mesh.close();
    await page.waitForFunction(() => window.mesh.events.some(({ kind }) => kind === 'ended'));
    const ended = await page.evaluate(() =>
      window.mesh.events.find(({ kind }) => kind === 'ended'),
    );
    // It was told; its ICE would find out after some seconds.
    expect(ended!.detail).not.toMatch('failed');
    expect(await page.evaluate(() => window.mesh.state('node'))).toBe('closed');
  });

  test('is made anew by a node that called, when the page hung up', async () => {
    const { node, page } = await interop.pair('page');
    const again = node.next('peer-connected');
    await page.evaluate(() => window.mesh.hangUp('node'));
    await again;
    expect(measureTone(await node.hear('page', 0.5), PAGE_TONE).amplitude).toBeGreaterThan(0.2);
  });

  test('outlives a restart of ICE by a page that was called', async () => {
    const { node, page } = await interop.pair('page');
    const chosen = async (): Promise<unknown> => {
      await delay(250);
      return (await statisticsOf(page, 'node', 'transport'))[0]!['selectedCandidatePairId'];
    };
    const before = await chosen();
    await page.evaluate(() => window.mesh.restartIce('node'));
    const after = await measureUntil((pair) => pair !== before, chosen, 80);
    expect(after).not.toBe(before);
    expect(measureTone(await node.hear('page', 0.5), PAGE_TONE).amplitude).toBeGreaterThan(0.2);
    expect(await page.evaluate(() => window.mesh.state('node'))).toBe('connected');
    await page.evaluate(() => window.mesh.ping('node'));
  });

  test('is a good one by the statistics of the browser, whoever called', async () => {
    const called = await interop.page({ id: 'called' });
    await interop.node();
    const caller = await interop.page({ id: 'caller' });
    await Promise.all([called, caller].map(expectGoodConnection));
  });
});

/** What a browser says of its connection with the node; times are in seconds. */
async function connectionStatistics(page: Page): Promise<Record<string, Statistics | undefined>> {
  const all = (type: RTCStatsType): Promise<Statistics[]> => statisticsOf(page, 'node', type);
  const [reported] = await all('remote-inbound-rtp');
  const [sent] = await all('remote-outbound-rtp');
  const [inbound] = await all('inbound-rtp');
  const [transport] = await all('transport');
  const pairs = await all('candidate-pair');
  const chosen = pairs.find(({ id }) => id === transport?.['selectedCandidatePairId']);
  return { reported, sent, inbound, transport, chosen };
}

async function expectGoodConnection(page: Page): Promise<void> {
  await connected(page, 'node');
  // Both ends are on this machine. While it is busy each of these times is that of its waiting.
  const swift = ({ reported, inbound, chosen }: Record<string, Statistics | undefined>): boolean =>
    [
      reported?.['roundTripTime'],
      reported?.['jitter'],
      inbound?.['jitter'],
      chosen?.['currentRoundTripTime'],
    ].every((seconds) => Number(seconds) < 0.05);
  const { reported, sent, inbound, transport, chosen } = await measureUntil(
    (measured) =>
      Number(measured['reported']?.['roundTripTimeMeasurements']) > 0 &&
      Number(measured['sent']?.['reportsSent']) > 1 &&
      swift(measured),
    async () => {
      await delay(250);
      return connectionStatistics(page);
    },
    100,
  );
  // What the node reports of the page's sound (RTCP receiver reports).
  expect(reported).toMatchObject({ fractionLost: 0, packetsLost: 0 });
  expect(reported!['roundTripTime']).toBeGreaterThan(0);
  expect(reported!['roundTripTime']).toBeLessThan(0.05);
  expect(reported!['jitter']).toBeLessThan(0.05);

  // What the node says of its own sound (RTCP sender reports): when it was, by the wall clock.
  expect(sent!['reportsSent']).toBeGreaterThanOrEqual(2);
  expect(sent!['packetsSent']).toBeGreaterThan(50);
  const age = (sent!['timestamp'] as number) - (sent!['remoteTimestamp'] as number);
  expect(Math.abs(age)).toBeLessThan(1000);

  expect(inbound).toMatchObject({ packetsLost: 0 });
  expect(inbound!['jitter']).toBeLessThan(0.05);

  expect(transport).toMatchObject({ dtlsState: 'connected', iceState: 'connected' });
  expect(chosen).toMatchObject({ nominated: true, state: 'succeeded', writable: true });
  expect(chosen!['currentRoundTripTime']).toBeGreaterThan(0);
  expect(chosen!['currentRoundTripTime']).toBeLessThan(0.05);
  // Its checks are answered, so the browser goes on to send (RFC 7675).
  expect(chosen!['responsesReceived']).toBeGreaterThan(1);
}
