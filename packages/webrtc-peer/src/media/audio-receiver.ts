import {
  type AudioFrame,
  type CaptureTime,
  type OpusDecoder,
  parseToc,
  TimeStretch,
} from '@rm/codecs';
import {
  type ClockOffset,
  type DelayPolicy,
  JitterBuffer,
  type Micros,
  type PlayoutStatistics,
  RtpClock,
  micros,
} from '@rm/rtp-sync';
import { LatencyHistogram } from '../quality/latency-histogram.js';
import type { RtpPacket, SenderReport } from '../rtp/packet.js';
import { CLOCK_RATE, TICK_SAMPLES } from './audio-format.js';
import { SampleFifo } from './sample-fifo.js';

/** More than a tick, the longest Opus packet (120 ms) and what one time-stretch adds. */
const FIFO_SAMPLES = 8192;
/** Playout speed changes at most once in so many ticks, so that each change is heard out. */
const STRETCH_PAUSE = 5;

/** What is known of one received audio stream. */
export interface AudioReceiverStatistics extends PlayoutStatistics {
  /** Delay the jitter buffer aims for, in seconds. */
  readonly targetDelay: number;
  /** Packets whose payload was no Opus packet. */
  readonly packetsMalformed: number;
  /**
   * Capture to playout in ms, and how far the sender's clock can be off at present (±); absent while that clock
   * is unknown.
   */
  readonly mouthToEarMs?: { readonly p50: number; readonly p95: number; readonly bound: number };
}

/** What a receiver is made with. */
export interface AudioReceiverOptions {
  /** Mono decoder at 48 kHz; closed with the receiver. */
  readonly decoder: OpusDecoder;
  readonly policy: DelayPolicy;
  /** Wall clock at media time 0 of this node. */
  readonly unixOrigin: Micros;
  /** The sender's wall clock against ours, when known. */
  readonly clockOffset: () => ClockOffset | undefined;
}

/**
 * Receives one audio stream: jitter buffer, decoding, concealment and time-stretch. Every tick it gives the 10 ms
 * of that instant, with their capture time on the local timeline.
 */
export class AudioReceiver {
  readonly #decoder: OpusDecoder;
  readonly #unixOrigin: Micros;
  readonly #clockOffset: () => ClockOffset | undefined;
  readonly #rtpClock = new RtpClock(CLOCK_RATE);
  readonly #fifo = new SampleFifo(FIFO_SAMPLES);
  readonly #stretch = new TimeStretch({ sampleRate: CLOCK_RATE, channels: 1 });
  readonly #stretched = new Float32Array(FIFO_SAMPLES);
  readonly #samples = new Float32Array(TICK_SAMPLES);
  readonly #latency = new LatencyHistogram();
  readonly #buffer: JitterBuffer;
  #ssrc: number | undefined;
  #malformed = 0;
  /** Ticks until the speed may change again. */
  #pause = 0;
  /** How many of the samples at the head of the FIFO were not decoded from a packet. */
  #synthetic = 0;
  #started = false;
  #firstPlayed: Micros | undefined;
  #latencyBound: Micros | undefined;

  constructor(options: AudioReceiverOptions) {
    this.#decoder = options.decoder;
    this.#unixOrigin = options.unixOrigin;
    this.#clockOffset = options.clockOffset;
    this.#buffer = new JitterBuffer({ clockRate: CLOCK_RATE, policy: options.policy });
  }

  /** When the first decoded sample was played; undefined until then. */
  get firstPlayed(): Micros | undefined {
    return this.#firstPlayed;
  }

  /** Takes a packet at its arrival. */
  packet(packet: RtpPacket, now: Micros): void {
    const toc = parseToc(packet.payload);
    if (!toc.ok) {
      this.#malformed++;
      return;
    }
    // Another stream takes the place of the one before: nothing of its time line holds.
    if (this.#ssrc !== undefined && packet.ssrc !== this.#ssrc) this.#buffer.restart();
    this.#ssrc = packet.ssrc;
    this.#buffer.insert(
      packet.sequenceNumber,
      packet.timestamp,
      toc.value.samples,
      packet.payload,
      now,
    );
  }

  /** Takes a sender report. */
  senderReport(report: SenderReport): void {
    this.#rtpClock.update(
      { seconds: report.ntpSeconds, fraction: report.ntpFraction },
      report.rtpTimestamp,
    );
  }

  /**
   * The 10 ms of audio of the tick at `instant`; undefined until the stream has begun.
   *
   * The frame's samples are reused on the next pull.
   * @param now - The time it really is, for the measurement of mouth to ear.
   */
  pull(instant: Micros, now: Micros): AudioFrame | undefined {
    while (this.#fifo.length < TICK_SAMPLES) {
      const decision = this.#buffer.next(instant, this.#fifo.length);
      switch (decision.op) {
        case 'decode':
          this.#decode(
            decision.packet.data.subarray(0, decision.packet.length),
            decision.packet.duration,
          );
          break;
        case 'conceal':
          this.#append(this.#decoder.decodeLost(decision.ticks), true);
          break;
        case 'silence':
          if (!this.#buffer.playing && !this.#started) return undefined;
          this.#synthetic = this.#fifo.length + decision.ticks;
          this.#fifo.pushSilence(decision.ticks);
          break;
      }
    }
    this.#adjustSpeed(instant);
    const decoded = this.#synthetic === 0;
    const capture = this.#buffer.playing ? this.#captureTime(this.#fifo.length) : undefined;
    this.#fifo.shift(this.#samples);
    this.#synthetic = Math.max(0, this.#synthetic - TICK_SAMPLES);
    if (decoded) this.#firstPlayed ??= now;
    if (decoded && capture !== undefined) {
      this.#latency.add(micros(now - capture.time));
      this.#latencyBound = capture.bound;
    }
    return { samples: this.#samples, sampleRate: CLOCK_RATE, channels: 1, capture };
  }

  statistics(): AudioReceiverStatistics {
    const mouthToEarMs = this.#mouthToEar();
    return {
      ...this.#buffer.statistics(),
      targetDelay: this.#buffer.targetDelay / 1e6,
      packetsMalformed: this.#malformed,
      ...(mouthToEarMs !== undefined && { mouthToEarMs }),
    };
  }

  close(): void {
    this.#decoder.close();
  }

  #decode(payload: Uint8Array, duration: number): void {
    this.#started = true;
    const samples = this.#decoder.decode(payload);
    if (samples !== undefined) this.#append(samples, false);
    else {
      this.#malformed++;
      this.#append(this.#decoder.decodeLost(duration), true);
    }
  }

  #append(samples: Float32Array, synthetic: boolean): void {
    this.#fifo.push(samples);
    if (synthetic) this.#synthetic = this.#fifo.length;
  }

  #mouthToEar(): AudioReceiverStatistics['mouthToEarMs'] {
    const p50 = this.#latency.quantile(0.5);
    const p95 = this.#latency.quantile(0.95);
    if (p50 === undefined || p95 === undefined || this.#latencyBound === undefined)
      return undefined;
    return { p50, p95, bound: Math.ceil(this.#latencyBound / 100) / 10 };
  }

  /** Shortens or lengthens what is decoded by a pitch period, when the delay is off its target. */
  #adjustSpeed(instant: Micros): void {
    if (this.#pause > 0) {
      this.#pause--;
      return;
    }
    const wanted = this.#synthetic > 0 ? 'none' : this.#buffer.stretch(instant, this.#fifo.length);
    if (wanted === 'none') return;
    while (this.#fifo.length < this.#stretch.minBlock) {
      const packet = this.#buffer.takeAhead(instant, this.#fifo.length);
      if (packet === undefined) return;
      this.#decode(packet.data.subarray(0, packet.length), packet.duration);
    }
    const before = this.#fifo.length;
    const produced =
      wanted === 'accelerate'
        ? this.#stretch.accelerate(this.#fifo.peek(), this.#stretched)
        : this.#stretch.decelerate(this.#fifo.peek(), this.#stretched);
    if (produced === before) return;
    this.#fifo.replace(this.#stretched.subarray(0, produced));
    this.#buffer.stretched(produced - before);
    this.#pause = STRETCH_PAUSE;
  }

  /** Capture time of the sample `pending` samples before the next one to be decoded. */
  #captureTime(pending: number): CaptureTime | undefined {
    const offset = this.#clockOffset();
    const senderUnix = this.#rtpClock.unixAt(this.#buffer.timestampAt(pending));
    if (offset === undefined || senderUnix === undefined) return undefined;
    return {
      time: micros(senderUnix - offset.offset - this.#unixOrigin),
      bound: offset.bound,
    };
  }
}
