export type { AudioFrame, CaptureTime, Micros } from './frames/audio-frame.js';
export { ArgumentError, ClosedError, UnsupportedError } from './errors.js';
export { loadOpus } from './opus/load-opus.js';
export type {
  OpusApplication,
  OpusCapabilities,
  OpusDecoder,
  OpusDecoderOptions,
  OpusEncoder,
  OpusEncoderOptions,
  OpusEncoderSettings,
  OpusEngine,
  OpusEngineName,
} from './opus/engine.js';
export { isDtx, packetHasFec } from './opus/packet-contents.js';
export { OPUS_CLOCK_RATE, parseToc } from './opus/toc.js';
export type { OpusBandwidth, OpusMode, OpusToc, TocResult } from './opus/toc.js';
export { parseWav } from './wav/parse-wav.js';
export type { WavAudio, WavResult } from './wav/parse-wav.js';
export { WAV_HEADER_BYTES, wavHeader } from './wav/wav-header.js';
export type { WavFormat } from './wav/wav-header.js';
export { floatToPcm16 } from './dsp/pcm16.js';
export { MAX_CORRECTION_PPM, Resampler } from './dsp/resampler.js';
export type { ResamplerOptions } from './dsp/resampler.js';
export { ComfortNoise } from './dsp/comfort-noise.js';
export { TimeStretch } from './dsp/time-stretch.js';
export type { SampleFormat } from './dsp/pitch-search.js';
export { applyGain, gainFromDb } from './dsp/gain.js';
export { amplitudeFromDbfs, dbfs, measureLevel, MIN_DBFS } from './dsp/level.js';
export type { Level } from './dsp/level.js';
export { mixInto, softLimit } from './dsp/mix.js';
