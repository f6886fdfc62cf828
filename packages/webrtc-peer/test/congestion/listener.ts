import { JitterBuffer, millis } from '@rm/rtp-sync';

/** Ticks of the 48 kHz clock in a packet, and in what is played at a time. */
const PACKET = 960;
const BLOCK = 480;
const BLOCK_MS = 10;
const NO_BYTES = new Uint8Array(1);

/** Who listens to the sound of a call: the jitter buffer of a receiver, of which 10 ms are played at a time. */
export class Listener {
  readonly #buffer = new JitterBuffer({ clockRate: 48_000 });
  #nextBlock = 0;
  /** Decoded ticks that are still to be played; of those that were made up, how many from the head on. */
  #pending = 0;
  #madeUp = 0;
  #begun = false;
  /** Ticks made up of each block, by when it was played in ms. */
  readonly #blocks: { readonly at: number; readonly madeUp: number }[] = [];

  packet(sequence: number, at: number): void {
    const timestamp = (sequence * PACKET) >>> 0;
    this.#buffer.insert(sequence & 0xffff, timestamp, PACKET, NO_BYTES, millis(at));
  }

  /** Plays what is due until `at`, in ms. */
  play(at: number): void {
    for (; this.#nextBlock <= at; this.#nextBlock += BLOCK_MS) this.#playBlock(this.#nextBlock);
  }

  /** Longest time in ms for which sound was made up without a pause, from so many seconds on. */
  longestInterruption(from: number): number {
    let longest = 0;
    let run = 0;
    for (const { at, madeUp } of this.#blocks) {
      if (at < 1000 * from) continue;
      run = madeUp > 0 ? run + madeUp : 0;
      longest = Math.max(longest, run);
    }
    return (longest * BLOCK_MS) / BLOCK;
  }

  #playBlock(at: number): void {
    while (this.#pending < BLOCK) {
      const decision = this.#buffer.next(millis(at), this.#pending);
      if (decision.op === 'decode') {
        this.#begun = true;
        this.#pending += decision.packet.duration;
      } else {
        this.#pending += decision.ticks;
        this.#madeUp = this.#pending;
      }
    }
    if (this.#begun) this.#blocks.push({ at, madeUp: Math.min(this.#madeUp, BLOCK) });
    this.#madeUp = Math.max(0, this.#madeUp - BLOCK);
    this.#pending -= BLOCK;
  }
}
