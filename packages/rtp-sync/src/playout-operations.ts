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
  readonly #recover: Mutable<PlayoutDecision & { op: 'recover' }>;
  readonly #conceal: Mutable<PlayoutDecision & { op: 'conceal' }> = { op: 'conceal', ticks: 0 };
  readonly #noise: Mutable<PlayoutDecision & { op: 'comfort-noise' }> = {
    op: 'comfort-noise',
    ticks: 0,
  };
  readonly #silence: Mutable<PlayoutDecision & { op: 'silence' }> = { op: 'silence', ticks: 0 };
  #run = 0;

  constructor(clockRate: number) {
    this.#maxConcealment = (MAX_CONCEALMENT * clockRate) / 1e6;
    const packet = undefined as unknown as BufferedPacket;
    this.#decode = { op: 'decode', packet };
    this.#recover = { op: 'recover', packet, ticks: 0 };
  }

  /** Ticks made up since the last packet. */
  get run(): number {
    return this.#run;
  }

  /** Plays a packet that waited so long, in µs, with such a target delay, which the policy alone would have so low. */
  decode(packet: BufferedPacket, waited: number, target: number, minimum: number): PlayoutDecision {
    const { counters } = this;
    counters.jitterBufferDelay += (Math.max(0, waited) / 1e6) * packet.duration;
    counters.jitterBufferTargetDelay += (target / 1e6) * packet.duration;
    counters.jitterBufferMinimumDelay += (minimum / 1e6) * packet.duration;
    counters.jitterBufferEmittedCount += packet.duration;
    this.#run = 0;
    this.#decode.packet = packet;
    return this.#decode;
  }

  /** Plays what `packet` says of the `ticks` before it. */
  recover(packet: BufferedPacket, ticks: number): PlayoutDecision {
    this.counters.recoveredSamples += ticks;
    this.#run = 0;
    this.#recover.packet = packet;
    this.#recover.ticks = ticks;
    return this.#recover;
  }

  /** Fills a pause of the sender. */
  comfortNoise(ticks: number): PlayoutDecision {
    this.#run += ticks;
    this.counters.comfortNoiseSamples += ticks;
    this.#noise.ticks = ticks;
    return this.#noise;
  }

  /** Says that `ticks` thought recovered were concealed. */
  recoveryFailed(ticks: number): void {
    this.counters.recoveredSamples -= ticks;
    this.counters.concealedSamples += ticks;
    this.counters.concealmentEvents++;
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

  /** Plays silence, where there is no stream or one that brought nothing for long. */
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
