import type { StreamPacket } from '../stream/stream.js';
import { pairs, pauses, packetDuration } from '../stream/steps.js';
import type { Listener, PacketResult, Tick } from './replay.js';
import type { Stall } from './reception.js';

/** Missing sound of this length is heard as an interruption. */
const INTERRUPTION = 150_000;
/** The delay is back when it is this close to the target… */
const NEAR = 20_000;
/** …for so many readings, of 10 ms each. */
const STEADY = 50;
const MICROS_PER_SAMPLE = 1e6 / 48_000;

/** What a listener went through, gathered as it is played. */
export class Listening implements Listener {
  readonly #pauses: readonly PauseHeard[];
  readonly #stall: Stall | undefined;
  readonly #results: Record<PacketResult, number> = {
    accepted: 0,
    late: 0,
    duplicate: 0,
    malformed: 0,
    ignored: 0,
  };
  /** In µs; one reading for each 10 ms that came out of packets. */
  readonly #delays: number[] = [];
  #skipped = 0;
  #interruptions = 0;
  #longest = 0;
  /** What was concealed since something was decoded, in samples, and since when. */
  #run = 0;
  #runStart = 0;
  #nextPause = 0;
  #near = 0;
  #nearSince = 0;
  #recovered: number | undefined;

  constructor(packets: readonly StreamPacket[], clockRate: number, stall: Stall | undefined) {
    this.#pauses = pausesHeard(packets, clockRate);
    this.#stall = stall;
  }

  packet(_: StreamPacket, result: PacketResult): void {
    this.#results[result]++;
  }

  tick({ at, delay, target, operations, skipped }: Tick): void {
    this.#skipped += skipped;
    if (operations.concealed > 0) {
      if (this.#run === 0) this.#runStart = at;
      this.#run += operations.concealed;
    }
    if (operations.decoded + operations.recovered + operations.comfortNoise > 0) this.#endRun(at);
    if (delay === undefined) return;
    this.#delays.push(delay);
    this.#watchRecovery(at, Math.abs(delay - target) <= NEAR);
  }

  /** Packets by what became of them. */
  get results(): Readonly<Record<PacketResult, number>> {
    return this.#results;
  }

  /** Packets, or parts of them, dropped: before the stream was joined, to catch up, or for lack of room. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Times without sound of 150 ms or more where something had been sent. */
  get interruptions(): number {
    return this.#interruptions;
  }

  /** The longest time without sound where something had been sent, in µs. */
  get longestInterruption(): number {
    return Math.round(this.#longest);
  }

  /** From the end of the worst stall until the delay is near its target, in µs; undefined when it never is. */
  get recovery(): number | undefined {
    return this.#recovered;
  }

  /** Mean delay and its 95 % quantile in µs; undefined when nothing was heard. */
  delays(): { readonly mean: number; readonly p95: number } | undefined {
    const sorted = Float64Array.from(this.#delays).sort();
    if (sorted.length === 0) return undefined;
    const mean = sorted.reduce((sum, delay) => sum + delay, 0) / sorted.length;
    return { mean, p95: sorted[Math.floor(0.95 * sorted.length)]! };
  }

  #endRun(at: number): void {
    if (this.#run === 0) return;
    let missing = this.#run * MICROS_PER_SAMPLE;
    this.#run = 0;
    for (; this.#nextPause < this.#pauses.length; this.#nextPause++) {
      const { end, length } = this.#pauses[this.#nextPause]!;
      if (end > at) break;
      if (end > this.#runStart) missing -= length;
    }
    this.#longest = Math.max(this.#longest, missing);
    if (missing >= INTERRUPTION) this.#interruptions++;
  }

  #watchRecovery(at: number, near: boolean): void {
    const stall = this.#stall;
    if (stall === undefined || at < stall.end || this.#recovered !== undefined) return;
    if (this.#near === 0) this.#nearSince = at;
    this.#near = near ? this.#near + 1 : 0;
    if (this.#near === STEADY) this.#recovered = this.#nearSince - stall.end;
  }
}

/** The end of a pause of the sender, when the packet after it came, and its length, in µs. */
interface PauseHeard {
  readonly end: number;
  readonly length: number;
}

function pausesHeard(packets: readonly StreamPacket[], clockRate: number): PauseHeard[] {
  const duration = packetDuration(pairs(packets));
  if (duration === undefined) return [];
  return pauses(packets, duration)
    .map(({ second, length }) => ({ end: second.arrival, length: (length * 1e6) / clockRate }))
    .toSorted((a, b) => a.end - b.end);
}
