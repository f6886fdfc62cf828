import type { BufferedPacket } from './packet-buffer.js';
import type { PlayoutDecision } from './playout-decision.js';
import { PlayoutCounters } from './playout-statistics.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Concealment is asked for at most this long in a row; then silence is. */
const MAX_CONCEALMENT = 200_000;

/** Makes the decisions of a jitter buffer and counts every sample by the operation that gives it. */
export class PlayoutOperations {
  readonly counters: PlayoutCounters = new PlayoutCounters();
  readonly #maxConcealment: number;
  readonly #decode: Mutable<PlayoutDecision & { op: 'decode' }>;
  readonly #conceal: Mutable<PlayoutDecision & { op: 'conceal' }> = { op: 'conceal', ticks: 0 };
  readonly #silence: Mutable<PlayoutDecision & { op: 'silence' }> = { op: 'silence', ticks: 0 };
  #run = 0;

  constructor(clockRate: number) {
    this.#maxConcealment = (MAX_CONCEALMENT * clockRate) / 1e6;
    this.#decode = { op: 'decode', packet: undefined as unknown as BufferedPacket };
  }

  /** Ticks concealed since the last packet. */
  get run(): number {
    return this.#run;
  }

  /** Plays a packet that waited so long and was meant to wait so long, in µs. */
  decode(packet: BufferedPacket, waited: number, target: number): PlayoutDecision {
    const { counters } = this;
    counters.jitterBufferDelay += (Math.max(0, waited) / 1e6) * packet.duration;
    counters.jitterBufferTargetDelay += (target / 1e6) * packet.duration;
    counters.jitterBufferEmittedCount += packet.duration;
    this.#run = 0;
    this.#decode.packet = packet;
    return this.#decode;
  }

  /** Stands in for missing samples, at length with silence. */
  conceal(ticks: number): PlayoutDecision {
    const { counters } = this;
    if (this.#run === 0) counters.concealmentEvents++;
    this.#run += ticks;
    counters.concealedSamples += ticks;
    if (this.#run <= this.#maxConcealment) {
      this.#conceal.ticks = ticks;
      return this.#conceal;
    }
    counters.silentConcealedSamples += ticks;
    return this.silence(ticks);
  }

  /** Plays silence where nothing is missing. */
  silence(ticks: number): PlayoutDecision {
    this.#silence.ticks = ticks;
    return this.#silence;
  }

  /** Counts ticks removed (negative) or inserted (positive) by a time-stretch. */
  stretched(ticks: number): void {
    if (ticks < 0) this.counters.removedSamplesForAcceleration -= ticks;
    else this.counters.insertedSamplesForDeceleration += ticks;
  }

  /** Says that the stream begins. */
  begin(): void {
    this.#run = 0;
  }
}
