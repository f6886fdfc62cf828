import { type Micros, ticksToMicros } from './time.js';
import { sequenceDelta, timestampDelta } from './wrap.js';

/** Largest forward jump of the sequence number that counts as loss (RFC 3550 A.1). */
const MAX_DROPOUT = 3000;
/** Largest backward jump that counts as reordering (RFC 3550 A.1). */
const MAX_MISORDER = 100;

/**
 * What a sequence number means: part of the stream, the first of a restarted stream, one of a stream that still has
 * to prove itself, or not believable.
 */
export type SequenceVerdict = 'valid' | 'restart' | 'probation' | 'invalid';

/** How a {@link ReceptionStatistics} is set up. */
export interface ReceptionOptions {
  /**
   * Packets that must come in sequence before a stream counts (`MIN_SEQUENTIAL` of RFC 3550 A.1, there 2); default
   * 0, as what came through SRTP is authenticated.
   */
  readonly probation?: number;
}

/**
 * Receiver-side statistics of one RTP stream after RFC 3550 appendix A: sequence validation (A.1), loss (A.3)
 * and interarrival jitter (A.8).
 */
export class ReceptionStatistics {
  readonly #clockRate: number;
  #started = false;
  readonly #fullProbation: number;
  /** Packets in sequence still missing before the stream counts. */
  #probation: number;
  #expected = -1;
  #baseSequence = 0;
  #maxSequence = 0;
  #cycles = 0;
  #badSequence = -1;
  #received = 0;
  #lastArrival = 0 as Micros;
  #lastTimestamp = 0;
  #jitter = 0;

  /** @param clockRate - RTP clock rate of the stream in Hz. */
  constructor(clockRate: number, options: ReceptionOptions = {}) {
    this.#clockRate = clockRate;
    this.#fullProbation = options.probation ?? 0;
    this.#probation = this.#fullProbation;
  }

  /** Packets that belong to the stream, duplicates included. */
  get packetsReceived(): number {
    return this.#received;
  }

  /** Packets expected from the first to the highest sequence number. */
  get packetsExpected(): number {
    return this.#started ? this.extendedHighestSequence - this.#baseSequence + 1 : 0;
  }

  /** Expected less received; negative when duplicates outnumber losses (RFC 3550 A.3). */
  get packetsLost(): number {
    return this.packetsExpected - this.#received;
  }

  /** Highest sequence number with the count of its cycles in the upper bits (RFC 3550 §6.4.1). */
  get extendedHighestSequence(): number {
    return this.#cycles * 65_536 + this.#maxSequence;
  }

  /** Interarrival jitter (RFC 3550 A.8). */
  get jitter(): Micros {
    return ticksToMicros(this.#jitter, this.#clockRate);
  }

  /** Takes one packet in order of arrival. On `restart` the counts begin anew with this packet. */
  update(sequence: number, timestamp: number, arrival: Micros): SequenceVerdict {
    if (!this.#started) {
      if (!this.#proven(sequence)) return 'probation';
      this.#begin(sequence, timestamp, arrival);
      return 'valid';
    }
    const delta = sequenceDelta(sequence, this.#maxSequence);
    if (delta > MAX_DROPOUT || delta < -MAX_MISORDER) {
      // Two packets in a row from the new place are a restarted sender; one is a stray (A.1).
      if (sequence !== this.#badSequence) {
        this.#badSequence = (sequence + 1) & 0xffff;
        return 'invalid';
      }
      this.#begin(sequence, timestamp, arrival);
      return 'restart';
    }
    if (delta > 0) {
      if (sequence < this.#maxSequence) this.#cycles++;
      this.#maxSequence = sequence;
    }
    this.#badSequence = -1;
    this.#received++;
    this.#measureJitter(timestamp, arrival);
    return 'valid';
  }

  /** Whether enough packets came in sequence before this one; a gap starts the count anew (A.1). */
  #proven(sequence: number): boolean {
    if (sequence !== this.#expected) this.#probation = this.#fullProbation;
    this.#expected = (sequence + 1) & 0xffff;
    return --this.#probation <= 0;
  }

  #begin(sequence: number, timestamp: number, arrival: Micros): void {
    this.#started = true;
    this.#baseSequence = sequence;
    this.#maxSequence = sequence;
    this.#cycles = 0;
    this.#badSequence = -1;
    this.#received = 1;
    this.#jitter = 0;
    this.#lastArrival = arrival;
    this.#lastTimestamp = timestamp;
  }

  #measureJitter(timestamp: number, arrival: Micros): void {
    const elapsed = ((arrival - this.#lastArrival) * this.#clockRate) / 1e6;
    const d = Math.abs(elapsed - timestampDelta(timestamp, this.#lastTimestamp));
    this.#jitter += (d - this.#jitter) / 16;
    this.#lastArrival = arrival;
    this.#lastTimestamp = timestamp;
  }
}
