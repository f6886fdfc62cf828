import { bytesOf, leaseOf, withBytes } from '../runtime-data/bytes.js';
import { FramePool } from '../runtime-data/frame-pool.js';
import type { Lease, RuntimeData } from '../runtime-data/runtime-data.js';

/** Data that another thread can read where it is, and what keeps it there. */
export interface Shared {
  /** Without a lease, which cannot cross. */
  readonly data: RuntimeData;
  /** To be released when the other thread is done; undefined for data without a buffer. */
  readonly lease: Lease | undefined;
}

const SMALLEST = 4096;

/** Brings data into shared memory: as it is if it is there and leased, else by a copy into buffers used again. */
export class SharedCopies {
  readonly #buffers: number;
  readonly #pools = new Map<number, FramePool>();

  /** `buffers`: how many pieces of one size are on loan at most. */
  constructor(buffers: number) {
    this.#buffers = buffers;
  }

  /** `toWrite`: the other thread will write to it, so it must be a copy. Undefined while all buffers are lent. */
  share(data: RuntimeData, toWrite: boolean): Shared | undefined {
    const bytes = bytesOf(data);
    if (bytes === undefined) return { data, lease: undefined };
    const held = leaseOf(data);
    if (held !== undefined && !toWrite && bytes.buffer instanceof SharedArrayBuffer) {
      held.retain();
      return { data: withBytes(data, bytes, undefined), lease: held };
    }
    const buffer = this.#poolFor(bytes.length).take();
    if (buffer === undefined) return undefined;
    const copy = buffer.bytes.subarray(0, bytes.length);
    copy.set(bytes);
    return { data: withBytes(data, copy, undefined), lease: buffer.lease };
  }

  /** Sizes are powers of two, so that pieces that differ a little have the same buffers. */
  #poolFor(length: number): FramePool {
    const size = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(Math.max(1, length))));
    let pool = this.#pools.get(size);
    if (pool === undefined) {
      pool = new FramePool({ bytes: size, buffers: this.#buffers });
      this.#pools.set(size, pool);
    }
    return pool;
  }
}
