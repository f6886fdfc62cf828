import { type Micros, micros } from '@rm/rtp-sync';

/** How a {@link Pacer} is set up. */
export interface PacerOptions {
  /**
   * How much faster than the target packets leave, so that a frame larger than average does not wait for the next;
   * default 1.25.
   */
  readonly factor?: number;
  /** How long video waits at most: where the queue is longer, it leaves faster than the path may like; default 250 ms. */
  readonly maxDelay?: Micros;
  /** Bytes that wait at most; default 1 MiB. A frame that does not fit is refused as a whole. */
  readonly maxBytes?: number;
}

/** Counts of a {@link Pacer}. */
export interface PacerStatistics {
  /** Video and retransmissions that wait. */
  readonly queuedBytes: number;
  readonly framesRefused: number;
  readonly retransmissionsRefused: number;
}

interface Waiting<T> {
  readonly packet: T;
  readonly bytes: number;
}

/** What still waits of a frame, and by when it has to have left. */
interface Frame {
  readonly deadline: number;
  bytes: number;
}

const DEFAULT_FACTOR = 1.25;
const DEFAULT_DELAY = 250_000 as Micros;
const DEFAULT_BYTES = 2 ** 20;
/** What may leave together, as timers are no finer: 5 ms at the pacing rate. */
const BURST = 5000;
/** A target that falls so far says that the path is full: for so long nothing leaves faster than the pacing rate. */
const FALL = 0.9;
const CALM = 1_000_000;
/** What is overdue leaves within this time. */
const SOON = 1000;

/**
 * Spreads bursts of video over time: packets leave in a leaky bucket at 1.25 times the target bitrate. Audio does not
 * wait, but what it takes is taken from the others; retransmissions go before new video. A frame that is larger than
 * others leaves faster, so that it does not wait longer than `maxDelay`, unless the path has just become full.
 * `T` is whatever stands for a packet; the pacer only holds on to it.
 */
export class Pacer<T> {
  readonly #factor: number;
  readonly #maxDelay: Micros;
  readonly #maxBytes: number;
  #target: number;
  #retransmissions: Waiting<T>[] = [];
  #video: (Waiting<T> & { readonly frame: Frame })[] = [];
  #frames: Frame[] = [];
  #queuedBytes = 0;
  /** When the bucket is empty. */
  #emptyAt = 0;
  #polledTarget = 0;
  #calmUntil = Number.NEGATIVE_INFINITY;
  #framesRefused = 0;
  #retransmissionsRefused = 0;

  /** @param target - Bits per second of all media together. */
  constructor(target: number, options: PacerOptions = {}) {
    this.#target = target;
    this.#factor = options.factor ?? DEFAULT_FACTOR;
    this.#maxDelay = options.maxDelay ?? DEFAULT_DELAY;
    this.#maxBytes = options.maxBytes ?? DEFAULT_BYTES;
  }

  /** Changes the target, in bits per second. */
  set target(target: number) {
    this.#target = target;
  }

  get statistics(): PacerStatistics {
    return {
      queuedBytes: this.#queuedBytes,
      framesRefused: this.#framesRefused,
      retransmissionsRefused: this.#retransmissionsRefused,
    };
  }

  /** Counts audio that is sent at once at `now`: send it yourself, it does not wait here. */
  audioSent(bytes: number, now: Micros): void {
    this.#take(bytes, now);
  }

  /**
   * Queues the packets of a video frame, all or none; `sizeOf` gives the bytes of each on the wire. False means that
   * none was taken: their sequence numbers are free for the next frame, which has to be a key frame unless nothing
   * refers to this one.
   */
  frame(packets: readonly T[], sizeOf: (packet: T) => number, now: Micros): boolean {
    const bytes = packets.reduce((sum, packet) => sum + sizeOf(packet), 0);
    if (this.#queuedBytes + bytes > this.#maxBytes) {
      this.#framesRefused++;
      return false;
    }
    const frame = { deadline: now + this.#maxDelay - BURST, bytes };
    this.#frames.push(frame);
    for (const packet of packets) this.#video.push({ packet, bytes: sizeOf(packet), frame });
    this.#queuedBytes += bytes;
    return true;
  }

  /**
   * Queues a packet that is sent again; false where more waits than leaves within `maxDelay` at the pacing rate: it is
   * asked for once more, and on a path that loses most of what is sent more of it is no remedy.
   */
  retransmission(packet: T, bytes: number): boolean {
    const most = Math.min(this.#maxBytes, this.#pacingRate * this.#maxDelay);
    if (this.#queuedBytes + bytes > most) {
      this.#retransmissionsRefused++;
      return false;
    }
    this.#retransmissions.push({ packet, bytes });
    this.#queuedBytes += bytes;
    return true;
  }

  /** How long what waits now takes to leave at the pacing rate. */
  get queueDelay(): Micros {
    return micros(this.#queuedBytes / this.#pacingRate);
  }

  /** When the next packet may leave; undefined while none waits. */
  get next(): Micros | undefined {
    return this.#queuedBytes === 0 ? undefined : micros(Math.max(0, this.#emptyAt));
  }

  /** The packets that leave at `now`, in order. */
  poll(now: Micros): T[] {
    if (this.#target < FALL * this.#polledTarget) this.#calmUntil = now + CALM;
    this.#polledTarget = this.#target;
    const leaving: T[] = [];
    if (this.#emptyAt > now) return leaving;
    this.#retransmissions.splice(0, this.#leave(this.#retransmissions, leaving, now));
    this.#video.splice(0, this.#leave(this.#video, leaving, now));
    return leaving;
  }

  /** Lets as many leave from the head of a queue as the bucket takes, and gives their number. */
  #leave(
    queue: readonly (Waiting<T> & { readonly frame?: Frame })[],
    leaving: T[],
    now: Micros,
  ): number {
    let count = 0;
    for (const { packet, bytes, frame } of queue) {
      if (this.#emptyAt > now + BURST) break;
      this.#take(bytes, now);
      this.#queuedBytes -= bytes;
      if (frame) {
        frame.bytes -= bytes;
        if (frame.bytes <= 0) this.#frames.shift();
      }
      leaving.push(packet);
      count++;
    }
    return count;
  }

  #take(bytes: number, now: Micros): void {
    this.#emptyAt = Math.max(this.#emptyAt, now) + bytes / this.#bytesPerMicro(now);
  }

  /** In bytes per microsecond. */
  get #pacingRate(): number {
    return (this.#target * this.#factor) / 8e6;
  }

  /** The pacing rate, or a higher one where a frame would not leave before its deadline. */
  #bytesPerMicro(now: Micros): number {
    let rate = this.#pacingRate;
    if (now < this.#calmUntil) return rate;
    let bytes = this.#queuedBytes - this.#frames.reduce((sum, frame) => sum + frame.bytes, 0);
    for (const frame of this.#frames) {
      bytes += frame.bytes;
      rate = Math.max(rate, bytes / Math.max(frame.deadline - now, SOON));
    }
    return rate;
  }
}
