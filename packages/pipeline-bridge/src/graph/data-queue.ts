import type { Micros } from '@rm/codecs';
import { bytesOf } from '../runtime-data/bytes.js';
import type { DataPool } from '../runtime-data/data-pool.js';
import type {
  AudioData,
  EncodedPictureData,
  PictureData,
  RuntimeData,
} from '../runtime-data/runtime-data.js';

/**
 * How much may wait at one connection where the pipeline cannot go on at once: in front of a node that is busy, and
 * behind the outputs until `receive` is called.
 */
export interface QueueLimits {
  /** Duration of waiting audio; beyond it the oldest is dropped and counted. Default 200 ms. */
  readonly audio: Micros;
  /** Waiting raw pictures of a stream; beyond it the oldest is dropped and counted. Default 1: the latest. */
  readonly pictures: number;
  /**
   * Waiting encoded pictures of a stream; beyond it all of them are dropped and counted, and so is what comes until the
   * next key frame. Default 30.
   */
  readonly encodedPictures: number;
  /** Waiting pieces of each sort, audio and not; beyond it all but audio is refused. Default 1024. */
  readonly items: number;
  /** Waiting text (two bytes a character) and bytes but for audio; beyond it the newest is refused. Default 16 MiB. */
  readonly bytes: number;
}

/** The limits of a queue unless others are given. */
export const defaultQueueLimits: QueueLimits = {
  audio: 200_000 as Micros,
  pictures: 1,
  encodedPictures: 30,
  items: 1024,
  bytes: 16_777_216,
};

/** Data that waits, and when it came among all that wait for the same node. */
export interface Waiting {
  readonly data: RuntimeData;
  readonly order: number;
}

/**
 * A first-in first-out queue of what is kept: audio gives way to newer audio, pictures to newer ones of their stream,
 * and everything else is kept in full up to a hard limit.
 */
export class DataQueue {
  readonly #limits: QueueLimits;
  readonly #pool: DataPool;
  /** Streams of encoded pictures that wait for a key frame. */
  readonly #broken = new Set<string>();
  #items: (Waiting | undefined)[] = [];
  #head = 0;
  #audioItems = 0;
  #audio = 0;
  #others = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(limits: QueueLimits, pool: DataPool) {
    this.#limits = limits;
    this.#pool = pool;
  }

  get length(): number {
    return this.#audioItems + this.#others;
  }

  /** Pieces dropped or refused since the beginning. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The order of what `shift` would give; infinite when nothing waits. */
  get next(): number {
    return this.#items[this.#head]?.order ?? Number.POSITIVE_INFINITY;
  }

  /** Appends the data, kept by the pool. False when the hard limit refused it; giving way by policy is no refusal. */
  push(data: RuntimeData, order = 0): boolean {
    if (data.kind === 'audio') this.#makeRoomForAudio(data);
    else if (data.kind === 'video' && !this.#makeRoomForPicture(data)) return true;
    if (data.kind !== 'audio' && this.#isFullFor(data)) {
      this.#dropped += 1;
      return false;
    }
    this.#count(data, 1);
    this.#items.push({ data: this.#pool.keep(data), order });
    return true;
  }

  /** Takes the oldest piece, to be released to the pool. */
  shift(): RuntimeData | undefined {
    const waiting = this.#items[this.#head];
    if (waiting === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    this.#count(waiting.data, -1);
    return waiting.data;
  }

  /** Drops and counts what waits, all of it or what is `unwanted`. */
  clear(unwanted: (data: RuntimeData) => boolean = () => true): void {
    for (let index = this.#items.length - 1; index >= this.#head; index--) {
      const { data } = this.#items[index]!;
      if (unwanted(data)) this.#drop(index);
    }
  }

  #isFullFor(data: RuntimeData): boolean {
    return this.#others >= this.#limits.items || this.#bytes + byteSize(data) > this.#limits.bytes;
  }

  #makeRoomForAudio(data: AudioData): void {
    const duration = durationOf(data);
    // A frame longer than the limit is let in alone: audio in pieces that long still has to pass.
    while (
      this.#audioItems > 0 &&
      (this.#audio + duration > this.#limits.audio || this.#audioItems >= this.#limits.items)
    ) {
      this.#drop(this.#items.findIndex((each) => each?.data.kind === 'audio'));
    }
  }

  /** False when the picture itself has to give way. */
  #makeRoomForPicture(data: PictureData | EncodedPictureData): boolean {
    const waiting = this.#picturesOf(data);
    if (data.format !== 'encoded') {
      if (waiting.length >= this.#limits.pictures) this.#drop(waiting[0]!);
      return true;
    }
    if (waiting.length >= this.#limits.encodedPictures) {
      for (const index of waiting.toReversed()) this.#drop(index);
      this.#broken.add(data.streamId);
    }
    if (data.keyFrame) this.#broken.delete(data.streamId);
    if (!this.#broken.has(data.streamId)) return true;
    this.#dropped += 1;
    return false;
  }

  /** Where pictures of the same stream wait, encoded or not as this one is. */
  #picturesOf({ streamId, format }: PictureData | EncodedPictureData): readonly number[] {
    const found: number[] = [];
    for (let index = this.#head; index < this.#items.length; index++) {
      const { data } = this.#items[index]!;
      if (data.kind !== 'video' || data.streamId !== streamId) continue;
      if ((data.format === 'encoded') === (format === 'encoded')) found.push(index);
    }
    return found;
  }

  #drop(index: number): void {
    const [dropped] = this.#items.splice(index, 1);
    if (dropped === undefined) return;
    this.#count(dropped.data, -1);
    this.#dropped += 1;
    this.#pool.release(dropped.data);
  }

  #count(data: RuntimeData, sign: 1 | -1): void {
    if (data.kind === 'audio') {
      this.#audioItems += sign;
      this.#audio += sign * durationOf(data);
    } else {
      this.#others += sign;
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
