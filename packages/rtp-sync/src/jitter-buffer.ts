import { ArrivalModel } from './arrival-model.js';
import { AdaptiveDelayPolicy } from './delay-policy-adaptive.js';
import type { DelayPolicy } from './delay-policy.js';
import { type BufferedPacket, PacketBuffer } from './packet-buffer.js';
import type { InsertResult, PlayoutDecision, StretchDecision } from './playout-decision.js';
import { PlayoutCounters, type PlayoutStatistics } from './playout-statistics.js';
import { ReceptionStatistics } from './reception-statistics.js';
import type { Micros } from './time.js';
import { Unwrapper } from './wrap.js';

/** How a {@link JitterBuffer} is set up. */
export interface JitterBufferOptions {
  /** RTP clock rate in Hz; 48000 for Opus. */
  readonly clockRate: number;
  /** Delay policy; default {@link AdaptiveDelayPolicy}. Owned by the buffer from then on. */
  readonly policy?: DelayPolicy;
  /** Most packets held, default 256 (5 s of 20 ms packets). The oldest are dropped and counted beyond. */
  readonly capacity?: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Concealment is asked for at most this long in a row; then silence is. */
const MAX_CONCEALMENT = 200_000;
/** A stream silent for so long begins anew, with the full target delay. */
const RESTART_AFTER = 2_000_000;
/** Delay above the target from which packets are skipped instead of played faster. */
const MAX_EXCESS = 200_000;
/** A media clock that moves so far against ours is another one. */
const CLOCK_JUMP = 10_000_000;
/** The delay may be so far above or below the target before the playout speed changes… */
const SLACK_ABOVE = 11_000;
const SLACK_BELOW = 5_000;
/** …and once it is played faster, that goes on until so close to it. */
const SLACK_CAUGHT_UP = 8_000;
/** Before a stream begins its arrivals are observed for so long, so that it begins with the right delay. */
const OBSERVATION_TIME = 80_000;

/**
 * Audio jitter buffer: takes RTP packets as they come and says, each time samples are needed, what to do.
 *
 * It holds no timer and decodes nothing. The owner pulls on its media clock: while fewer samples are decoded
 * than the tick needs it calls {@link next} and carries out the decision. A missing packet is concealed when
 * its samples are due: with later packets at hand it is lost and time goes on; with none it may only be late,
 * so the concealment adds to the delay and the packet is still played when it comes.
 */
export class JitterBuffer {
  readonly #microsPerTick: number;
  readonly #policy: DelayPolicy;
  readonly #packets: PacketBuffer;
  readonly #clockRate: number;
  #reception: ReceptionStatistics;
  #arrivals = new ArrivalModel();
  readonly #sequences = new Unwrapper(16);
  readonly #timestamps = new Unwrapper(32);
  readonly #counters = new PlayoutCounters();
  readonly #chunk: number;
  readonly #decode: Mutable<PlayoutDecision & { op: 'decode' }>;
  readonly #conceal: Mutable<PlayoutDecision & { op: 'conceal' }>;
  readonly #silence: Mutable<PlayoutDecision & { op: 'silence' }>;

  #playing = false;
  /** Whether what is played is played faster, until the delay is at the target. */
  #catchingUp = false;
  /** When a new stream may begin. */
  #beginsAt: number | undefined;
  /** Whether the stream was played at all; one that only paused is not observed again. */
  #begun = false;
  /** RTP timestamp (unwrapped) of the next sample to be decoded. */
  #position = 0;
  /** Origin of media time, so that it stays a small number. */
  #origin: number | undefined;
  #lastSequence = 0;
  #highestSequence = Number.NEGATIVE_INFINITY;
  /** Ticks concealed while nothing was there: they already stand for samples that prove lost later. */
  #credit = 0;
  /** Ticks concealed since the last decoded packet. */
  #run = 0;
  /** Sequence numbers played of late, at their value modulo the length; tells a duplicate from a late packet. */
  readonly #played = new Float64Array(1024).fill(Number.NaN);
  #lastStart = 0;
  #lastArrival = 0;

  /** @throws RangeError for a clock rate or capacity that is not a positive integer. */
  constructor(options: JitterBufferOptions) {
    const { clockRate, policy = new AdaptiveDelayPolicy(), capacity = 256 } = options;
    for (const [name, value] of Object.entries({ clockRate, capacity }))
      if (!Number.isInteger(value) || value <= 0)
        throw new RangeError(`${name} must be a positive integer, got ${value}`);
    this.#clockRate = clockRate;
    this.#microsPerTick = 1e6 / clockRate;
    this.#policy = policy;
    this.#packets = new PacketBuffer(capacity);
    this.#reception = new ReceptionStatistics(clockRate);
    this.#chunk = clockRate / 100;
    this.#conceal = { op: 'conceal', ticks: this.#chunk };
    this.#silence = { op: 'silence', ticks: this.#chunk };
    this.#decode = { op: 'decode', packet: undefined as unknown as BufferedPacket };
  }

  /** Delay aimed for, above the fastest recent packet. */
  get targetDelay(): Micros {
    return this.#policy.target;
  }

  /** Whether samples of the stream are being played (false before the first packet is due, and after a long pause). */
  get playing(): boolean {
    return this.#playing;
  }

  /** RTP timestamp (mod 2³²) of the sample `pending` ticks before the next one to be decoded. */
  timestampAt(pending: number): number {
    return (this.#position - pending) >>> 0;
  }

  /**
   * Takes one packet in order of arrival; the payload is copied.
   * @param sequence - RTP sequence number, 0…65535.
   * @param timestamp - RTP timestamp, 0…2³²−1.
   * @param duration - Samples per channel in the packet, in ticks of the clock rate.
   * @param now - Arrival time.
   */
  insert(
    sequence: number,
    timestamp: number,
    duration: number,
    payload: Uint8Array,
    now: Micros,
  ): InsertResult {
    if (!(duration > 0)) return 'invalid';
    const verdict = this.#reception.update(sequence, timestamp, now);
    if (verdict === 'invalid') return 'invalid';
    if (verdict === 'restart' || this.#jumped(timestamp, now)) this.#restart();
    const extended = this.#sequences.unwrap(sequence);
    const start = this.#timestamps.unwrap(timestamp);
    this.#origin ??= start;
    this.#lastStart = start;
    this.#lastArrival = now;
    if (this.#packets.has(extended) || this.#played[extended & 1023] === extended) {
      this.#counters.packetsDuplicated++;
      return 'duplicate';
    }
    this.#observe(extended, start, duration, now);
    if (this.#playing && start < this.#position) {
      this.#counters.packetsDiscarded++;
      return 'late';
    }
    this.#counters.packetsDiscarded += this.#packets.insert(
      extended,
      start,
      duration,
      now,
      payload,
    );
    return 'accepted';
  }

  /**
   * Decides how to get the next samples.
   * @param now - The instant at which the samples are played, on the clock of `insert`.
   * @param pending - Decoded ticks that are still to be played before those asked for.
   */
  next(now: Micros, pending: number): PlayoutDecision {
    const first = this.#packets.first();
    if (!this.#playing) {
      if (first === undefined || !this.#due(now, pending)) return this.#silenceFor(this.#chunk);
      this.#playing = true;
      this.#run = 0;
      this.#continueAt(this.#packets.first()!);
    } else if (first !== undefined) this.#skipExcess(first, now, pending);
    const packet = this.#packets.first();
    if (packet === undefined) return this.#underrun();
    const gap = packet.timestamp - this.#position;
    if (gap <= 0) return this.#emit(now, pending);
    if (packet.sequence === this.#lastSequence + 1) return this.#pause(now, pending, packet, gap);
    const missing = gap - this.#credit;
    if (missing <= 0) return this.#emit(now, pending);
    // The packets between are due and a later one is here. Until their time is over they are still played.
    const ticks = Math.min(this.#chunk, missing);
    this.#credit += ticks;
    return this.#concealment(ticks);
  }

  /** Says whether the `pending` decoded ticks should be played faster or slower. */
  stretch(now: Micros, pending: number): StretchDecision {
    if (!this.#playing || this.#run > 0) return 'none';
    const delay = this.#delayOf(this.#position, now, pending);
    const { target, ceiling } = this.#policy;
    this.#catchingUp =
      delay > (ceiling ?? target + (this.#catchingUp ? SLACK_CAUGHT_UP : SLACK_ABOVE));
    if (this.#catchingUp) return 'accelerate';
    return delay < target - SLACK_BELOW ? 'decelerate' : 'none';
  }

  /**
   * Takes the next packet before it is due, when it continues the stream without a gap; a time-stretch needs
   * more samples at hand than a tick does.
   */
  takeAhead(now: Micros, pending: number): BufferedPacket | undefined {
    const packet = this.#packets.first();
    if (!this.#playing || packet?.timestamp !== this.#position) return undefined;
    this.#emit(now, pending);
    return packet;
  }

  /** Counts what a time-stretch did: ticks removed (negative) or inserted (positive). */
  stretched(ticks: number): void {
    if (ticks < 0) this.#counters.removedSamplesForAcceleration -= ticks;
    else this.#counters.insertedSamplesForDeceleration += ticks;
  }

  /** Forgets the stream, but not what was counted: the next packet belongs to another one. */
  restart(): void {
    this.#reception = new ReceptionStatistics(this.#clockRate);
    this.#restart();
  }

  /** A copy of the counters. */
  statistics(): PlayoutStatistics {
    return this.#counters.snapshot(this.#reception);
  }

  #emit(now: Micros, pending: number): PlayoutDecision {
    const packet = this.#packets.shift()!;
    this.#position = packet.timestamp + packet.duration;
    this.#lastSequence = packet.sequence;
    this.#played[packet.sequence & 1023] = packet.sequence;
    this.#credit = 0;
    this.#run = 0;
    const waited = now + pending * this.#microsPerTick - packet.arrival;
    const c = this.#counters;
    c.jitterBufferDelay += (Math.max(0, waited) / 1e6) * packet.duration;
    c.jitterBufferTargetDelay += (this.#policy.target / 1e6) * packet.duration;
    c.jitterBufferEmittedCount += packet.duration;
    this.#decode.packet = packet;
    return this.#decode;
  }

  /** Nothing to play: the packet is late or the sender stopped. Time stands still in the stream. */
  #underrun(): PlayoutDecision {
    this.#credit += this.#chunk;
    if ((this.#run + this.#chunk) * this.#microsPerTick >= RESTART_AFTER) {
      this.#playing = false;
      return this.#silenceFor(this.#chunk);
    }
    return this.#concealment(this.#chunk);
  }

  #concealment(ticks: number): PlayoutDecision {
    const c = this.#counters;
    if (this.#run === 0) c.concealmentEvents++;
    this.#run += ticks;
    c.concealedSamples += ticks;
    if (this.#run * this.#microsPerTick <= MAX_CONCEALMENT) {
      this.#conceal.ticks = ticks;
      return this.#conceal;
    }
    c.silentConcealedSamples += ticks;
    return this.#silenceFor(ticks);
  }

  #silenceFor(ticks: number): PlayoutDecision {
    this.#silence.ticks = ticks;
    return this.#silence;
  }

  /** The sequence goes on but the timestamps jump: the sender paused. The packet waits for its own time. */
  #pause(now: Micros, pending: number, packet: BufferedPacket, gap: number): PlayoutDecision {
    const early = this.#policy.target - this.#delayOf(packet.timestamp, now, pending);
    if (early <= 0) return this.#emit(now, pending);
    const ticks = Math.min(this.#chunk, gap);
    this.#position += ticks;
    return this.#silenceFor(ticks);
  }

  /** Whether playout begins now, with the first packet. A new stream is observed before, and joined where it is then. */
  #due(now: Micros, pending: number): boolean {
    if (this.#beginsAt === undefined) this.#beginsAt = now + OBSERVATION_TIME;
    if (now < this.#beginsAt) return false;
    const { target } = this.#policy;
    if (!this.#begun) this.#skipLate(now, pending);
    this.#begun = this.#delayOf(this.#packets.first()!.timestamp, now, pending) >= target;
    return this.#begun;
  }

  /** After a stall the listener is brought back at once instead of staying behind. */
  #skipExcess(first: BufferedPacket, now: Micros, pending: number): void {
    const { target } = this.#policy;
    if (this.#delayOf(first.timestamp, now, pending) <= target + MAX_EXCESS) return;
    this.#skipLate(now, pending);
    this.#continueAt(this.#packets.first()!);
  }

  /** Drops packets that would be played a tick or more after the target delay, but for the last. */
  #skipLate(now: Micros, pending: number): void {
    const delay = this.#policy.target + this.#chunk * this.#microsPerTick;
    while (
      this.#packets.size > 1 &&
      this.#delayOf(this.#packets.first()!.timestamp, now, pending) >= delay
    ) {
      this.#packets.shift();
      this.#counters.packetsDiscarded++;
    }
  }

  #continueAt(packet: BufferedPacket): void {
    this.#position = packet.timestamp;
    this.#lastSequence = packet.sequence - 1;
    this.#credit = 0;
  }

  #observe(sequence: number, start: number, duration: number, now: Micros): void {
    const known = this.#arrivals.pathChanges;
    const delay = this.#arrivals.update(now, this.#mediaTime(start));
    if (this.#arrivals.pathChanges !== known) this.#policy.pathChanged?.();
    const reordered = sequence < this.#highestSequence;
    if (!reordered) this.#highestSequence = sequence;
    // While a stream has not begun, connecting disturbs its packets more than the network does.
    if (this.#playing)
      this.#policy.observe(delay, now, (duration * this.#microsPerTick) as Micros, reordered);
  }

  /** How long after its earliest possible instant the sample `pending` ticks before `timestamp` is played at `now`. */
  #delayOf(timestamp: number, now: Micros, pending: number): number {
    return now - this.#arrivals.baseline - this.#mediaTime(timestamp - pending);
  }

  #mediaTime(timestamp: number): Micros {
    return Math.round((timestamp - this.#origin!) * this.#microsPerTick) as Micros;
  }

  /** Whether the media clock jumped against ours by more than any network delay explains. */
  #jumped(timestamp: number, now: Micros): boolean {
    if (this.#origin === undefined) return false;
    const media = (this.#timestamps.peek(timestamp) - this.#lastStart) * this.#microsPerTick;
    return Math.abs(media - (now - this.#lastArrival)) > CLOCK_JUMP;
  }

  #restart(): void {
    this.#packets.clear();
    this.#arrivals = new ArrivalModel();
    this.#played.fill(Number.NaN);
    this.#sequences.reset();
    this.#timestamps.reset();
    this.#origin = undefined;
    this.#playing = false;
    this.#beginsAt = undefined;
    this.#begun = false;
    this.#highestSequence = Number.NEGATIVE_INFINITY;
  }
}
