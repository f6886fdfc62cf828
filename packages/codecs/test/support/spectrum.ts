// Taken once: in Jest's sandbox each look at a global costs more than what it computes.
const { PI, cos, log10, round, sin } = Math;

/** Discrete Fourier transform in place; the length is a power of two. */
function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  for (let half = 1; half < n; half *= 2) {
    for (let k = 0; k < half; k++) {
      const c = cos((PI * k) / half);
      const s = -sin((PI * k) / half);
      for (let i = k; i < n; i += 2 * half) {
        const j = i + half;
        const x = re[j]! * c - im[j]! * s;
        const y = re[j]! * s + im[j]! * c;
        re[j] = re[i]! - x;
        im[j] = im[i]! - y;
        re[i]! += x;
        im[i]! += y;
      }
    }
  }
}

/**
 * Power in `size`/2 equal bands up to half the sample rate, of windows half over each other (Welch), with a
 * Blackman-Harris window, whose side lobes are 92 dB down. They sum up to the signal's power.
 */
export function powerSpectrum(samples: Float32Array, size = 1024): Float64Array {
  const window = Float64Array.from({ length: size }, (_, i) => {
    const angle = (2 * PI * i) / size;
    return 0.35875 - 0.48829 * cos(angle) + 0.14128 * cos(2 * angle) - 0.01168 * cos(3 * angle);
  });
  const norm = window.reduce((sum, x) => sum + x * x, 0) * size;
  const power = new Float64Array(size / 2);
  let windows = 0;
  for (let at = 0; at + size <= samples.length; at += size / 2, windows++) {
    const re = window.map((x, i) => x * samples[at + i]!);
    const im = new Float64Array(size);
    fft(re, im);
    for (let k = 0; k < power.length; k++) power[k]! += (2 / norm) * (re[k]! ** 2 + im[k]! ** 2);
  }
  return power.map((x) => x / windows);
}

/** Level in dB of a power spectrum between two frequencies in Hz. */
export function bandLevel(
  power: Float64Array,
  sampleRate: number,
  low: number,
  high: number,
): number {
  const band = (hz: number): number => round((hz / sampleRate) * 2 * power.length);
  return 10 * log10(power.subarray(band(low), band(high)).reduce((sum, x) => sum + x, 0));
}
