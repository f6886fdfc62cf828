import { PipelineUseError } from '../errors.js';
import { CountedLease } from './counted-lease.js';
import type { Lease } from './runtime-data.js';

/** How much memory a pool may lend. */
export interface FramePoolOptions {
  /** Bytes of each buffer, 1…268,435,456. */
  readonly bytes: number;
  /** Buffers at most, 1…1024; default 16. They are made when first needed. */
  readonly buffers?: number;
}

/** A buffer on loan: write it, put it into data together with its lease, and release the lease when done. */
export interface LeasedBuffer {
  /** All of the buffer, in shared memory: it crosses to worker threads without a copy. */
  readonly bytes: Uint8Array;
  readonly lease: Lease;
}

/**
 * Lends buffers of one size that are used again when nobody holds them any more. Data made in them is passed to
 * asynchronous nodes and worker threads by reference, where other data is copied.
 */
export class FramePool {
  readonly #bytes: number;
  readonly #most: number;
  readonly #free: SharedArrayBuffer[] = [];
  #made = 0;
  #refused = 0;

  /** Throws PIPELINE_USE for sizes out of range. */
  constructor({ bytes, buffers = 16 }: FramePoolOptions) {
    if (!inRange(bytes, 268_435_456) || !inRange(buffers, 1024)) {
      throw new PipelineUseError(
        `a pool takes 1…268435456 bytes a buffer and 1…1024 buffers, not ${bytes} and ${buffers}`,
      );
    }
    this.#bytes = bytes;
    this.#most = buffers;
  }

  /** Buffers that are lent now. */
  get lent(): number {
    return this.#made - this.#free.length;
  }

  /** Times that `take` found all buffers lent. */
  get refused(): number {
    return this.#refused;
  }

  /** A buffer with whatever was in it last, held once; undefined while all are lent. */
  take(): LeasedBuffer | undefined {
    let memory = this.#free.pop();
    if (memory === undefined) {
      if (this.#made === this.#most) {
        this.#refused += 1;
        return undefined;
      }
      memory = new SharedArrayBuffer(this.#bytes);
      this.#made += 1;
    }
    const taken = memory;
    const lease = new CountedLease(() => this.#free.push(taken));
    return { bytes: new Uint8Array(taken), lease };
  }
}

function inRange(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}
