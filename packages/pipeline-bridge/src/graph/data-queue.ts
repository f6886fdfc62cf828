import type { Micros } from '@rm/codecs';
import { bytesOf } from '../runtime-data/bytes.js';
import { DataPool } from '../runtime-data/data-pool.js';
import type { AudioData, RuntimeData } from '../runtime-data/runtime-data.js';

/**
 * How much may wait where the pipeline cannot go on at once: in front of an asynchronous node, and behind the
 * outputs until `receive` is called.
 */
export interface QueueLimits {
  /** Duration of waiting audio; beyond it the oldest is dropped and counted. Default 200 ms. */
  readonly audio: Micros;
  /** Waiting pieces of each sort, audio and not; beyond it text, JSON and binary are refused. Default 1024. */
  readonly items: number;
  /** Waiting text (two bytes a character) and binary; beyond it the newest is refused. Default 16 MiB. */
  readonly bytes: number;
}

/** The limits of a queue unless others are given. */
export const defaultQueueLimits: QueueLimits = {
  audio: 200_000 as Micros,
  items: 1024,
  bytes: 16_777_216,
};

/**
 * A first-in first-out queue of what is kept: audio gives way to newer audio, everything else is kept in full up to a
 * hard limit.
 */
export class DataQueue {
  readonly #limits: QueueLimits;
  readonly #pool: DataPool;
  #items: (RuntimeData | undefined)[] = [];
  #head = 0;
  #audioItems = 0;
  #audio = 0;
  #messages = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(limits: QueueLimits, pool: DataPool) {
    this.#limits = limits;
    this.#pool = pool;
  }

  get length(): number {
    return this.#audioItems + this.#messages;
  }

  /** Pieces dropped or refused since the beginning. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Appends the data, kept by the pool. False when the hard limit refused it; dropping old audio is no refusal. */
  push(data: RuntimeData): boolean {
    if (data.kind === 'audio') this.#makeRoomFor(data);
    else if (
      this.#messages >= this.#limits.items ||
      this.#bytes + byteSize(data) > this.#limits.bytes
    ) {
      this.#dropped += 1;
      return false;
    }
    this.#count(data, 1);
    this.#items.push(this.#pool.keep(data));
    return true;
  }

  /** Takes the oldest piece, to be released to the pool. */
  shift(): RuntimeData | undefined {
    const data = this.#items[this.#head];
    if (data === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    this.#count(data, -1);
    return data;
  }

  /** Drops and counts everything that waits. */
  clear(): void {
    this.#dropped += this.length;
    for (let data = this.shift(); data !== undefined; data = this.shift()) this.#pool.release(data);
  }

  #makeRoomFor(data: AudioData): void {
    const duration = durationOf(data);
    // A frame longer than the limit is let in alone: audio in pieces that long still has to pass.
    while (
      this.#audioItems > 0 &&
      (this.#audio + duration > this.#limits.audio || this.#audioItems >= this.#limits.items)
    ) {
      this.#dropOldestAudio();
    }
  }

  #dropOldestAudio(): void {
    const index = this.#items.findIndex((data) => data?.kind === 'audio');
    const [oldest] = this.#items.splice(index, 1);
    if (oldest === undefined) return;
    this.#count(oldest, -1);
    this.#dropped += 1;
    this.#pool.release(oldest);
  }

  #count(data: RuntimeData, sign: 1 | -1): void {
    if (data.kind === 'audio') {
      this.#audioItems += sign;
      this.#audio += sign * durationOf(data);
    } else {
      this.#messages += sign;
      this.#bytes += sign * byteSize(data);
    }
  }
}

/** Whole microseconds; 0 for a frame that does not say how fast it plays. */
function durationOf({ samples, sampleRate, channels }: AudioData): number {
  const duration = Math.round((samples.length * 1e6) / (sampleRate * channels));
  return Number.isFinite(duration) ? duration : 0;
}

/** What has no bytes of its own counts as an item only: its size is not known without writing it out. */
function byteSize(data: RuntimeData): number {
  return data.kind === 'text' ? data.text.length * 2 : (bytesOf(data)?.byteLength ?? 0);
}
