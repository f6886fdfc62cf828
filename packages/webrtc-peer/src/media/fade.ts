/** Samples of a fade: 2.5 ms at 48 kHz, as a step would be heard as a click. */
const FADE_SAMPLES = 120;

/** Turns sound off and on again without a click. */
export class Fade {
  /** How far it is on, 0…{@link FADE_SAMPLES}. */
  #level = FADE_SAMPLES;

  /** Changes what comes next in place: on its way to silence, to full sound, or there. */
  apply(samples: Float32Array, on: boolean): void {
    const goal = on ? FADE_SAMPLES : 0;
    let n = 0;
    while (this.#level !== goal && n < samples.length) {
      this.#level += on ? 1 : -1;
      samples[n++]! *= this.#level / FADE_SAMPLES;
    }
    if (!on) samples.fill(0, n);
  }
}
