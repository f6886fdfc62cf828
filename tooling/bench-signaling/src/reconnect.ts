import { setTimeout as pause } from 'node:timers/promises';
import { candidateText } from './messages.js';
import { inTime, joinMany, leaveAll, Peer } from './peer.js';
import type { Target } from './target.js';

/** How long the storm may last, and the pause after a refusal, in ms. */
const LONGEST_MS = 15_000;
const RETRY_MS = 100;

/** Messages to each while it is away, and the length of the first; each is one longer. */
const MISSED = 3;
const FIRST_LENGTH = 200;

/** What a reconnect storm came to. */
export interface ReconnectStorm {
  /** Seconds from the loss until the last who came back was seated and had caught up. */
  readonly seconds: number;
  /** Who did not get the place it had. */
  readonly notResumed: number;
  /** Messages sent to those who were away. */
  readonly sent: number;
  /** Those of them that did not arrive, or not in their order. */
  readonly lost: number;
}

/**
 * In every room all but one lose the connection at once; the one who stays says something to each
 * of them; then all come back at once to what they missed.
 */
export async function reconnectStorm(target: Target, peers: number): Promise<ReconnectStorm> {
  const gone = await joinMany(target.url, 0, peers);
  const rooms = new Set(gone.map(({ room }) => room));
  const stayers = await Promise.all(
    Array.from(rooms, (room) => Peer.join(target.url, room, 'stayer')),
  );
  await Promise.all(gone.map((peer) => peer.flushed()));
  const began = performance.now();
  for (const peer of gone) peer.terminate();
  await tell(stayers, gone);
  const storm = await Promise.all(gone.map((peer) => comeBack(target, peer, began)));
  const seconds = (performance.now() - began) / 1_000;
  await leaveAll([...storm.flatMap(({ peer }) => peer ?? []), ...stayers]);
  return {
    seconds,
    notResumed: storm.filter(({ peer }) => peer?.resumed !== true).length,
    sent: MISSED * peers,
    lost: storm.reduce((sum, { caughtUp }) => sum + MISSED - caughtUp, 0),
  };
}

/** Has the stayer of each room say something to all who are gone from it. */
async function tell(stayers: readonly Peer[], gone: readonly Peer[]): Promise<void> {
  for (const stayer of stayers) {
    for (const { id } of gone.filter(({ room }) => room === stayer.room)) {
      for (let n = 0; n < MISSED; n++) {
        stayer.send(candidateText(stayer.id, id, FIRST_LENGTH + n));
      }
    }
  }
  await Promise.all(stayers.map((stayer) => stayer.flushed()));
}

/** Takes the place of `lost` again; tells how many of the messages it missed came in their order. */
async function comeBack(
  target: Target,
  lost: Peer,
  began: number,
): Promise<{ readonly peer: Peer | undefined; readonly caughtUp: number }> {
  let caughtUp = 0;
  let finish: () => void;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const onCandidate = (_from: string, candidate: string): void => {
    if (candidate.length === FIRST_LENGTH + caughtUp && ++caughtUp === MISSED) finish();
  };
  while (performance.now() - began < LONGEST_MS) {
    try {
      const { id, room, place } = lost;
      const peer = await Peer.join(target.url, room, id, { place, onCandidate });
      if (peer.resumed) await inTime(done, LONGEST_MS);
      return { peer, caughtUp };
    } catch {
      // Refused while the server has not noticed the loss; as a real client, try again.
      await pause(RETRY_MS);
    }
  }
  return { peer: undefined, caughtUp };
}
