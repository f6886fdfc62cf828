import { candidateText } from './messages.js';
import { inTime, joinMany, leaveAll } from './peer.js';
import type { Peer } from './peer.js';
import type { Target } from './target.js';

/** Candidates from each side of a connection. */
const CANDIDATES = 4;
/** How many arrive between two looks at the CPU time. */
const GROUP = 100;

/** What a join storm came to. */
export interface JoinStorm {
  /** Microseconds of CPU for all of it. */
  readonly cpu: number;
  /** Microseconds of CPU for one of the first hundred, and of the last. */
  readonly firstJoin: number;
  readonly lastJoin: number;
  readonly pairs: number;
  /** Pairs whose offer was answered and whose candidates all arrived, both ways. */
  readonly negotiated: number;
  readonly errors: number;
}

/** `peers` arrive in rooms of five, then everybody connects with everybody in the room at once. */
export async function joinStorm(target: Target, peers: number): Promise<JoinStorm> {
  // Whoever comes first would otherwise pay for the compilation of the code.
  await leaveAll(await joinMany(target.url, peers, Math.min(peers, 4 * GROUP)));
  const costs: number[] = [];
  const seated: Peer[] = [];
  let cpu = 0;
  for (let first = 0; first < peers; first += GROUP) {
    const count = Math.min(GROUP, peers - first);
    // Collected before, so that no group pays for the garbage of another.
    const { cpu: before } = await target.usage(true);
    seated.push(...(await joinMany(target.url, first, count)));
    const { cpu: after } = await target.usage();
    costs.push((after - before) / count);
    cpu += after - before;
  }
  const { cpu: before } = await target.usage(true);
  const { pairs, negotiated } = await negotiate(seated);
  const { cpu: after } = await target.usage();
  cpu += after - before;
  const errors = seated.reduce((sum, peer) => sum + peer.errors, 0);
  await leaveAll(seated);
  return {
    cpu,
    firstJoin: costs[0] ?? Number.NaN,
    lastJoin: costs.at(-1) ?? Number.NaN,
    pairs,
    negotiated,
    errors,
  };
}

/** Every peer offers to those it found in its room. */
async function negotiate(
  peers: readonly Peer[],
): Promise<{ readonly pairs: number; readonly negotiated: number }> {
  const pairs = peers.reduce((sum, peer) => sum + peer.others.length, 0);
  /** What a pair still lacks: its answer and the candidates of both sides. */
  const missing = new Map<string, number>();
  let negotiated = 0;
  let finish: () => void;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const progress = (a: string, b: string): void => {
    const pair = a < b ? `${a} ${b}` : `${b} ${a}`;
    const left = (missing.get(pair) ?? 1 + 2 * CANDIDATES) - 1;
    missing.set(pair, left);
    if (left === 0 && ++negotiated === pairs) finish();
  };
  const trickle = (peer: Peer, to: string): void => {
    for (let n = 0; n < CANDIDATES; n++) peer.send(candidateText(peer.id, to));
  };
  for (const peer of peers) {
    peer.onCandidate = (from) => progress(from, peer.id);
    peer.onOffer = (from) => trickle(peer, from);
  }
  for (const peer of peers) {
    for (const to of peer.others) {
      void peer.offer(to).then((answered) => answered && progress(peer.id, to));
      trickle(peer, to);
    }
  }
  if (pairs > 0) await inTime(done);
  return { pairs, negotiated };
}
