// Taken once: in Jest's sandbox each look at a global costs more than what it computes.
const { PI, abs, atan2, cos, hypot, imul, log10, max, sin, sqrt } = Math;

/** Repeatable random numbers in 0…1 (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = imul(state ^ (state >>> 15), 1 | state);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One channel of a sine with the given frequency in Hz. */
export function tone(
  frequency: number,
  sampleRate: number,
  length: number,
  amplitude = 0.5,
): Float32Array {
  const step = (2 * PI * frequency) / sampleRate;
  return Float32Array.from({ length }, (_, i) => amplitude * sin(step * i));
}

/** One channel of white noise. */
export function noise(seed: number, length: number, amplitude = 0.5): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length }, () => amplitude * (2 * next() - 1));
}

/** A voiced sound: harmonics of a gliding pitch, falling by 6 dB an octave, up to 4 kHz. */
export function voice(pitch: number, sampleRate: number, length: number): Float32Array {
  const out = new Float32Array(length);
  let phase = 0;
  for (let i = 0; i < length; i++) {
    phase += (2 * PI * (pitch + (4 * i) / sampleRate)) / sampleRate;
    for (let k = 1; k * pitch < 4000; k++) out[i]! += (0.15 / k) * sin(k * phase + k * k);
  }
  return out;
}

/** Channels of one length, interleaved. */
export function interleave(...channels: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(channels.length * channels[0]!.length);
  channels.forEach((samples, channel) => {
    samples.forEach((sample, i) => (out[i * channels.length + channel] = sample));
  });
  return out;
}

/** One channel of interleaved samples. */
export const channelOf = (samples: Float32Array, channel: number, channels: number): Float32Array =>
  samples.filter((_, i) => i % channels === channel);

/** Blocks put one behind the other. */
export function concat(blocks: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    out.set(block, at);
    at += block.length;
  }
  return out;
}

/** The sine of a known frequency in a signal, by least squares, and what is left beside it. */
export function fitSine(
  samples: Float32Array,
  frequency: number,
  sampleRate: number,
): { amplitude: number; phase: number; snr: number } {
  const step = (2 * PI * frequency) / sampleRate;
  let ss = 0;
  let sc = 0;
  let cc = 0;
  let xs = 0;
  let xc = 0;
  samples.forEach((x, i) => {
    const s = sin(step * i);
    const c = cos(step * i);
    ss += s * s;
    sc += s * c;
    cc += c * c;
    xs += x * s;
    xc += x * c;
  });
  const det = ss * cc - sc * sc;
  const a = (xs * cc - xc * sc) / det;
  const b = (xc * ss - xs * sc) / det;
  let signal = 0;
  let rest = 0;
  samples.forEach((x, i) => {
    const model = a * sin(step * i) + b * cos(step * i);
    signal += model * model;
    rest += (x - model) ** 2;
  });
  return {
    amplitude: hypot(a, b),
    phase: atan2(b, a),
    snr: 10 * log10(signal / rest),
  };
}

/** Ratio in dB of a signal to its difference from what it should be. */
export function snr(expected: Float32Array, actual: Float32Array): number {
  let signal = 0;
  let rest = 0;
  expected.forEach((x, i) => {
    signal += x * x;
    rest += (actual[i]! - x) ** 2;
  });
  return 10 * log10(signal / rest);
}

/** RMS amplitude. */
export const rms = (samples: Float32Array): number =>
  sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

/** Largest second difference: a click stands out from the curvature of the signal. */
export function roughness(samples: Float32Array): number {
  let most = 0;
  for (let i = 2; i < samples.length; i++) {
    most = max(most, abs(samples[i]! - 2 * samples[i - 1]! + samples[i - 2]!));
  }
  return most;
}
