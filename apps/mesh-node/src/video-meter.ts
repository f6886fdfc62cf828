import type { AssembledFrame, VideoFrame } from '@rm/codecs';
import type { Micros } from '@rm/rtp-sync';
import { MillisecondHistogram } from './millisecond-histogram.js';
import { readStamp, STAMP_NUMBERS, STAMP_TIMES } from './video-stamp.js';

/** A gap between pictures freezes what is seen when it is longer than this and than three usual ones. */
const FREEZE = 150_000;
/** A step between stamps beyond this is that of a sender that began anew. */
const MAX_STEP = 10_000;
/** A stream that has brought nothing for so long has ended; its rates are those until then. */
const SILENCE = 1_000_000;

/** p50 and p95 in ms. */
export type Quantiles = NonNullable<ReturnType<MillisecondHistogram['quantiles']>>;

/** What was measured of a stream over some time. */
export interface VideoMeasurement {
  readonly seconds: number;
  /** Frames that came whole, the key frames among them, and their bytes. */
  readonly received: number;
  readonly keyFrames: number;
  readonly bytes: number;
  /** Pictures that were due and were given. */
  readonly shown: number;
  readonly freezes: number;
  /** Capture to being shown, by the capture time that came with the stream. */
  readonly glassToGlass: Quantiles | undefined;
  /** How much later the sound is heard than its picture is seen; below 0 the picture is late. */
  readonly skew: Quantiles | undefined;
  /** By the stamps in the pictures, where there are any. */
  readonly stamps:
    | {
        readonly missing: number;
        readonly outOfOrder: number;
        readonly glassToGlass: Quantiles | undefined;
      }
    | undefined;
}

/** A picture when it is shown. */
export interface ShownPicture {
  readonly frame: VideoFrame;
  /** When it is shown. */
  readonly now: Micros;
  /** When the sound that is played at the same instant was captured, on the same timeline; undefined where there is none. */
  readonly soundCaptured: Micros | undefined;
}

class Window {
  readonly since: Micros;
  received = 0;
  keyFrames = 0;
  bytes = 0;
  shown = 0;
  freezes = 0;
  stamped = 0;
  missing = 0;
  outOfOrder = 0;
  readonly glassToGlass = new MillisecondHistogram();
  readonly stampedGlass = new MillisecondHistogram();
  readonly skew = new MillisecondHistogram();

  constructor(since: Micros) {
    this.since = since;
  }

  until(now: Micros): VideoMeasurement {
    return {
      seconds: Math.max(0, now - this.since) / 1e6,
      received: this.received,
      keyFrames: this.keyFrames,
      bytes: this.bytes,
      shown: this.shown,
      freezes: this.freezes,
      glassToGlass: this.glassToGlass.quantiles(),
      skew: this.skew.quantiles(),
      stamps:
        this.stamped === 0
          ? undefined
          : {
              missing: this.missing,
              outOfOrder: this.outOfOrder,
              glassToGlass: this.stampedGlass.quantiles(),
            },
    };
  }
}

/** Measures one stream of pictures as it comes and as it is shown. */
export class VideoMeter {
  readonly #unixOrigin: Micros;
  readonly #total: Window;
  #recent: Window;
  #latest: Micros;
  #shownAt: Micros | undefined;
  /** Usual gap between pictures, in µs. */
  #gap: number | undefined;
  #number: number | undefined;

  /** Of a stream that begins `now`; `unixOrigin` is the wall clock at time 0. */
  constructor(unixOrigin: Micros, now: Micros) {
    this.#unixOrigin = unixOrigin;
    this.#total = new Window(now);
    this.#recent = new Window(now);
    this.#latest = now;
  }

  /** A frame came. */
  received({ data, key }: Pick<AssembledFrame, 'data' | 'key'>, now: Micros): void {
    this.#latest = now;
    for (const window of [this.#recent, this.#total]) {
      window.received++;
      window.bytes += data.length;
      if (key) window.keyFrames++;
    }
  }

  /** A picture is shown. */
  shown({ frame, now, soundCaptured }: ShownPicture): void {
    const windows = [this.#recent, this.#total];
    const frozen = this.#freezes(now);
    const { capture } = frame;
    for (const window of windows) {
      window.shown++;
      if (frozen) window.freezes++;
      if (capture !== undefined) window.glassToGlass.add((now - capture.time) / 1000);
    }
    const stamp = readStamp(frame);
    if (stamp !== undefined) this.#count(stamp.number, windows);
    // The stamp says it even where the stream does not, or says it wrong.
    const since = (time: Micros): number | undefined =>
      stamp !== undefined
        ? nearest(Math.round((this.#unixOrigin + time) / 1000) - stamp.time, STAMP_TIMES)
        : capture && (time - capture.time) / 1000;
    for (const window of windows) {
      if (stamp !== undefined) window.stampedGlass.add(since(now)!);
      const skew = soundCaptured === undefined ? undefined : since(soundCaptured);
      if (skew !== undefined) window.skew.add(-skew);
    }
  }

  /** What was measured since this was called last. */
  recent(now: Micros): VideoMeasurement {
    const measured = this.#recent.until(now);
    this.#recent = new Window(now);
    return measured;
  }

  /** What was measured since the stream began, until it ended. */
  total(now: Micros): VideoMeasurement {
    return this.#total.until(now - this.#latest > SILENCE ? this.#latest : now);
  }

  #freezes(now: Micros): boolean {
    const before = this.#shownAt;
    this.#shownAt = now;
    if (before === undefined) return false;
    const gap = now - before;
    const usual = this.#gap ?? gap;
    this.#gap = usual + (gap - usual) / 16;
    return gap > Math.max(FREEZE, 3 * usual);
  }

  #count(number: number, windows: readonly Window[]): void {
    const before = this.#number;
    this.#number = number;
    const step = before === undefined ? 1 : nearest(number - before, STAMP_NUMBERS);
    for (const window of windows) {
      window.stamped++;
      if (Math.abs(step) > MAX_STEP) continue;
      if (step <= 0) window.outOfOrder++;
      else window.missing += step - 1;
    }
  }
}

/** The value nearest to 0 that is `value` modulo `modulus`. */
function nearest(value: number, modulus: number): number {
  const rest = ((value % modulus) + modulus) % modulus;
  return rest >= modulus / 2 ? rest - modulus : rest;
}
