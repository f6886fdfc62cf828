import { ArgumentError } from '../errors.js';
import type { Micros } from '../frames/audio-frame.js';
import type { OpusEncoderSettings } from '../opus/engine.js';
import { type LossLevel, LossProtection } from './loss-protection.js';
import { RoundTripBaseline } from './round-trip-baseline.js';

/** Below some 20 kbit/s libopus gives in-band FEC up, which is when it is needed. */
const FEC_FLOOR = 24_000;
/** 50 packets a second with 50 bytes each of IP, UDP, RTP and SRTP. */
export const DEFAULT_OVERHEAD = 20_000;
/** A round trip longer than the least one by more than this means that packets queue up. */
const QUEUE = 100_000;
/** What is left of the bitrate after a second of queueing, and what becomes of it in a good second. */
const BACK_OFF = 0.85;
const GROWTH = 1.08;
/** How long the bitrate stays where it is after it had to fall. */
const HOLD = 5_000_000;
/** A report says nothing about times further back than this. */
const LONGEST_INTERVAL = 5_000_000;
const STEP = 1000;

/** Bounds of an audio bitrate, in bit/s of Opus, 6000 to 510,000. */
export interface AudioBitrateOptions {
  /** Never less, however narrow the path. Default 16,000; 24,000 while packets are lost. */
  readonly min?: number;
  /** The bitrate to begin with, and the most while packets are lost. Default 32,000. */
  readonly nominal?: number;
  /** Never more, however good the path. Default 128,000. */
  readonly max?: number;
  /** What headers add to the bitrate, in bit/s. Default 20,000: IPv4, UDP, RTP and SRTP at 50 packets/s. */
  readonly overhead?: number;
}

/** What is known of the path to a receiver, from a receiver report. */
export interface AudioPathReport {
  /** Share of packets lost since the report before, 0 to 1 (RFC 3550 §6.4.1, fraction lost / 256). */
  readonly fractionLost: number;
  readonly roundTrip?: Micros | undefined;
  /** Bandwidth there is for this stream, in bit/s with headers. */
  readonly bandwidth?: number | undefined;
}

/** What a bitrate controller decides about an encoder. */
export type AudioBitrateSettings = Pick<
  OpusEncoderSettings,
  'bitrate' | 'fec' | 'expectedLoss' | 'maxBandwidth'
>;

/**
 * Adapts an Opus encoder to its path: give it every receiver report, and give the encoder its settings.
 *
 * Without loss the bitrate grows by 8 % a second up to the bandwidth and `max`. From 2 % loss on, FEC is on
 * for at least 10 % expected loss, the audio bandwidth wideband and the bitrate at most `nominal`; from 10 %
 * on it is 24 kbit/s, where FEC still works. A round trip 100 ms above the least one lowers it by 15 % a
 * second. Time is only what `now` says; without reports nothing changes. Who encodes once for many receivers
 * reports the worst of them.
 */
export class AudioBitrateController {
  readonly #min: number;
  readonly #nominal: number;
  readonly #max: number;
  readonly #overhead: number;
  readonly #protection = new LossProtection();
  readonly #baseline = new RoundTripBaseline();
  #bitrate: number;
  #held = Number.NEGATIVE_INFINITY;
  #reported: Micros | undefined;
  #settings: AudioBitrateSettings;

  /** Throws `ArgumentError` unless 6000 ≤ min ≤ nominal ≤ max ≤ 510,000 and the overhead is not negative. */
  constructor(options: AudioBitrateOptions = {}) {
    const { min = 16_000, nominal = 32_000, max = 128_000, overhead = DEFAULT_OVERHEAD } = options;
    const inOrder = min >= 6_000 && min <= nominal && nominal <= max && max <= 510_000;
    if (!inOrder || ![min, nominal, max].every(Number.isInteger)) {
      throw new ArgumentError(
        `bitrates are min ${min}, nominal ${nominal}, max ${max}; give whole bit/s from 6000 to 510000 in this order`,
      );
    }
    if (!(overhead >= 0)) throw new ArgumentError(`overhead is ${overhead}; give bit/s from 0 up`);
    this.#min = min;
    this.#nominal = nominal;
    this.#max = max;
    this.#overhead = overhead;
    this.#bitrate = nominal;
    this.#settings = this.#decide();
  }

  /** The settings in force: the same object for as long as nothing changes. */
  get settings(): AudioBitrateSettings {
    return this.#settings;
  }

  /** Takes in a report and gives the settings from now on. Numbers that cannot be are passed over. */
  update(report: AudioPathReport, now: Micros): AudioBitrateSettings {
    const elapsed = Math.min(LONGEST_INTERVAL, now - (this.#reported ?? now - 1_000_000));
    if (elapsed <= 0) return this.#settings;
    this.#reported = now;
    const { fractionLost, roundTrip, bandwidth } = report;
    if (fractionLost >= 0 && fractionLost <= 1) this.#protection.update(fractionLost, elapsed);
    const queueing =
      roundTrip !== undefined && roundTrip >= 0 && this.#baseline.excess(roundTrip, now) > QUEUE;
    const ceiling = this.#ceiling(bandwidth);
    const seconds = elapsed / 1_000_000;
    if (queueing || this.#bitrate > ceiling) {
      const backedOff = queueing ? this.#bitrate * BACK_OFF ** seconds : this.#bitrate;
      this.#bitrate = Math.min(ceiling, backedOff);
      this.#held = now + HOLD;
    } else if (now >= this.#held) {
      this.#bitrate = Math.min(ceiling, this.#bitrate * GROWTH ** seconds);
    }
    this.#bitrate = Math.max(this.#floor(), this.#bitrate);
    const next = this.#decide();
    if (differ(next, this.#settings)) this.#settings = next;
    return this.#settings;
  }

  #ceiling(bandwidth: number | undefined): number {
    const most: Record<LossLevel, number> = {
      clear: this.#max,
      lossy: this.#nominal,
      heavy: FEC_FLOOR,
    };
    const known = bandwidth !== undefined && bandwidth >= 0;
    const usable = known ? bandwidth - this.#overhead : Number.POSITIVE_INFINITY;
    return Math.min(this.#max, most[this.#protection.level], usable);
  }

  #floor(): number {
    const least = this.#protection.level === 'clear' ? this.#min : FEC_FLOOR;
    return Math.min(this.#max, Math.max(this.#min, least));
  }

  #decide(): AudioBitrateSettings {
    const isProtected = this.#protection.level !== 'clear';
    return {
      // Whole kbit/s, so that the encoder is left alone over nothing.
      bitrate: Math.max(this.#min, Math.floor(this.#bitrate / STEP) * STEP),
      fec: isProtected,
      expectedLoss: this.#protection.expectedLoss,
      maxBandwidth: isProtected ? 'wideband' : 'fullband',
    };
  }
}

const differ = (a: AudioBitrateSettings, b: AudioBitrateSettings): boolean =>
  a.bitrate !== b.bitrate || a.fec !== b.fec || a.expectedLoss !== b.expectedLoss;
