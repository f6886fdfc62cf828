import { readFileSync } from 'node:fs';
import { parseWav } from '@rm/codecs';

const FILE = new URL('../../demo/assets/speech.wav', import.meta.url);

/** Some seconds of the demo's speech, one channel at 48 kHz. */
export function speech(seconds: number): Float32Array {
  const wav = parseWav(readFileSync(FILE));
  if (!wav.ok || wav.value.sampleRate !== 48_000 || wav.value.channels !== 1)
    throw new Error(`${FILE.pathname} is not mono at 48 kHz; restore it`);
  return wav.value.samples.subarray(0, seconds * 48_000);
}

/** Two channels: the speech, and itself 10 ms later and softer. */
export function stereo(mono: Float32Array): Float32Array {
  const out = new Float32Array(2 * mono.length);
  mono.forEach((sample, i) => {
    out[2 * i] = sample;
    out[2 * i + 1] = 0.7 * (mono[i - 480] ?? 0);
  });
  return out;
}
