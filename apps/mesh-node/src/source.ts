import { readFile, stat } from 'node:fs/promises';
import { amplitudeFromDbfs, parseWav, Resampler } from '@rm/codecs';
import { UsageError } from './errors.js';

/** Sample rate of every source. */
export const SOURCE_RATE = 48_000;
/** Level of the tone: soft, 20 dB below full scale at its peaks. */
const TONE_PEAK = amplitudeFromDbfs(-20);
/** A WAV file is held in memory whole. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/** Endless mono audio at 48 kHz. */
export interface Source {
  /** Fills the whole of `out` with the next samples. */
  read(out: Float32Array): void;
}

/**
 * Opens what `--source` names: a WAV file, `tone:HZ`, `silence`, or `none` (undefined).
 * Rejects with a {@link UsageError} that says what is wrong.
 */
export async function openSource(spec: string): Promise<Source | undefined> {
  if (spec === 'none') return undefined;
  if (spec === 'silence') return { read: (out) => void out.fill(0) };
  if (spec.startsWith('tone:')) return toneSource(spec.slice(5));
  return fileSource(spec);
}

function toneSource(text: string): Source {
  const frequency = Number(text);
  if (!(frequency > 0 && frequency <= 20_000) || text.trim() === '')
    throw new UsageError(
      `--source tone:${text} names no frequency: give 1 to 20000 Hz, as in tone:440`,
    );
  let n = 0;
  return {
    read(out) {
      for (let i = 0; i < out.length; i++, n++)
        out[i] =
          TONE_PEAK * Math.sin((2 * Math.PI * ((frequency * n) % SOURCE_RATE)) / SOURCE_RATE);
    },
  };
}

/** The file from its beginning, again and again; other rates are resampled, channels mixed down. */
async function fileSource(path: string): Promise<Source> {
  const bytes = await readSource(path);
  const wav = parseWav(bytes);
  if (!wav.ok)
    throw new UsageError(
      `--source ${path} is not a WAV file that can be read (${wav.reason}): give PCM or float, as 'sox in.mp3 out.wav' writes`,
    );
  const samples = toSourceRate(toMono(wav.value.samples, wav.value.channels), wav.value.sampleRate);
  if (samples.length === 0)
    throw new UsageError(`--source ${path} has no samples: give another file`);
  let position = 0;
  return {
    read(out) {
      for (let filled = 0; filled < out.length;) {
        const count = Math.min(out.length - filled, samples.length - position);
        out.set(samples.subarray(position, position + count), filled);
        filled += count;
        position = (position + count) % samples.length;
      }
    },
  };
}

async function readSource(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES)
      throw new UsageError(`--source ${path} is larger than 512 MiB: cut it first`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? String(error)})`;
    throw new UsageError(`--source ${path} ${why}: give a WAV file, tone:HZ, silence or none`);
  }
}

function toMono(samples: Float32Array, channels: number): Float32Array {
  if (channels === 1) return samples;
  const mono = new Float32Array(Math.floor(samples.length / channels));
  for (let i = 0; i < mono.length; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += samples[i * channels + c]!;
    mono[i] = sum / channels;
  }
  return mono;
}

function toSourceRate(samples: Float32Array, sampleRate: number): Float32Array {
  if (sampleRate === SOURCE_RATE) return samples;
  const resampler = new Resampler({ inputRate: sampleRate, outputRate: SOURCE_RATE, channels: 1 });
  // What the filter looks ahead at the end of the file is silence.
  const input = new Float32Array(samples.length + resampler.latency);
  input.set(samples);
  const out = new Float32Array(resampler.outputLength(input.length));
  resampler.process(input, out);
  return out;
}
