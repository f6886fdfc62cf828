import type { AudioFrame, OpusDecoder } from '@rm/codecs';
import {
  type AlignedStream,
  type CaptureTime,
  type ClockOffset,
  type DelayPolicy,
  type Micros,
  micros,
} from '@rm/rtp-sync';
import { LatencyHistogram } from '../quality/latency-histogram.js';
import type { RtpPacket, SenderReport } from '../rtp/packet.js';
import type { NackStatistics } from '../rtcp/index.js';
import { CLOCK_RATE } from './audio-format.js';
import { AudioPlayout, type AudioPlayoutStatistics } from './audio-playout.js';
import { StreamCaptureClock } from './stream-capture-clock.js';

/** What is known of one received audio stream. */
export interface AudioReceiverStatistics extends AudioPlayoutStatistics {
  /** Whether the stream is held in step with those of other peers at present. */
  readonly aligned: boolean;
  /** Requests for lost packets, repeated ones too; 0 where they are not asked for. */
  readonly packetsRequested: number;
  /** The sender's NTP time, in ms since 1900, of what was played last; absent before the first report. */
  readonly estimatedPlayoutTimestamp?: number;
  /**
   * Capture to playout in ms, and how far the capture times can be off at present (±); absent while the sender's
   * clock is unknown.
   */
  readonly mouthToEarMs?: { readonly p50: number; readonly p95: number; readonly bound: number };
}

/** What a receiver is made with. */
export interface AudioReceiverOptions {
  /** Mono decoder at 48 kHz; closed with the receiver. */
  readonly decoder: OpusDecoder;
  readonly policy: DelayPolicy;
  /** The stream's place among those of other peers; closed with the receiver. */
  readonly aligned: AlignedStream;
  /** Wall clock at media time 0 of this node. */
  readonly unixOrigin: Micros;
  /** The sender's wall clock against ours at `nowUnix`, when known. */
  readonly clockOffset: (nowUnix: Micros) => ClockOffset | undefined;
  /** How lost packets were asked for. */
  readonly requests?: () => NackStatistics | undefined;
}

/**
 * Receives one audio stream: plays it, knows when it was captured, and keeps it in step with other streams. Every
 * tick it gives the 10 ms of that instant, with their capture time on the local timeline.
 */
export class AudioReceiver {
  readonly #playout: AudioPlayout;
  readonly #clock: StreamCaptureClock;
  readonly #aligned: AlignedStream;
  readonly #requests: AudioReceiverOptions['requests'];
  readonly #latency = new LatencyHistogram();
  /** Added for the sake of the picture. */
  #extraDelay: Micros = micros(0);
  #neededDelay: Micros | undefined;
  #playing: CaptureTime | undefined;
  #firstPlayed: Micros | undefined;
  #latencyBound: Micros | undefined;

  constructor(options: AudioReceiverOptions) {
    const { decoder, policy, aligned, unixOrigin, clockOffset, requests } = options;
    this.#requests = requests;
    this.#playout = new AudioPlayout({ decoder, policy });
    this.#clock = new StreamCaptureClock({ clockRate: CLOCK_RATE, unixOrigin, clockOffset });
    this.#aligned = aligned;
  }

  /** When the first sample that came out of a packet was played; undefined until then. */
  get firstPlayed(): Micros | undefined {
    return this.#firstPlayed;
  }

  /** Delay with which packets are played above the fastest of them; undefined until the stream has begun. */
  get playoutDelay(): Micros | undefined {
    return this.#playout.present ? this.#playout.targetDelay : undefined;
  }

  /** Delay from capture to playout that the sound needs by itself; undefined while the sender's clock is unknown. */
  get neededDelay(): Micros | undefined {
    return this.#neededDelay;
  }

  /** When what was played last was captured; undefined while nothing is, or the sender's clock is unknown. */
  get playing(): CaptureTime | undefined {
    return this.#playing;
  }

  /** Has the sound wait for the picture for so long beyond what it needs by itself. */
  set extraDelay(delay: Micros) {
    this.#extraDelay = delay;
  }

  /** Takes a packet at its arrival, with the `copies` that it carries; `again` says that it was lost and asked for. */
  packet(packet: RtpPacket, now: Micros, copies: readonly RtpPacket[] = [], again = false): void {
    const playout = this.#playout;
    if (again) playout.restore('retransmission', packet, now);
    else if (playout.packet(packet, now, copies.length) && this.#clock.packet(packet, now))
      this.#aligned.reset();
    // What copies say of the delay holds for those that come by themselves.
    for (const copy of copies) playout.restore(again ? 'retransmission' : 'redundancy', copy, now);
  }

  /** Takes a sender report. */
  senderReport(report: SenderReport): void {
    if (this.#clock.senderReport(report)) this.#aligned.reset();
  }

  /**
   * The 10 ms of audio of the tick at `instant`; undefined until the stream has begun.
   *
   * The frame's samples are reused on the next pull.
   * @param now - The time it really is, for the measurement of mouth to ear.
   */
  pull(instant: Micros, now: Micros): AudioFrame | undefined {
    const playout = this.#playout;
    this.#keepInStep(instant);
    const samples = playout.pull(instant);
    this.#playing = undefined;
    if (samples === undefined) return undefined;
    const known = playout.present ? this.#clock.captureAt(playout.blockTimestamp, now) : undefined;
    const capture = known && { time: known.time, bound: known.bound };
    this.#playing = capture;
    if (playout.genuine) this.#heard(capture, now);
    return { samples, sampleRate: CLOCK_RATE, channels: 1, capture };
  }

  statistics(): AudioReceiverStatistics {
    const mouthToEarMs = this.#mouthToEar();
    const { blockTimestamp } = this.#playout;
    const played = this.#clock.ntpMillis(blockTimestamp);
    return {
      ...this.#playout.statistics(),
      ...(played !== undefined && { estimatedPlayoutTimestamp: played }),
      aligned: this.#aligned.delay !== undefined,
      packetsRequested: this.#requests?.()?.packetsRequested ?? 0,
      ...(mouthToEarMs !== undefined && { mouthToEarMs }),
    };
  }

  /** Releases the decoder and the place among the aligned. Idempotent. */
  close(): void {
    this.#aligned.close();
    this.#playout.close();
  }

  /** Tells the others what delay this stream needs, and takes on the one they agreed upon. */
  #keepInStep(instant: Micros): void {
    const playout = this.#playout;
    const capture = playout.present ? this.#clock.captureAt(playout.timestamp, instant) : undefined;
    if (capture === undefined) {
      this.#neededDelay = undefined;
      playout.holdDelay(undefined);
      return;
    }
    const present = playout.delayAt(instant);
    const sinceCapture = instant - capture.time;
    // What is added for the sake of the others must not come back as a need of its own.
    this.#neededDelay = micros(sinceCapture - present + playout.ownDelay);
    const needed = micros(this.#neededDelay + this.#extraDelay);
    this.#aligned.needs(needed, capture.bound, instant);
    const delay = this.#aligned.delay ?? (this.#extraDelay > 0 ? needed : undefined);
    playout.holdDelay(delay === undefined ? undefined : micros(present + delay - sinceCapture));
  }

  #heard(capture: CaptureTime | undefined, now: Micros): void {
    this.#firstPlayed ??= now;
    if (capture === undefined) return;
    this.#latency.add(micros(now - capture.time));
    this.#latencyBound = capture.bound;
  }

  #mouthToEar(): AudioReceiverStatistics['mouthToEarMs'] {
    const p50 = this.#latency.quantile(0.5);
    const p95 = this.#latency.quantile(0.95);
    if (p50 === undefined || p95 === undefined || this.#latencyBound === undefined)
      return undefined;
    return { p50, p95, bound: Math.ceil(this.#latencyBound / 100) / 10 };
  }
}
