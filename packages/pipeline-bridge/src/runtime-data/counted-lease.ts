import { PipelineUseError } from '../errors.js';
import type { Lease } from './runtime-data.js';

/** A lease that counts its holders, at first one, and calls back once when there are none. */
export class CountedLease implements Lease {
  readonly #onEnd: () => void;
  #holders = 1;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Throws PIPELINE_USE when the lease has ended. */
  retain(): void {
    this.#mustBeHeld();
    this.#holders += 1;
  }

  /** Throws PIPELINE_USE when the lease has ended. */
  release(): void {
    this.#mustBeHeld();
    this.#holders -= 1;
    if (this.#holders === 0) this.#onEnd();
  }

  #mustBeHeld(): void {
    if (this.#holders > 0) return;
    throw new PipelineUseError('the lease has ended: retain it before the last release, not after');
  }
}
