/**
 * Resonances of vowels at 48 kHz as (2·r·cos θ, r²), two formants each, made with r = 0.995 and 0.99; and the level at
 * which the vowel has a peak of about a third.
 */
const VOWELS: readonly (readonly [number, number, number, number, number])[] = [
  // a: 730 and 1090 Hz
  [1.980_921, 0.990_025, 1.959_88, 0.9801, 0.000_296],
  // i: 270 and 2290 Hz
  [1.988_757, 0.990_025, 1.891_706, 0.9801, 0.001_01],
  // u: 300 and 870 Hz
  [1.988_466, 0.990_025, 1.967_174, 0.9801, 0.000_143],
  // e: 530 and 1840 Hz
  [1.985_213, 0.990_025, 1.922_846, 0.9801, 0.000_96],
  // o: 570 and 840 Hz
  [1.984_463, 0.990_025, 1.968_043, 0.9801, 0.000_156],
];
/** A syllable begins with noise, goes on with a vowel and ends; every eighth is silent. */
const SYLLABLE = 10_560;
const CONSONANT = 1920;
const VOWEL_END = 9600;
const SYLLABLES = 8;
/** Of the voice, in samples. */
const PITCH_LONG = 440;
const PITCH_RANGE = 80;

/**
 * A signal that is like speech to a codec: voiced and unvoiced, with a pitch that moves, syllables and pauses, at
 * 48 kHz, of a peak of about a third. It is the same on every machine, as it is made of sums, products
 * and remainders only, which IEEE 754 defines to the bit.
 */
export class SpeechLike {
  /** Samples given, and since the last pulse of the voice. */
  #n = 0;
  #sincePulse = 0;
  #noise = 1;
  /** The last two outputs of each resonance. */
  #a1 = 0;
  #a2 = 0;
  #b1 = 0;
  #b2 = 0;

  /** Gives the next samples. */
  read(out: Float32Array): void {
    for (let filled = 0; filled < out.length;) {
      const place = this.#n % SYLLABLE;
      const count = Math.min(out.length - filled, SYLLABLE - place);
      this.#speak(out.subarray(filled, filled + count), place, (this.#n - place) / SYLLABLE);
      this.#n += count;
      filled += count;
    }
  }

  /** Gives samples of one syllable, from a place in it on. */
  #speak(out: Float32Array, begin: number, syllable: number): void {
    const [a, ra, b, rb, level] = VOWELS[(syllable * 3) % VOWELS.length]!;
    const end = syllable % SYLLABLES === SYLLABLES - 1 ? 0 : VOWEL_END;
    for (let i = 0; i < out.length; i++) {
      const source = begin + i < end ? this.#source(begin + i, syllable) : 0;
      const first = source + a * this.#a1 - ra * this.#a2;
      const second = first + b * this.#b1 - rb * this.#b2;
      this.#a2 = this.#a1;
      this.#a1 = first;
      this.#b2 = this.#b1;
      this.#b1 = second;
      out[i] = second * level;
    }
  }

  /** What makes the resonances sound: noise, then pulses. */
  #source(place: number, syllable: number): number {
    // A generator of Lehmer (MINSTD); its products are integers below 2⁵³ and so exact everywhere.
    this.#noise = (this.#noise * 16_807) % 2_147_483_647;
    const noise = this.#noise / 2 ** 30 - 1;
    if (place < CONSONANT) return noise * 0.03;
    // The pitch falls within each syllable, by more in every second one.
    const fall = ((place - CONSONANT) * PITCH_RANGE * (1 + (syllable % 2))) / (2 * SYLLABLE);
    if (++this.#sincePulse < PITCH_LONG - PITCH_RANGE + fall) return noise * 0.005;
    this.#sincePulse = 0;
    return 1;
  }
}
