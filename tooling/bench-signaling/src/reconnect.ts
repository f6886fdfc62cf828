import { setTimeout as pause } from 'node:timers/promises';
import { joinMany, leaveAll, Peer, ROOM_SIZE } from './peer.js';
import type { Target } from './target.js';

/** How long the storm may last, and the pause after a refusal, in ms. */
const LONGEST_MS = 15_000;
const RETRY_MS = 100;

/** What a reconnect storm came to. */
export interface ReconnectStorm {
  /** Seconds until the last who came back was seated. */
  readonly seconds: number;
  readonly notBack: number;
}

/** Everybody loses the connection at once and comes back at once, under the same id. */
export async function reconnectStorm(target: Target, peers: number): Promise<ReconnectStorm> {
  const lost = await joinMany(target.url, 0, peers);
  const began = performance.now();
  for (const peer of lost) peer.terminate();
  const back = await Promise.all(
    lost.map(async (_, n) => {
      while (performance.now() - began < LONGEST_MS) {
        try {
          return await Peer.join(target.url, `room-${Math.floor(n / ROOM_SIZE)}`, `peer-${n}`);
        } catch {
          // Refused while the server has not noticed the loss; as a real client, try again.
          await pause(RETRY_MS);
        }
      }
      return undefined;
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  const seated = back.filter((peer) => peer !== undefined);
  await leaveAll(seated);
  return { seconds, notBack: peers - seated.length };
}
