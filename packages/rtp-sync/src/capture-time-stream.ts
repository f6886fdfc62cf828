import type { AbsCaptureTime } from './abs-capture-time.js';
import { type Micros, micros } from './time.js';
import { timestampDelta } from './wrap.js';

/** An extension older than this says nothing any more of the packets that come without one. */
const MAX_EXTRAPOLATION = 5_000_000;
/** A sender repeats the extension this often, and sooner when extrapolation would be wrong by more than this. */
const INTERVAL = 1_000_000;
const MAX_ERROR = 1000;

/** The latest capture time of a stream and the timestamp it belongs to. */
class Anchor {
  readonly #clockRate: number;
  /** Capturing system: the first CSRC, or the SSRC when there is none. */
  source = -1;
  time: AbsCaptureTime | undefined;
  at = 0;
  #rtpTimestamp = 0;

  constructor(clockRate: number) {
    if (!(clockRate > 0)) throw new RangeError('clockRate must be a positive number of Hz');
    this.#clockRate = clockRate;
  }

  set(source: number, rtpTimestamp: number, time: AbsCaptureTime, at: Micros): void {
    this.source = source;
    this.#rtpTimestamp = rtpTimestamp;
    this.time = time;
    this.at = at;
  }

  /** Capture time of `rtpTimestamp` at the nominal clock rate. */
  extrapolate(time: AbsCaptureTime, rtpTimestamp: number): Micros {
    const ticks = timestampDelta(rtpTimestamp, this.#rtpTimestamp);
    return micros(time.captured + Math.round((ticks * 1e6) / this.#clockRate));
  }
}

/**
 * Capture times of all packets of a received stream, from the `abs-capture-time` extension that only some of them
 * carry: those in between are extrapolated by their RTP timestamps, for up to five seconds.
 */
export class CaptureTimeReceiver {
  readonly #anchor: Anchor;

  /**
   * @param clockRate - RTP clock rate of the stream in Hz.
   * @throws RangeError when it is not positive.
   */
  constructor(clockRate: number) {
    this.#anchor = new Anchor(clockRate);
  }

  /** The clock offset that came with the latest extension: capturing system's clock less sender's clock. */
  get clockOffset(): Micros | undefined {
    return this.#anchor.time?.clockOffset;
  }

  /**
   * Takes a packet and returns its capture time on the capturing system's wall clock (microseconds since 1970);
   * undefined when nothing recent is known of its source.
   *
   * @param source - First CSRC, or the SSRC when there is none.
   * @param extension - The packet's own extension, if it has one.
   */
  receive(
    source: number,
    rtpTimestamp: number,
    arrival: Micros,
    extension?: AbsCaptureTime,
  ): Micros | undefined {
    const anchor = this.#anchor;
    if (extension !== undefined) {
      anchor.set(source, rtpTimestamp, extension, arrival);
      return extension.captured;
    }
    return anchor.source === source ? this.at(rtpTimestamp, arrival) : undefined;
  }

  /**
   * Capture time of any `rtpTimestamp` of the latest source, as `receive` gives it at `now`; undefined when nothing
   * recent is known.
   */
  at(rtpTimestamp: number, now: Micros): Micros | undefined {
    const { time, at } = this.#anchor;
    if (time === undefined || now - at > MAX_EXTRAPOLATION) return undefined;
    return this.#anchor.extrapolate(time, rtpTimestamp);
  }

  /** How long ago the latest extension came; undefined before the first. */
  ageAt(now: Micros): Micros | undefined {
    return this.#anchor.time === undefined ? undefined : micros(now - this.#anchor.at);
  }
}

/**
 * Says which packets of a sent stream need the `abs-capture-time` extension: one a second, the first of each
 * source, and those whose time a receiver would extrapolate wrongly by more than 1 ms.
 */
export class CaptureTimeSender {
  readonly #anchor: Anchor;

  /**
   * @param clockRate - RTP clock rate of the stream in Hz.
   * @throws RangeError when it is not positive.
   */
  constructor(clockRate: number) {
    this.#anchor = new Anchor(clockRate);
  }

  /** Whether the packet that goes out at `now` has to carry `time`; if so it is taken as sent. */
  needsExtension(source: number, rtpTimestamp: number, time: AbsCaptureTime, now: Micros): boolean {
    const anchor = this.#anchor;
    if (
      anchor.time !== undefined &&
      anchor.source === source &&
      anchor.time.clockOffset === time.clockOffset &&
      now - anchor.at < INTERVAL &&
      Math.abs(anchor.extrapolate(anchor.time, rtpTimestamp) - time.captured) <= MAX_ERROR
    )
      return false;
    anchor.set(source, rtpTimestamp, time, now);
    return true;
  }
}
