import { AdaptiveDelayPolicy } from './delay-policy-adaptive.js';
import type { DelayPolicy } from './delay-policy.js';
import { type BufferedPacket, PLAIN, PacketBuffer, type PacketTraits } from './packet-buffer.js';
import type { InsertResult, PlayoutDecision, StretchDecision } from './playout-decision.js';
import { PlayoutOperations } from './playout-operations.js';
import type { PlayoutStatistics } from './playout-statistics.js';
import { RtpStream } from './rtp-stream.js';
import { SpeedControl } from './speed-control.js';
import { type Micros, micros } from './time.js';

/** How a {@link JitterBuffer} is set up. */
export interface JitterBufferOptions {
  /** RTP clock rate in Hz; 48000 for Opus. */
  readonly clockRate: number;
  /** Delay policy; default {@link AdaptiveDelayPolicy}. Owned by the buffer from then on. */
  readonly policy?: DelayPolicy;
  /** Most packets held, default 256 (5 s of 20 ms packets). The oldest are dropped and counted beyond. */
  readonly capacity?: number;
  /**
   * Packets that must come in sequence before a stream is believed (RFC 3550 A.1 takes 2); default 0, as what came
   * through SRTP is authenticated.
   */
  readonly probation?: number;
}

/** A stream silent for so long begins anew, with the full target delay. */
const RESTART_AFTER = 2_000_000;
/** Packets that were lost are restored when no more than so many were sent after them. */
const MAX_RESTORED = 256;
/** Delay above the target from which packets are skipped instead of played faster. */
const MAX_EXCESS = 200_000;
/** Before a stream begins its arrivals are observed for so long, so that it begins with the right delay. */
const OBSERVATION_TIME = 80_000;

/**
 * Audio jitter buffer: takes RTP packets as they come and says, each time samples are needed, what to do.
 *
 * It holds no timer and decodes nothing. The owner pulls on its media clock: while fewer samples are decoded
 * than the tick needs it calls {@link next} and carries out the decision. A missing packet is concealed when
 * its samples are due. Should it come meanwhile it is played, and the delay grows by what was concealed; with
 * later packets at hand it is lost once its time is over, and the delay stays as it was. What the packet after it
 * carries of it (in-band FEC) is played in its place.
 */
export class JitterBuffer {
  readonly #microsPerTick: number;
  readonly #policy: DelayPolicy;
  readonly #packets: PacketBuffer;
  readonly #stream: RtpStream;
  readonly #operations: PlayoutOperations;
  readonly #speed = new SpeedControl();
  readonly #chunk: number;

  #playing = false;
  /** When a new stream may begin. */
  #beginsAt: number | undefined;
  /** Whether the stream was played at all; one that only paused is not observed again. */
  #begun = false;
  /** RTP timestamp (unwrapped) of the next sample to be decoded. */
  #position = 0;
  #lastSequence = 0;
  /** Ticks concealed at {@link #position}: should samples prove lost, these stand for them already. */
  #credit = 0;
  /** The sender may be silent because there is nothing to hear. */
  #discontinuous = false;
  /** See {@link delayAtLeast}. */
  #floor = 0;

  /** @throws RangeError for a clock rate or capacity that is not a positive integer, or a probation that is negative. */
  constructor(options: JitterBufferOptions) {
    const { clockRate, capacity = 256, probation = 0 } = options;
    for (const [name, value] of Object.entries({ clockRate, capacity }))
      if (!Number.isInteger(value) || value <= 0)
        throw new RangeError(`${name} must be a positive integer, got ${value}`);
    if (!Number.isInteger(probation) || probation < 0)
      throw new RangeError(`probation must be an integer of 0 or more, got ${probation}`);
    this.#microsPerTick = 1e6 / clockRate;
    this.#policy = options.policy ?? new AdaptiveDelayPolicy();
    this.#packets = new PacketBuffer(capacity);
    this.#stream = new RtpStream(clockRate, probation);
    this.#operations = new PlayoutOperations(clockRate);
    this.#chunk = clockRate / 100;
  }

  /** Delay aimed for, above the fastest recent packet. */
  get targetDelay(): Micros {
    return micros(Math.max(this.#policy.target, this.#floor));
  }

  /** Delay the policy asks for by itself, whatever {@link delayAtLeast} adds. */
  get minimumDelay(): Micros {
    return this.#policy.target;
  }

  /** Asks for a longer delay than the policy's, above the fastest recent packet: to play in step with others. */
  delayAtLeast(delay: Micros): void {
    this.#floor = delay;
  }

  /** Delay above the fastest recent packet of the sample `pending` ticks before the next, were it played at `now`. */
  delayAt(now: Micros, pending: number): Micros {
    return micros(Math.round(this.#stream.delayOf(this.#head - pending, now)));
  }

  /** Whether samples of the stream are being played (false before the first packet is due, and after a long pause). */
  get playing(): boolean {
    return this.#playing;
  }

  /**
   * RTP timestamp (mod 2³²) of the sample `pending` ticks before the next one to be decoded. It stands still while
   * something is concealed, and never goes back within a stream. Meaningless while {@link empty}.
   */
  timestampAt(pending: number): number {
    return (this.#head - pending) >>> 0;
  }

  /** Whether nothing is played and nothing waits to be. */
  get empty(): boolean {
    return !this.#playing && this.#packets.size === 0;
  }

  /**
   * Takes one packet in order of arrival; the payload is copied.
   * @param sequence - RTP sequence number, 0…65535.
   * @param timestamp - RTP timestamp, 0…2³²−1.
   * @param duration - Samples per channel in the packet, in ticks of the clock rate.
   * @param now - Arrival time.
   * @param traits - What is known of the payload; kept by reference.
   * @param copies - Packets before it of which it carries copies, to be given to {@link restore}.
   */
  insert(
    sequence: number,
    timestamp: number,
    duration: number,
    payload: Uint8Array,
    now: Micros,
    traits: PacketTraits = PLAIN,
    copies = 0,
  ): InsertResult {
    if (!(duration > 0)) return 'invalid';
    const stream = this.#stream;
    const { counters } = this.#operations;
    const verdict = stream.receive(sequence, timestamp, now);
    if (verdict === 'invalid') return 'invalid';
    if (verdict === 'restart') this.#beginAnew();
    const restored = stream.wasRestored(stream.sequence);
    if (this.#packets.has(stream.sequence) || stream.wasTaken(stream.sequence)) {
      if (!restored) counters.packetsDuplicated++;
      stream.forgetRestored(stream.sequence);
      return 'duplicate';
    }
    if (traits.redundancy > 0 || copies > 0) counters.fecPacketsReceived++;
    // What a copy says of the delay, FEC need not say again.
    const redundancy = copies > 0 ? 0 : traits.redundancy;
    stream.measure(duration, redundancy, now, restored ? undefined : this.#observer);
    if (this.#playing && stream.start < this.#position) {
      counters.packetsDiscarded++;
      stream.take(stream.sequence);
      return 'late';
    }
    counters.packetsDiscarded += this.#packets.insert(
      stream.sequence,
      stream.start,
      duration,
      now,
      payload,
      traits,
    );
    return 'accepted';
  }

  /**
   * Takes a packet that was lost and came again, after the packet that it came with or before which it belongs: the
   * network is not judged by it. It is played if it is in time and was not here before; the payload is copied.
   *
   * A copy in a later packet (`redundancy`) tells the policy how late a loss can be had without asking; what was asked
   * for (`retransmission`) tells it nothing, as the round trip is not the path's delay.
   * @param sequence - RTP sequence number, 0…65535; the other arguments are as of {@link insert}.
   */
  restore(
    by: 'redundancy' | 'retransmission',
    sequence: number,
    timestamp: number,
    duration: number,
    payload: Uint8Array,
    now: Micros,
    traits: PacketTraits = PLAIN,
  ): InsertResult {
    const stream = this.#stream;
    if (!(duration > 0) || !stream.begun) return 'invalid';
    const position = stream.positionOf(sequence);
    if (position > stream.highestSequence || position < stream.highestSequence - MAX_RESTORED)
      return 'invalid';
    if (
      this.#packets.has(position) ||
      stream.wasTaken(position) ||
      (stream.wasRestored(position) && by === 'redundancy')
    )
      return 'duplicate';
    const start = stream.startOf(timestamp);
    if (!this.#packets.fits(position, start, duration)) return 'invalid';
    const { counters } = this.#operations;
    stream.restored(position);
    if (by === 'redundancy') stream.measureRestored(start, duration, now, this.#observer);
    // What was concealed as a whole is over: played after all, it would delay what comes after it.
    const over = start < this.#position || start + duration <= this.#position + this.#credit;
    if (this.#playing && over) return 'late';
    if (by === 'redundancy') counters.redundantPacketsPlayed++;
    else counters.retransmittedPacketsPlayed++;
    counters.packetsDiscarded += this.#packets.insert(
      position,
      start,
      duration,
      now,
      payload,
      traits,
    );
    return 'accepted';
  }

  /**
   * Decides how to get the next samples.
   * @param now - The instant at which the samples are played, on the clock of `insert`.
   * @param pending - Decoded ticks that are still to be played before those asked for.
   */
  next(now: Micros, pending: number): PlayoutDecision {
    if (!this.#playing) {
      if (this.#packets.size === 0 || !this.#due(now, pending))
        return this.#operations.silence(this.#chunk);
      this.#playing = true;
      this.#operations.begin();
      this.#continueAt(this.#packets.first()!);
    }
    this.#skipExcess(now, pending);
    const packet = this.#packets.first();
    if (packet === undefined) return this.#underrun();
    const gap = packet.timestamp - this.#position;
    if (gap <= 0) return this.#emit(now, pending);
    if (packet.sequence === this.#lastSequence + 1) return this.#pause(now, pending, packet, gap);
    const missing = gap - this.#credit;
    if (missing <= 0) return this.#emit(now, pending);
    const { redundancy } = packet.traits;
    const recoverable = redundancy <= gap ? redundancy : 0;
    if (missing <= recoverable) return this.#recover(packet, recoverable);
    // The packets between are due and a later one is here. Until their time is over they are still played.
    const ticks = Math.min(this.#chunk, missing - recoverable);
    this.#credit += ticks;
    return this.#fill(ticks);
  }

  /** Says whether the `pending` decoded ticks should be played faster or slower. */
  stretch(now: Micros, pending: number): StretchDecision {
    if (!this.#playing || this.#operations.run > 0) return 'none';
    const delay = this.#stream.delayOf(this.#position - pending, now);
    return this.#speed.decide(delay, this.targetDelay, this.#policy.ceiling);
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
    this.#operations.stretched(ticks);
  }

  /** Counts `ticks` of a decision to recover as concealed: the decoder could do no more with what it was given. */
  recoveryFailed(ticks: number): void {
    this.#operations.recoveryFailed(ticks);
  }

  /** Forgets the stream, but not what was counted: the next packet belongs to another one. */
  restart(): void {
    this.#stream.restart();
    this.#beginAnew();
  }

  /** A copy of the counters. */
  statistics(): PlayoutStatistics {
    return this.#operations.counters.snapshot(this.#stream.reception);
  }

  #emit(now: Micros, pending: number): PlayoutDecision {
    const packet = this.#packets.shift()!;
    this.#position = packet.timestamp + packet.duration;
    this.#lastSequence = packet.sequence;
    this.#stream.take(packet.sequence);
    this.#credit = 0;
    this.#discontinuous = packet.traits.discontinuous;
    const waited = now + pending * this.#microsPerTick - packet.arrival;
    return this.#operations.decode(packet, waited, this.targetDelay, this.#policy.target);
  }

  /** Plays what is known of the samples before the first packet, all of it: the delay grows by what of it was concealed. */
  #recover(packet: BufferedPacket, ticks: number): PlayoutDecision {
    this.#continueAt(packet);
    return this.#operations.recover(packet, ticks);
  }

  /** Makes up samples that are not there. */
  #fill(ticks: number): PlayoutDecision {
    return this.#discontinuous
      ? this.#operations.comfortNoise(ticks)
      : this.#operations.conceal(ticks);
  }

  /** Nothing to play: the packet is late or the sender stopped. Time stands still in the stream. */
  #underrun(): PlayoutDecision {
    this.#credit += this.#chunk;
    if ((this.#operations.run + this.#chunk) * this.#microsPerTick < RESTART_AFTER)
      return this.#fill(this.#chunk);
    this.#playing = false;
    return this.#operations.silence(this.#chunk);
  }

  /** The sequence goes on but the timestamps jump: the sender paused. The packet waits for its own time. */
  #pause(now: Micros, pending: number, packet: BufferedPacket, gap: number): PlayoutDecision {
    if (this.#stream.delayOf(packet.timestamp - pending, now) >= this.targetDelay)
      return this.#emit(now, pending);
    const ticks = Math.min(this.#chunk, gap);
    this.#position += ticks;
    return this.#operations.comfortNoise(ticks);
  }

  /** Whether playout begins now, with the first packet. A new stream is observed before, and joined where it is then. */
  #due(now: Micros, pending: number): boolean {
    this.#beginsAt ??= now + OBSERVATION_TIME;
    if (now < this.#beginsAt) return false;
    if (!this.#begun) this.#skipLate(now, pending);
    const { timestamp } = this.#packets.first()!;
    this.#begun = this.#stream.delayOf(timestamp - pending, now) >= this.targetDelay;
    return this.#begun;
  }

  /** After a stall the listener is brought back at once instead of staying behind. */
  #skipExcess(now: Micros, pending: number): void {
    const first = this.#packets.first();
    if (first === undefined) return;
    const excess = this.#stream.delayOf(first.timestamp - pending, now) - this.targetDelay;
    if (excess <= MAX_EXCESS) return;
    this.#skipLate(now, pending);
    this.#continueAt(this.#packets.first()!);
  }

  /** Drops packets that would be played a tick or more after the target delay, but for the last. */
  #skipLate(now: Micros, pending: number): void {
    const tick = this.#chunk * this.#microsPerTick;
    const latest = this.targetDelay + tick;
    while (this.#packets.size > 1) {
      const { timestamp } = this.#packets.first()!;
      if (this.#stream.delayOf(timestamp - pending, now) < latest) return;
      // It was here: a copy of it says nothing of losses.
      this.#stream.take(this.#packets.shift()!.sequence);
      this.#operations.counters.packetsDiscarded++;
    }
  }

  /** While a stream has not begun, connecting disturbs its packets more than the network does. */
  get #observer(): DelayPolicy | undefined {
    return this.#playing ? this.#policy : undefined;
  }

  /** Where the next sample to be decoded is, also while nothing is played yet. */
  get #head(): number {
    return this.#playing ? this.#position : (this.#packets.first()?.timestamp ?? this.#position);
  }

  #continueAt(packet: BufferedPacket): void {
    this.#position = packet.timestamp;
    this.#lastSequence = packet.sequence - 1;
    this.#credit = 0;
  }

  /** The buffer is empty and waits for a stream to begin. */
  #beginAnew(): void {
    this.#packets.clear();
    this.#playing = false;
    this.#beginsAt = undefined;
    this.#begun = false;
  }
}
