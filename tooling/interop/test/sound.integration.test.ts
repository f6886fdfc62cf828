import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type ToneMeasurement, measureTone } from '../src/page/measure-tone.js';
import {
  Interop,
  NODE_TONE,
  PAGE_TONE,
  connected,
  describeWithChromium,
  measureUntil,
} from './support/interop.js';
import type { Node } from './support/node.js';
import { inboundAudio } from './support/statistics.js';

/** A second of what is heard, and the share of its samples that had to be made up. */
interface Listened {
  readonly tone: ToneMeasurement;
  readonly concealed: number;
}

const isClean = ({ tone, concealed }: Listened): boolean =>
  tone.continuity === 1 && concealed < 0.01;

/** A node listens to the page. */
async function listenAtNode(node: Node, peerId: string, expected: number): Promise<Listened> {
  const counters = (): { concealed: number; total: number } => {
    const { received } = node.mesh.statistics().links.find((link) => link.peerId === peerId)!;
    return {
      concealed: received?.concealedSamples ?? 0,
      total: received?.totalSamplesReceived ?? 0,
    };
  };
  const before = counters();
  const samples = await node.hear(peerId, 1);
  const after = counters();
  return {
    tone: measureTone(samples, expected),
    concealed: (after.concealed - before.concealed) / (after.total - before.total),
  };
}

/** The page listens to a node. */
async function listenAtPage(page: Page, peerId: string, expected: number): Promise<Listened> {
  const before = await inboundAudio(page, peerId);
  await delay(1000);
  const after = await inboundAudio(page, peerId);
  const tone = await page.evaluate(([id, hertz]) => window.mesh.heard(id, hertz), [
    peerId,
    expected,
  ] as const);
  const samples = after.totalSamplesReceived - before.totalSamplesReceived;
  return { tone, concealed: (after.concealedSamples - before.concealedSamples) / samples };
}

function expectTone({ tone, concealed }: Listened, frequency: number): void {
  expect(Math.abs(tone.frequency - frequency)).toBeLessThan(0.5);
  // Sent at 0.25; within 0.7 dB.
  expect(tone.amplitude).toBeGreaterThan(0.23);
  expect(tone.amplitude).toBeLessThan(0.27);
  expect(tone.purity).toBeGreaterThan(0.99);
  expect(tone.continuity).toBe(1);
  expect(concealed).toBeLessThan(0.01);
}

describeWithChromium('sound between a node and a browser', () => {
  const interop = new Interop();

  test.each(['page', 'node'] as const)(
    'is heard on both sides in tune, as loud as sent and without gaps, when the %s was there first',
    async (first) => {
      const { node, page } = await interop.pair(first);
      const [atNode, atPage] = await Promise.all([
        measureUntil(isClean, () => listenAtNode(node, 'page', PAGE_TONE)),
        measureUntil(isClean, () => listenAtPage(page, 'node', NODE_TONE)),
      ]);
      expectTone(atNode, PAGE_TONE);
      expectTone(atPage, NODE_TONE);
    },
  );

  test('comes from each of two nodes', async () => {
    await interop.node('low', { tone: 300 });
    await interop.node('high', { tone: 900 });
    const page = await interop.page();
    await connected(page, 'low');
    await connected(page, 'high');
    const [low, high] = await Promise.all([
      measureUntil(isClean, () => listenAtPage(page, 'low', 300)),
      measureUntil(isClean, () => listenAtPage(page, 'high', 900)),
    ]);
    expectTone(low, 300);
    expectTone(high, 900);
  });

  test('tells the node when it was made', async () => {
    const { node, page } = await interop.pair();
    const isSilent = (samples: Float32Array): boolean =>
      samples.every((sample) => Math.abs(sample) < 0.01);
    await node.listen('page', ({ captured }) => captured);
    /** How much later than the click of a button the node says the first sample was made. */
    const measure = async (): Promise<{ lateMs: number; bound: number }> => {
      await page.evaluate(() => window.mesh.sound(0));
      await node.listen('page', ({ samples }) => (isSilent(samples) ? true : undefined));
      const heard = node.listen('page', ({ samples, captured }) => {
        const onset = samples.findIndex((sample) => Math.abs(sample) > 0.05);
        if (onset < 0 || captured === undefined) return undefined;
        return { at: captured.at + onset / 48, bound: captured.bound };
      });
      const made = await page.evaluate(() => window.mesh.sound(0.25));
      const { at, bound } = await heard;
      return { lateMs: at - made, bound };
    };
    // The browser takes up to some tens of milliseconds to make it, and more where the machine is busy.
    const { lateMs, bound } = await measureUntil((each) => each.lateMs < 80 + each.bound, measure);
    expect(lateMs).toBeGreaterThan(-10 - bound);
    expect(lateMs).toBeLessThan(80 + bound);
    const { mouthToEarMs } = node.mesh.statistics().links[0]!.received!;
    expect(mouthToEarMs!.p50).toBeGreaterThan(20);
    expect(mouthToEarMs!.bound).toBeLessThan(100);
  });
});
