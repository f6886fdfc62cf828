import { ArrivalModel } from './arrival-model.js';
import type { DelayPolicy } from './delay-policy.js';
import { ReceptionStatistics } from './reception-statistics.js';
import type { Micros } from './time.js';
import { Unwrapper } from './wrap.js';

/** A media clock that moves so far against ours is another one. */
const CLOCK_JUMP = 10_000_000;
/** Sequence numbers remembered as taken, at their value modulo this. */
const REMEMBERED = 1024;

/** Where one RTP stream is: validates its packets, continues their counters and measures how late they are. */
export class RtpStream {
  readonly #clockRate: number;
  readonly #probation: number;
  readonly #microsPerTick: number;
  readonly #sequences = new Unwrapper(16);
  readonly #timestamps = new Unwrapper(32);
  readonly #taken = new Float64Array(REMEMBERED).fill(Number.NaN);
  readonly #restored = new Float64Array(REMEMBERED).fill(Number.NaN);
  #reception: ReceptionStatistics;
  #arrivals = new ArrivalModel();
  /** Origin of media time, so that it stays a small number. */
  #origin: number | undefined;
  #highestSequence = Number.NEGATIVE_INFINITY;
  #sequence = 0;
  #start = 0;
  #lastArrival = 0;

  constructor(clockRate: number, probation: number) {
    this.#clockRate = clockRate;
    this.#probation = probation;
    this.#microsPerTick = 1e6 / clockRate;
    this.#reception = new ReceptionStatistics(clockRate, { probation });
  }

  get reception(): ReceptionStatistics {
    return this.#reception;
  }

  /** Unwrapped sequence number of the newest arrival. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Unwrapped RTP timestamp of the newest arrival. */
  get start(): number {
    return this.#start;
  }

  /** Whether a packet has come. */
  get begun(): boolean {
    return this.#origin !== undefined;
  }

  /** Unwrapped sequence number of the last packet of the stream that came. */
  get highestSequence(): number {
    return this.#highestSequence;
  }

  /** The unwrapped value of a sequence number near those that came. */
  positionOf(sequence: number): number {
    return this.#sequences.peek(sequence);
  }

  /** The unwrapped value of a timestamp near those that came. */
  startOf(timestamp: number): number {
    return this.#timestamps.peek(timestamp);
  }

  /** Takes the numbers of an arriving packet; on `restart` they belong to a stream that begins with it. */
  receive(sequence: number, timestamp: number, now: Micros): 'valid' | 'restart' | 'invalid' {
    const verdict = this.#reception.update(sequence, timestamp, now);
    if (verdict === 'invalid' || verdict === 'probation') return 'invalid';
    const restarted = verdict === 'restart' || this.#jumped(timestamp, now);
    if (restarted) this.#beginAnew();
    this.#sequence = this.#sequences.unwrap(sequence);
    this.#start = this.#timestamps.unwrap(timestamp);
    this.#origin ??= this.#start;
    this.#lastArrival = now;
    return restarted ? 'restart' : 'valid';
  }

  /**
   * Measures how late the newest arrival is, and tells `policy` if there is one to be told.
   * @param redundancy - Ticks before the packet that can be recovered from it.
   */
  measure(
    duration: number,
    redundancy: number,
    now: Micros,
    policy: DelayPolicy | undefined,
  ): void {
    const known = this.#arrivals.pathChanges;
    const delay = this.#arrivals.update(now, this.#mediaTime(this.#start));
    const reordered = this.#sequence < this.#highestSequence;
    const afterGap = this.#sequence > this.#highestSequence + 1 && this.#highestSequence >= 0;
    if (!reordered) this.#highestSequence = this.#sequence;
    if (this.#arrivals.pathChanges !== known) policy?.pathChanged?.();
    policy?.observe(delay, now, this.#micros(duration), reordered);
    // What is missing before it and can be recovered has come with it: later by as much as it lasts, and overtaken.
    if (afterGap && redundancy > 0)
      policy?.observe(
        (delay + this.#micros(redundancy)) as Micros,
        now,
        this.#micros(redundancy),
        true,
      );
  }

  /** Tells `policy` when a lost packet could be had that came with a later one, which overtook it. */
  measureRestored(
    start: number,
    duration: number,
    now: Micros,
    policy: DelayPolicy | undefined,
  ): void {
    const delay = Math.max(0, Math.round(this.delayOf(start, now)));
    policy?.observe(delay as Micros, now, this.#micros(duration), true);
  }

  /** Whether the packet was lost and came again by other means, and has not come by itself. */
  wasRestored(sequence: number): boolean {
    return this.#restored[slotOf(sequence)] === sequence;
  }

  /** Remembers that a lost packet came again. */
  restored(sequence: number): void {
    this.#restored[slotOf(sequence)] = sequence;
  }

  /** The packet came by itself after all: another one of it is a copy. */
  forgetRestored(sequence: number): void {
    if (this.wasRestored(sequence)) this.#restored[slotOf(sequence)] = Number.NaN;
  }

  /** Whether the packet was taken out to be played. */
  wasTaken(sequence: number): boolean {
    return this.#taken[slotOf(sequence)] === sequence;
  }

  /** Remembers that a packet was taken out, so that a copy of it is known for one. */
  take(sequence: number): void {
    this.#taken[slotOf(sequence)] = sequence;
  }

  /** How long after its earliest possible instant the sample at an unwrapped timestamp is played at `now`. */
  delayOf(timestamp: number, now: Micros): number {
    return now - this.#arrivals.baseline - this.#mediaTime(timestamp);
  }

  /** Forgets everything: the next packet belongs to another stream. */
  restart(): void {
    this.#reception = new ReceptionStatistics(this.#clockRate, { probation: this.#probation });
    this.#beginAnew();
  }

  #beginAnew(): void {
    this.#arrivals = new ArrivalModel();
    this.#taken.fill(Number.NaN);
    this.#restored.fill(Number.NaN);
    this.#sequences.reset();
    this.#timestamps.reset();
    this.#origin = undefined;
    this.#highestSequence = Number.NEGATIVE_INFINITY;
  }

  #mediaTime(timestamp: number): Micros {
    return Math.round(this.#micros(timestamp - this.#origin!)) as Micros;
  }

  #micros(ticks: number): Micros {
    return (ticks * this.#microsPerTick) as Micros;
  }

  /** Whether the media clock jumped against ours by more than any network delay explains. */
  #jumped(timestamp: number, now: Micros): boolean {
    if (this.#origin === undefined) return false;
    const media = (this.#timestamps.peek(timestamp) - this.#start) * this.#microsPerTick;
    return Math.abs(media - (now - this.#lastArrival)) > CLOCK_JUMP;
  }
}

/** What came before the first packet has a number below 0. */
const slotOf = (sequence: number): number => ((sequence % REMEMBERED) + REMEMBERED) % REMEMBERED;
