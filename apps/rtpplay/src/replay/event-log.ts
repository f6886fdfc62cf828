import type { StreamPacket } from '../stream/stream.js';
import { type Listener, OPERATIONS, type PacketResult, type Tick } from './replay.js';

/**
 * Writes what happens as NDJSON, a line a packet and a line a tick. Times are in µs since the first packet, samples
 * are those of 48 kHz, and what is 0 is left out. The lines are the same on every run and machine.
 */
export class EventLog implements Listener {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  packet({ arrival, sequence, timestamp }: StreamPacket, result: PacketResult): void {
    this.#line({ at: arrival, event: 'packet', sequence, timestamp, result });
  }

  tick({ at, samples, delay, target, operations, skipped }: Tick): void {
    if (samples === undefined) return;
    const done: Record<string, number> = {};
    for (const name of OPERATIONS) if (operations[name] !== 0) done[name] = operations[name];
    if (skipped > 0) done['skippedPackets'] = skipped;
    this.#line({ at, event: 'tick', ...(delay !== undefined && { delay }), target, ...done });
  }

  #line(event: Readonly<Record<string, string | number>>): void {
    this.#write(`${JSON.stringify(event)}\n`);
  }
}
