import { type Micros, Unwrapper, micros, millis, ticksToMicros } from '@rm/rtp-sync';
import { AbsSendTimeClock } from './abs-send-time.js';
import { DelayDetector } from './delay-detector.js';
import type { PathUse } from './overuse-detector.js';
import { type RateBounds, RateControl } from './rate-control.js';
import { Throughput } from './throughput.js';

/** An RTP packet as the estimator sees it. */
export interface MeasuredPacket {
  readonly ssrc: number;
  /** Bytes on the wire, with headers. */
  readonly bytes: number;
  /** The 24 bits of its `abs-send-time`, if it has one: then all streams share one clock. */
  readonly absSendTime?: number | undefined;
  readonly timestamp: number;
  /** Ticks per second of `timestamp`. */
  readonly clockRate: number;
  /** Whether this side was too busy to take it when it came: then its arrival says nothing of the path. */
  readonly late?: boolean;
  /** Whether it came again on request: then `timestamp` does not say when it was sent. */
  readonly repeated?: boolean;
}

/** What to tell the sender, as REMB. */
export interface BandwidthEstimate {
  /** Bits per second for all `ssrcs` together. */
  readonly bitrate: number;
  readonly ssrcs: readonly number[];
}

interface SendClock {
  readonly detector: DelayDetector;
  readonly timeOf: (packet: MeasuredPacket) => Micros;
}

/** Streams that are told apart; more are counted but not measured. */
const MAX_STREAMS = 64;
/** A stream that was silent for longer says nothing of the path any more. */
const SILENCE = 2_000_000;
const THROUGHPUT_WINDOW = millis(400);
const LATEST_WINDOW = millis(100);
/** How often the estimate is updated, and told when it has changed by 1 %. */
const UPDATE_INTERVAL = 25_000;
const TELL_INTERVAL = 250_000;
/** Told at least so often, as REMB may get lost. */
const REPEAT_INTERVAL = 1_000_000;
/** A fall by this share is told at once, and a few times more, as the sender jams the path while it does not know. */
const FALL = 0.03;
const FALL_INTERVAL = 100_000;
const FALL_REPEATED = 300_000;
const CHANGE = 0.01;
const UNKNOWN_ROUND_TRIP = 100_000 as Micros;
const DEFAULT_BOUNDS: RateBounds = { start: 300_000, min: 50_000, max: 20_000_000 };

/**
 * Estimates at the receiver what the path carries, from when packets arrive and when they were sent
 * (draft-ietf-rmcat-gcc-02 §5): tells it the sender as REMB, at once when the path gets narrower. Send times are those
 * of `abs-send-time`, or else RTP timestamps, each stream by its own clock.
 */
export class BandwidthEstimator {
  readonly #control: RateControl;
  readonly #throughput = new Throughput(THROUGHPUT_WINDOW);
  readonly #latestThroughput = new Throughput(LATEST_WINDOW);
  /** By SSRC, or one for all that carry `abs-send-time`. */
  readonly #clocks = new Map<number | 'abs-send-time', SendClock>();
  readonly #heard = new Map<number, Micros>();
  #roundTrip = UNKNOWN_ROUND_TRIP;
  #updatedAt = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** 0 before anything was told. */
  #told = 0;
  #fellAt = Number.NEGATIVE_INFINITY;

  /** @param bounds - Default: start at 300 kbit/s, 50 kbit/s to 20 Mbit/s. */
  constructor(bounds: RateBounds = DEFAULT_BOUNDS) {
    this.#control = new RateControl(bounds);
  }

  /** Takes over a newly measured round-trip time. */
  set roundTripTime(roundTrip: Micros) {
    this.#roundTrip = roundTrip;
  }

  /** The estimate in bits per second. */
  get bitrate(): number {
    return this.#control.rate;
  }

  /** Longest wait in the path's queue among the streams, as of their last packets. */
  get queueDelay(): Micros {
    let longest = 0 as Micros;
    for (const { detector } of this.#clocks.values()) {
      if (detector.queueDelay > longest) longest = detector.queueDelay;
    }
    return longest;
  }

  /** Takes a packet of any stream in order of arrival. */
  received(packet: MeasuredPacket, arrival: Micros): void {
    this.#throughput.add(packet.bytes, arrival);
    this.#latestThroughput.add(packet.bytes, arrival);
    if (packet.late === true) return;
    if (packet.repeated === true && packet.absSendTime === undefined) return;
    const clock = this.#clockOf(packet);
    if (!clock) return;
    if (this.#heard.size < MAX_STREAMS || this.#heard.has(packet.ssrc)) {
      this.#heard.set(packet.ssrc, arrival);
    }
    const before = clock.detector.use;
    clock.detector.received(clock.timeOf(packet), arrival);
    const due = arrival - this.#updatedAt >= UPDATE_INTERVAL;
    if (due || (clock.detector.use === 'overuse' && before !== 'overuse')) this.#update(arrival);
  }

  /** When {@link poll} wants to be asked next; undefined before the first packet. */
  get next(): Micros | undefined {
    if (this.#heard.size === 0) return undefined;
    if (this.#fell) return 0 as Micros;
    const changed = Math.abs(this.#control.rate - this.#told) > this.#told * CHANGE;
    const interval = changed ? TELL_INTERVAL : REPEAT_INTERVAL;
    const repeated = this.#toldAt - this.#fellAt < FALL_REPEATED;
    return micros(this.#toldAt + (repeated ? FALL_INTERVAL : interval));
  }

  /** The estimate to tell the sender at `now`, which counts as told; undefined if nothing is due. */
  poll(now: Micros): BandwidthEstimate | undefined {
    this.#prune(now);
    const { next } = this;
    if (next === undefined || now < next) return undefined;
    if (this.#fell) this.#fellAt = now;
    this.#toldAt = now;
    this.#told = this.#control.rate;
    return { bitrate: Math.floor(this.#told), ssrcs: [...this.#heard.keys()] };
  }

  get #fell(): boolean {
    return this.#control.rate < this.#told * (1 - FALL);
  }

  #update(now: Micros): void {
    this.#updatedAt = now;
    this.#control.update(
      {
        use: this.#use(),
        queueDelay: this.queueDelay,
        throughput: this.#throughput.at(now),
        latestThroughput: this.#latestThroughput.at(now),
        roundTrip: this.#roundTrip,
      },
      now,
    );
  }

  /** One stream that fills the queue is enough; it drains or is at rest only if it does for all. */
  #use(): PathUse {
    let worst: PathUse = 'normal';
    for (const { detector } of this.#clocks.values()) {
      if (detector.use === 'overuse') return 'overuse';
      if (detector.use === 'underuse') worst = 'underuse';
    }
    return worst;
  }

  #clockOf(packet: MeasuredPacket): SendClock | undefined {
    const key = packet.absSendTime === undefined ? packet.ssrc : 'abs-send-time';
    const known = this.#clocks.get(key);
    if (known) return known;
    if (this.#clocks.size >= MAX_STREAMS) return undefined;
    const clock = packet.absSendTime === undefined ? rtpClock(packet.clockRate) : sharedClock();
    this.#clocks.set(key, clock);
    return clock;
  }

  #prune(now: Micros): void {
    for (const [ssrc, arrival] of this.#heard) {
      if (now - arrival > SILENCE) this.#heard.delete(ssrc);
    }
    for (const [key, { detector }] of this.#clocks) {
      if (now - detector.lastArrival > SILENCE) this.#clocks.delete(key);
    }
  }
}

function sharedClock(): SendClock {
  const clock = new AbsSendTimeClock();
  return {
    detector: new DelayDetector(),
    timeOf: ({ absSendTime }) => clock.timeOf(absSendTime ?? 0),
  };
}

function rtpClock(clockRate: number): SendClock {
  const unwrapper = new Unwrapper(32);
  return {
    detector: new DelayDetector(),
    timeOf: ({ timestamp }) => ticksToMicros(unwrapper.unwrap(timestamp), clockRate),
  };
}
