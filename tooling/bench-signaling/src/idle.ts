import { joinMany, leaveAll } from './peer.js';
import type { Target } from './target.js';

/** Bytes of the target's memory per seated peer that says nothing. */
export async function idleConnection(target: Target, connections: number): Promise<number> {
  // The heap grows in steps and does not shrink: let the first growth be over.
  await leaveAll(await joinMany(target.url, connections, Math.ceil(connections / 4)));
  const before = await target.usage(true);
  const peers = await joinMany(target.url, 0, connections);
  const after = await target.usage(true);
  await leaveAll(peers);
  return (after.rss - before.rss) / connections;
}
