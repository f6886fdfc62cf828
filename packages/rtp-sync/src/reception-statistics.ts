import { type Micros, ticksToMicros } from './time.js';
import { sequenceDelta, timestampDelta } from './wrap.js';

/** Largest forward jump of the sequence number that counts as loss (RFC 3550 A.1). */
const MAX_DROPOUT = 3000;
/** Largest backward jump that counts as reordering (RFC 3550 A.1). */
const MAX_MISORDER = 100;

/** What a sequence number means: part of the stream, the first of a restarted stream, or not believable yet. */
export type SequenceVerdict = 'valid' | 'restart' | 'invalid';

/**
 * Receiver-side statistics of one RTP stream after RFC 3550 appendix A: sequence validation (A.1), loss (A.3)
 * and interarrival jitter (A.8).
 *
 * There is no probation: the packets are taken to be authenticated (SRTP), so the first one counts.
 */
export class ReceptionStatistics {
  readonly #clockRate: number;
  #started = false;
  #baseSequence = 0;
  #maxSequence = 0;
  #cycles = 0;
  #badSequence = -1;
  #received = 0;
  #lastArrival = 0 as Micros;
  #lastTimestamp = 0;
  #jitter = 0;

  /** @param clockRate - RTP clock rate of the stream in Hz. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
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
