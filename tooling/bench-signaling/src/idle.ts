import { setTimeout as pause } from 'node:timers/promises';
import { joinMany, leaveAll } from './peer.js';
import type { Target } from './target.js';

/** How often garbage is collected, and how long the system has each time to take it back, in ms. */
const COLLECTIONS = 12;
const PAUSE_MS = 20;

/** Bytes of the target's memory per seated peer that says nothing. */
export async function idleConnection(target: Target, connections: number): Promise<number> {
  // The heap grows in steps and does not shrink: let the first growth be over.
  await leaveAll(await joinMany(target.url, connections, Math.ceil(connections / 4)));
  const before = await settledRss(target);
  const peers = await joinMany(target.url, 0, connections);
  const after = await settledRss(target);
  await leaveAll(peers);
  return (after - before) / connections;
}

/** The target's memory when it has let go of what it no longer needs: some of it, code, it ages first. */
async function settledRss(target: Target): Promise<number> {
  for (let n = 1; n < COLLECTIONS; n++) {
    await target.usage(true);
    await pause(PAUSE_MS);
  }
  return (await target.usage(true)).rss;
}
