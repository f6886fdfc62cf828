import type { StreamPacket } from './stream.js';

/** Two packets of which one was sent right after the other. */
export interface Pair {
  readonly first: StreamPacket;
  readonly second: StreamPacket;
  /** What the timestamp advances by, above 0, in ticks. */
  readonly step: number;
}

/** All packets that were sent right after each other, in the order in which they were sent. */
export function pairs(packets: readonly StreamPacket[]): Pair[] {
  const sent = packets.toSorted((a, b) => a.order - b.order);
  const found: Pair[] = [];
  for (const [i, second] of sent.entries()) {
    const first = sent[i - 1];
    if (first === undefined || second.order - first.order !== 1) continue;
    const step = second.media - first.media;
    if (step > 0) found.push({ first, second, step });
  }
  return found;
}

/** A time in which the sender sent nothing, between two packets that came. */
export interface Pause {
  readonly first: StreamPacket;
  readonly second: StreamPacket;
  /** How long it was, in ticks: what neither the packet nor those lost after it account for. */
  readonly length: number;
}

/** All pauses of a sender whose packets last `duration` ticks. */
export function pauses(packets: readonly StreamPacket[], duration: number): Pause[] {
  const sent = packets.toSorted((a, b) => a.order - b.order);
  const found: Pause[] = [];
  for (const [i, second] of sent.entries()) {
    const first = sent[i - 1];
    if (first === undefined) continue;
    const length = second.media - first.media - (second.order - first.order) * duration;
    if (second.order > first.order && length > 0) found.push({ first, second, length });
  }
  return found;
}

/** A step that fewer pairs show is a mistake, of the sender or on the way. */
const ENOUGH = 0.05;

/**
 * How long a packet plays, in ticks: what timestamps advance by from packet to packet at the least, as far as that is
 * no exception. Undefined without any pair.
 */
export function packetDuration(found: readonly Pair[]): number | undefined {
  const counts = new Map<number, number>();
  for (const { step } of found) counts.set(step, (counts.get(step) ?? 0) + 1);
  let shortest = Number.POSITIVE_INFINITY;
  for (const [step, count] of counts)
    if (count >= ENOUGH * found.length) shortest = Math.min(shortest, step);
  return Number.isFinite(shortest) ? shortest : mostFrequent(counts);
}

function mostFrequent(counts: ReadonlyMap<number, number>): number | undefined {
  return [...counts].toSorted(([a, n], [b, m]) => m - n || a - b)[0]?.[0];
}
