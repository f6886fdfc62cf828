import { Resampler, type ResamplerOptions } from './resampler.js';

/**
 * Converts a whole recording, interleaved, to another rate: gives all samples whose instants lie within
 * it, so ⌈length × output rate / input rate⌉ per channel, without a delay. Before and behind it is
 * silence. For streams there is {@link Resampler}; throws what that throws.
 */
export function resample(samples: Float32Array, options: ResamplerOptions): Float32Array {
  const resampler = new Resampler(options);
  const { channels, latency } = resampler;
  const input = new Float32Array(samples.length + latency * channels);
  input.set(samples);
  const output = new Float32Array(resampler.outputLength(input.length / channels) * channels);
  resampler.process(input, output);
  return output;
}
