/** What a tick plays, in samples, and how long it is in ms. */
const TICK_SAMPLES = 480;
const TICK_MS = 10;

/** Finds the longest time in which a peer was not heard, tick by tick. */
export class Interruption {
  #concealed = 0;
  #samples = 0;
  #longest = 0;

  /** A tick has passed: whether anything was played, and all samples concealed so far. */
  tick(played: boolean, concealed: number): void {
    const more = played ? Math.min(concealed - this.#concealed, TICK_SAMPLES) : TICK_SAMPLES;
    this.#concealed = concealed;
    this.#samples = more > 0 ? this.#samples + more : 0;
    this.#longest = Math.max(this.#longest, this.#samples);
  }

  /** The longest interruption that lasted after this was called last, in ms. */
  take(): number {
    const longest = (this.#longest * TICK_MS) / TICK_SAMPLES;
    this.#longest = 0;
    return longest;
  }
}
