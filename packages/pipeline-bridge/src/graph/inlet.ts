import type { DataPool } from '../runtime-data/data-pool.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import { DataQueue } from './data-queue.js';
import type { QueueLimits } from './data-queue.js';
import type { EdgeStats } from './stats.js';

/** A connection at the end it leads to: its queue and its counters. */
export class Inlet {
  /** The node it comes from; undefined for what the session is sent. */
  readonly from: string | undefined;
  readonly queue: DataQueue;
  passed = 0;

  constructor(from: string | undefined, limits: QueueLimits, pool: DataPool) {
    this.from = from;
    this.queue = new DataQueue(limits, pool);
  }

  stats(to: string): EdgeStats {
    const { length, dropped } = this.queue;
    return { from: this.from, to, passed: this.passed, dropped, queued: length };
  }
}

/** Takes what has waited longest among several connections. */
export function shiftOldest(inlets: readonly Inlet[]): RuntimeData | undefined {
  let oldest: DataQueue | undefined;
  for (const { queue } of inlets)
    if (oldest === undefined || queue.next < oldest.next) oldest = queue;
  return oldest?.shift();
}
