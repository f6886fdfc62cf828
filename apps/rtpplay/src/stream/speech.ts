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
 * 48 kHz, of a peak of about a third. It is the same on every machine, as it is made of additions and
 * multiplications only, which IEEE 754 defines to the bit.
 */
export class SpeechLike {
  #n = 0;
  #sincePulse = 0;
  #noise = 1;
  #a1 = 0;
  #a2 = 0;
  #b1 = 0;
  #b2 = 0;

  /** Gives the next samples. */
  read(out: Float32Array): void {
    for (let i = 0; i < out.length; i++) out[i] = this.#next();
  }

  #next(): number {
    const place = this.#n % SYLLABLE;
    const syllable = Math.floor(this.#n / SYLLABLE);
    this.#n++;
    const silent = syllable % SYLLABLES === SYLLABLES - 1;
    const source = silent || place >= VOWEL_END ? 0 : this.#source(place, syllable);
    const [a, ra, b, rb, level] = VOWELS[(syllable * 3) % VOWELS.length]!;
    const first = source + a * this.#a1 - ra * this.#a2;
    this.#a2 = this.#a1;
    this.#a1 = first;
    const second = first + b * this.#b1 - rb * this.#b2;
    this.#b2 = this.#b1;
    this.#b1 = second;
    return second * level;
  }

  #source(place: number, syllable: number): number {
    // A linear congruential generator (Numerical Recipes); 32-bit integers are exact everywhere.
    this.#noise = (Math.imul(this.#noise, 1_664_525) + 1_013_904_223) | 0;
    const noise = this.#noise / 2 ** 31;
    if (place < CONSONANT) return noise * 0.03;
    // The pitch falls within each syllable, by more in every second one.
    const fall = ((place - CONSONANT) * PITCH_RANGE * (1 + (syllable % 2))) / (2 * SYLLABLE);
    if (++this.#sincePulse < PITCH_LONG - PITCH_RANGE + fall) return noise * 0.005;
    this.#sincePulse = 0;
    return 1;
  }
}
