import { setTimeout as delay } from 'node:timers/promises';
import { type Figure, figure } from '@rm/benchmark';
import type { LinkName } from '@rm/netlab';
import { FIRST, type LabPair, SECOND, SERVER, withLabPair } from './lab-pair.js';
import { sharedNow } from './shared-clock.js';

const SETTLE_MS = 2000;
const OUTAGE_MS = 10_000;
const AFTER_MS = 3000;

/** What of the network is gone. The second node is the one that made the connection. */
const OUTAGES: readonly (readonly [string, readonly LinkName[]])[] = [
  ['network', ['all']],
  ['network of the called', [`${FIRST}-${SECOND}`, `${FIRST}-${SERVER}`]],
  ['network of the caller', [`${SECOND}-${FIRST}`, `${SECOND}-${SERVER}`]],
  ['path', [`${FIRST}-${SECOND}`]],
];

/** The network is gone for 10 s and comes back: how soon two nodes hear each other again, and whether on the same connection. */
export async function outageFigures(backend: string): Promise<Figure[]> {
  const outages = OUTAGES.map(([, links]) =>
    withLabPair({ delay_ms: 20 }, backend, false, (pair) => outage(pair, links)),
  );
  const results = await Promise.all(outages);
  return OUTAGES.flatMap(([name], i) => [
    figure(`${name} gone for 10 s: sound again after`, results[i]!.back, 's', { most: 3 }),
    figure(`${name} gone for 10 s: connections made anew`, results[i]!.anew, '', { most: 0 }),
  ]);
}

async function outage(
  { lab, first, second }: LabPair,
  links: readonly LinkName[],
): Promise<{ readonly back: number; readonly anew: number }> {
  const nodes = [first, second];
  await delay(SETTLE_MS);
  const before = await Promise.all(nodes.map(connection));
  for (const link of links) await lab.cut(link);
  await delay(OUTAGE_MS);
  const heard = nodes.map((node) => node.ask('heard'));
  for (const link of links) await lab.restore(link);
  const restored = sharedNow();
  const times = await Promise.all(heard);
  await delay(AFTER_MS);
  const after = await Promise.all(nodes.map(connection));
  return {
    back: (Math.max(...times.map(({ at }) => at)) - restored) / 1e6,
    anew: after.filter((each, i) => each !== before[i]).length,
  };
}

/** What tells a connection from another one to the same peer: when it was first heard. */
async function connection(node: LabPair['first']): Promise<number | undefined> {
  const { statistics } = await node.ask('measure');
  return statistics.links[0]?.connectMs;
}
