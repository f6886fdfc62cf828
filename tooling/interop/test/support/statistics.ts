import type { Page } from 'playwright-core';

/** One of the statistics of a browser, by the name that W3C webrtc-stats gives its fields. */
export type Statistics = Readonly<Record<string, unknown>>;

/** All statistics of the page's connection with a peer that are of a type. */
export async function statisticsOf(
  page: Page,
  peerId: string,
  type: RTCStatsType,
): Promise<Statistics[]> {
  const all = await page.evaluate((id) => window.mesh.statistics(id), peerId);
  return all.filter((each) => each['type'] === type);
}

/** What the page has received of a peer's sound so far. */
export async function inboundAudio(
  page: Page,
  peerId: string,
): Promise<{ readonly totalSamplesReceived: number; readonly concealedSamples: number }> {
  const inbound = await statisticsOf(page, peerId, 'inbound-rtp');
  const audio = inbound.find(({ kind }) => kind === 'audio');
  return (audio as never) ?? { totalSamplesReceived: 0, concealedSamples: 0 };
}

/** The only video of a page's connection with a peer that is received, or sent. */
export async function videoOf(
  page: Page,
  peerId: string,
  type: 'inbound-rtp' | 'outbound-rtp',
): Promise<Readonly<Record<string, number>>> {
  const all = await statisticsOf(page, peerId, type);
  return all.find(({ kind }) => kind === 'video') as Readonly<Record<string, number>>;
}
