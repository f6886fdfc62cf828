import { floatToPcm16 } from '@rm/codecs';
import type { Listener, Tick } from '../replay/replay.js';

/** 480 samples of 16 bits. */
const TICK_BYTES = 960;

/** Gives what is heard as 16-bit PCM, little-endian on every machine. The bytes are reused. */
export class Pcm implements Listener {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #bytes = new Uint8Array(TICK_BYTES);
  #samples = 0;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Samples given so far, at 48 kHz. */
  get samples(): number {
    return this.#samples;
  }

  tick({ samples }: Tick): void {
    if (samples === undefined) return;
    this.#samples += samples.length;
    floatToPcm16(samples, this.#bytes);
    this.#write(this.#bytes);
  }
}
