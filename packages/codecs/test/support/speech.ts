import { random } from './signals.js';

/** The first three formants of some vowels, in Hz. */
const VOWELS = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [300, 870, 2240],
  [530, 1840, 2480],
  [570, 840, 2410],
] as const;
const BANDWIDTHS = [90, 110, 170] as const;
/** Formants move every 5 ms. */
const STEPS_PER_SECOND = 200;

/**
 * Speech-like sound, repeatable by its seed: a glottal source whose pitch falls over each phrase, through formants that
 * glide from vowel to vowel, with fricatives between syllables and pauses between words. One channel, peak 0.5.
 */
export function speech(seed: number, sampleRate: number, length: number): Float32Array {
  const next = random(seed);
  const out = new Float32Array(length);
  const tract = BANDWIDTHS.map((bandwidth) => new Resonator(bandwidth, sampleRate));
  const step = Math.round(sampleRate / STEPS_PER_SECOND);
  const formants: number[] = [...VOWELS[0]];
  let phase = 0;
  let flow = 0;
  let spoken = 0;
  for (let at = 0; at < length;) {
    const vowel = VOWELS[Math.floor(next() * VOWELS.length)]!;
    const voiced = Math.round(sampleRate * (0.14 + 0.14 * next()));
    const fricative = next() < 0.3 ? Math.round(sampleRate * 0.07) : 0;
    const pause = next() < 0.25 ? Math.round(sampleRate * (0.1 + 0.2 * next())) : 0;
    const loudness = 0.5 + 0.5 * next();
    const end = Math.min(length, at + voiced);
    for (let i = at; i < end; i++, spoken++) {
      if (i % step === 0) {
        tract.forEach((resonator, k) => {
          formants[k]! += 0.15 * (vowel[k]! - formants[k]!);
          resonator.tune(formants[k]!);
        });
      }
      const time = spoken / sampleRate;
      const pitch = 125 - 15 * (time % 2) + 4 * Math.sin(2 * Math.PI * 2.3 * time);
      phase = (phase + pitch / sampleRate) % 1;
      const before = flow;
      flow = glottalFlow(phase);
      const source = flow - before + 0.0005 * (2 * next() - 1);
      const envelope = loudness * Math.sin((Math.PI * (i - at)) / voiced) ** 0.6;
      out[i] = envelope * tract.reduce((x, resonator) => resonator.filter(x), source);
    }
    at = end;
    for (const stop = Math.min(length, at + fricative), from = at; at < stop; at++) {
      out[at] = 0.02 * Math.sin((Math.PI * (at - from)) / fricative) * (2 * next() - 1);
    }
    if (pause > 0) spoken = 0;
    at += pause;
  }
  const peak = out.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return out.map((x) => (0.5 * x) / peak);
}

/** Rosenberg's pulse: opens for 45 % of the period, closes within 20 %. */
function glottalFlow(phase: number): number {
  if (phase < 0.45) return 0.5 * (1 - Math.cos((Math.PI * phase) / 0.45));
  return phase < 0.65 ? Math.cos((Math.PI * (phase - 0.45)) / 0.4) : 0;
}

/** A two-pole resonance of unity gain at 0 Hz. */
class Resonator {
  readonly #angle: number;
  readonly #radius: number;
  readonly #c: number;
  #b = 0;
  #one = 0;
  #two = 0;

  constructor(bandwidth: number, sampleRate: number) {
    this.#angle = (2 * Math.PI) / sampleRate;
    this.#radius = Math.exp((-Math.PI * bandwidth) / sampleRate);
    this.#c = -(this.#radius ** 2);
  }

  tune(frequency: number): void {
    this.#b = 2 * this.#radius * Math.cos(this.#angle * frequency);
  }

  filter(x: number): number {
    const y = (1 - this.#b - this.#c) * x + this.#b * this.#one + this.#c * this.#two;
    this.#two = this.#one;
    this.#one = y;
    return y;
  }
}
