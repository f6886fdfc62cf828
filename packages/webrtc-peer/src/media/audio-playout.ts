import { ComfortNoise, type OpusDecoder, parseToc, Resampler, TimeStretch } from '@rm/codecs';
import {
  ClockDriftEstimator,
  type DelayPolicy,
  JitterBuffer,
  type Micros,
  type PlayoutDecision,
  type PlayoutStatistics,
} from '@rm/rtp-sync';
import type { RtpPacket } from '../rtp/packet.js';
import { CLOCK_RATE, TICK_SAMPLES } from './audio-format.js';
import { packetTraits } from './packet-traits.js';
import { playoutCorrection } from './playout-speed.js';
import { SampleFifo } from './sample-fifo.js';

/** More than a tick, the longest Opus packet (120 ms) and what one time-stretch adds. */
const FIFO_SAMPLES = 8192;
/** Playout speed changes at most once in so many ticks, so that each change is heard out. */
const STRETCH_PAUSE = 5;
/** Likeness of neighbouring periods of which one may be cut or repeated: unheard, as in most music, and any. */
const UNHEARD = 0.9;
const HARDLY_HEARD = 0.5;
const ANY = -1;
/** Beyond so far off its target, or after so many ticks without a place to mend it, the delay matters more. */
const FAR_OFF = 50_000;
const PATIENCE = 50;
/** Who pauses says so again every 0.4 s; one that is not heard for so long is lost. */
const PAUSE_HOLDS = 1_500_000;
/** A resampled block may be so much longer than a tick. */
const SPARE = 8;

/** What is known of one played stream. Durations are in seconds, samples per channel at 48 kHz. */
export interface AudioPlayoutStatistics extends PlayoutStatistics {
  /** Delay the jitter buffer aims for at present. */
  readonly targetDelay: number;
  /** How much faster the sender's clock runs than ours in ppm, and how far that can be wrong (±). */
  readonly clockDriftPpm: { readonly estimate: number; readonly bound: number };
  /** Packets whose payload was no Opus packet. */
  readonly packetsMalformed: number;
  /** Whether the sender has told that it is silent for a while, as one that is muted does; never that packets are missing. */
  readonly paused: boolean;
}

/** What a playout is made with. */
export interface AudioPlayoutOptions {
  /** Mono decoder at 48 kHz; closed with the playout. */
  readonly decoder: OpusDecoder;
  /** Owned by the playout from then on. */
  readonly policy: DelayPolicy;
}

/**
 * Plays one received Opus stream: packets in as they come, 10 ms of continuous sound out whenever asked.
 *
 * Between lie jitter buffer, decoding, recovery from in-band FEC, concealment, comfort noise, time-stretch and a
 * resampler that follows the sender's clock. It holds no timer: all times are arguments, on one clock.
 */
export class AudioPlayout {
  readonly #decoder: OpusDecoder;
  readonly #buffer: JitterBuffer;
  readonly #noise = new ComfortNoise({ sampleRate: CLOCK_RATE, channels: 1 });
  readonly #fifo = new SampleFifo(FIFO_SAMPLES);
  readonly #stretch = new TimeStretch({ sampleRate: CLOCK_RATE, channels: 1 });
  readonly #stretched = new Float32Array(FIFO_SAMPLES);
  readonly #scratch = new Float32Array(FIFO_SAMPLES);
  readonly #resampler = new Resampler({
    inputRate: CLOCK_RATE,
    outputRate: CLOCK_RATE,
    channels: 1,
  });
  readonly #block = new Float32Array(TICK_SAMPLES + SPARE);
  #drift = new ClockDriftEstimator(CLOCK_RATE);
  #ssrc: number | undefined;
  #malformed = 0;
  /** Delay asked for, above the fastest recent packet. */
  #held: Micros | undefined;
  /** Ticks until the speed may change again. */
  #pause = 0;
  /** Ticks for which the speed should change and there was no place for it. */
  #refused = 0;
  /** How many of the samples at the head of the FIFO were not decoded from a packet. */
  #synthetic = 0;
  #started = false;
  #genuine = false;
  #blockTimestamp = 0;
  /** When the sender last told of a pause that it is in. */
  #pauseTold: Micros | undefined;
  /** Packets of sound since then. */
  #sinceTold = 0;
  #instant = 0;
  /** Resampled samples that did not fit into the last block. */
  #left = 0;

  constructor({ decoder, policy }: AudioPlayoutOptions) {
    this.#decoder = decoder;
    this.#buffer = new JitterBuffer({ clockRate: CLOCK_RATE, policy });
    // With silence under the resampler's filter a tick takes no more than a tick of decoded sound.
    this.#resampler.process(new Float32Array(this.#resampler.latency), this.#block);
  }

  /** Whether something of the stream is there to be played; else times and delays mean nothing. */
  get present(): boolean {
    return !this.#buffer.empty;
  }

  /** Whether the last block came out of packets as a whole, with nothing made up. */
  get genuine(): boolean {
    return this.#genuine;
  }

  /** RTP timestamp of the first sample of the last block. */
  get blockTimestamp(): number {
    return this.#blockTimestamp;
  }

  /** RTP timestamp of the first sample of the next block, as things stand. */
  get timestamp(): number {
    return this.#buffer.timestampAt(this.#pending);
  }

  /** Delay above the fastest recent packet with which the next block is played at `instant`. */
  delayAt(instant: Micros): Micros {
    return this.#buffer.delayAt(instant, this.#pending);
  }

  /** Delay the stream needs by itself. */
  get ownDelay(): Micros {
    return this.#buffer.minimumDelay;
  }

  /**
   * Asks for a delay above the fastest recent packet, which is kept to a fraction of a millisecond; undefined for as
   * little as the stream needs, which is also the least it gets.
   */
  holdDelay(delay: Micros | undefined): void {
    this.#buffer.delayAtLeast((delay ?? 0) as Micros);
    this.#held = delay;
  }

  /** Delay aimed for at present, for whatever reason. */
  get targetDelay(): Micros {
    return this.#buffer.targetDelay;
  }

  /**
   * Takes a packet at its arrival, which carries copies of so many before it. Returns false for one that is no Opus
   * packet.
   */
  packet(packet: RtpPacket, now: Micros, copies = 0): boolean {
    const toc = parseToc(packet.payload);
    if (!toc.ok) {
      this.#malformed++;
      return false;
    }
    // Another stream takes the place of the one before: nothing of its time line holds.
    if (this.#ssrc !== undefined && packet.ssrc !== this.#ssrc) this.#restart();
    this.#ssrc = packet.ssrc;
    const { samples } = toc.value;
    const traits = packetTraits(packet.payload, toc.value);
    this.#notePause(traits.discontinuous, now);
    const taken = this.#buffer.insert(
      packet.sequenceNumber,
      packet.timestamp,
      samples,
      packet.payload,
      now,
      traits,
      copies,
    );
    if (taken === 'accepted' || taken === 'late') this.#drift.update(packet.timestamp, now);
    return true;
  }

  /** Takes a packet of the stream that was lost and came again; see `JitterBuffer.restore`. */
  restore(by: 'redundancy' | 'retransmission', packet: RtpPacket, now: Micros): void {
    const { ssrc, sequenceNumber, timestamp, payload } = packet;
    const toc = parseToc(payload);
    if (!toc.ok || ssrc !== this.#ssrc) return;
    const { samples } = toc.value;
    const traits = packetTraits(payload, toc.value);
    this.#buffer.restore(by, sequenceNumber, timestamp, samples, payload, now, traits);
  }

  /** The next 480 samples, to be played at `instant`; undefined until the stream begins. Reused by the next call. */
  pull(instant: Micros): Float32Array | undefined {
    this.#instant = instant;
    const block = this.#block;
    if (this.#left > 0) block.copyWithin(0, TICK_SAMPLES, TICK_SAMPLES + this.#left);
    this.#resampler.setCorrection(playoutCorrection(this.#drift, this.#delayError(instant)));
    const needed = this.#resampler.inputLength(TICK_SAMPLES - this.#left);
    while (this.#fifo.length < needed) {
      this.#fill(this.#buffer.next(instant, this.#pending));
      if (!this.#started) {
        this.#fifo.clear();
        this.#synthetic = 0;
        return undefined;
      }
    }
    this.#adjustSpeed(instant);
    this.#genuine = this.#synthetic === 0;
    this.#blockTimestamp = this.timestamp;
    const input = this.#fifo.shift(needed);
    this.#left += this.#resampler.process(input, block.subarray(this.#left)) - TICK_SAMPLES;
    this.#synthetic = Math.max(0, this.#synthetic - needed);
    return block.subarray(0, TICK_SAMPLES);
  }

  statistics(): AudioPlayoutStatistics {
    return {
      ...this.#buffer.statistics(),
      targetDelay: this.#buffer.targetDelay / 1e6,
      clockDriftPpm: { estimate: this.#drift.estimateDrift(), bound: this.#drift.bound },
      packetsMalformed: this.#malformed,
      paused: this.#pauseTold !== undefined && this.#instant - this.#pauseTold < PAUSE_HOLDS,
    };
  }

  /** Releases the decoder. Idempotent. */
  close(): void {
    this.#decoder.close();
  }

  /** Samples that are decoded and not yet played. */
  get #pending(): number {
    return this.#fifo.length + this.#resampler.latency + this.#left;
  }

  /** In a pause single packets of sound tell what the background is like; several are the end of it. */
  #notePause(told: boolean, now: Micros): void {
    this.#sinceTold = told ? 0 : this.#sinceTold + 1;
    if (told) this.#pauseTold = now;
    else if (this.#sinceTold > 1) this.#pauseTold = undefined;
  }

  #restart(): void {
    this.#buffer.restart();
    this.#drift = new ClockDriftEstimator(CLOCK_RATE);
  }

  /** How much longer the delay should be, in µs, as far as the resampler is to mend it. */
  #delayError(instant: Micros): number {
    const held = this.#held !== undefined && this.#held >= this.#buffer.minimumDelay;
    return held && this.#buffer.playing ? this.#held! - this.delayAt(instant) : 0;
  }

  /** Carries out a decision of the jitter buffer. */
  #fill(decision: PlayoutDecision): void {
    switch (decision.op) {
      case 'decode': {
        const { data, length, duration } = decision.packet;
        this.#decode(data.subarray(0, length), duration);
        break;
      }
      case 'recover': {
        const { data, length } = decision.packet;
        const samples = this.#decoder.decodeFec(data.subarray(0, length), decision.ticks);
        if (samples !== undefined) this.#append(samples);
        else {
          this.#buffer.recoveryFailed(decision.ticks);
          this.#conceal(decision.ticks);
        }
        break;
      }
      case 'conceal':
        this.#conceal(decision.ticks);
        break;
      case 'comfort-noise': {
        const noise = this.#scratch.subarray(0, decision.ticks);
        this.#noise.generate(noise);
        this.#makeUp(noise);
        break;
      }
      case 'silence':
        this.#makeUp(this.#scratch.subarray(0, decision.ticks).fill(0));
    }
  }

  #decode(payload: Uint8Array, duration: number): void {
    this.#started = true;
    const samples = this.#decoder.decode(payload);
    if (samples !== undefined) this.#append(samples);
    else {
      this.#malformed++;
      this.#conceal(duration);
    }
  }

  #append(samples: Float32Array): void {
    this.#noise.listen(samples);
    this.#fifo.push(samples);
  }

  #conceal(ticks: number): void {
    const samples = this.#decoder.decodeLost(ticks);
    // Noise may follow and is faded into, but it is not to sound like this.
    this.#noise.listen(samples, false);
    this.#makeUp(samples);
  }

  #makeUp(samples: Float32Array): void {
    this.#fifo.push(samples);
    this.#synthetic = this.#fifo.length;
  }

  /** Shortens or lengthens what is decoded by a pitch period, when the delay is off its target. */
  #adjustSpeed(instant: Micros): void {
    if (this.#pause > 0) {
      this.#pause--;
      return;
    }
    const wanted = this.#synthetic > 0 ? 'none' : this.#buffer.stretch(instant, this.#pending);
    if (wanted === 'none') {
      this.#refused = 0;
      return;
    }
    while (this.#fifo.length < this.#stretch.minBlock) {
      const packet = this.#buffer.takeAhead(instant, this.#pending);
      if (packet === undefined) return;
      this.#decode(packet.data.subarray(0, packet.length), packet.duration);
    }
    const before = this.#fifo.length;
    const likeness = this.#likeness(instant);
    const produced =
      wanted === 'accelerate'
        ? this.#stretch.accelerate(this.#fifo.peek(), this.#stretched, likeness)
        : this.#stretch.decelerate(this.#fifo.peek(), this.#stretched, likeness);
    if (produced === before) {
      this.#refused++;
      return;
    }
    this.#refused = 0;
    this.#fifo.replace(this.#stretched.subarray(0, produced));
    this.#buffer.stretched(produced - before);
    this.#pause = STRETCH_PAUSE;
  }

  /** How alike periods must be for one to be cut or repeated: the more urgent it is, the less. */
  #likeness(instant: Micros): number {
    const off = Math.abs(this.delayAt(instant) - this.#buffer.targetDelay);
    const urgency = Math.max(off / FAR_OFF, this.#refused / PATIENCE);
    if (urgency < 1) return UNHEARD;
    return urgency < 2 ? HARDLY_HEARD : ANY;
  }
}
