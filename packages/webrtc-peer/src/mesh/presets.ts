import { millis } from '@rm/rtp-sync';
import type { MeshOptions } from './mesh-options.js';
import type { VideoEncoding } from './video-output.js';

/** Names of {@link meshPreset}. */
export type MeshPreset = 'low-latency' | 'high-quality' | 'mobile';

/** What a preset sets: options of a mesh, and of the picture streams it opens. */
export interface PresetOptions {
  readonly mesh: Required<Pick<MeshOptions, 'audio' | 'playoutDelay' | 'alignment'>> & {
    readonly connectTimeoutMs: number;
  };
  readonly video: VideoEncoding;
}

const PRESETS: Readonly<Record<MeshPreset, PresetOptions>> = {
  'low-latency': {
    mesh: {
      audio: { bitrate: 32_000, complexity: 5 },
      playoutDelay: { pricePerPercent: 'low-latency', min: millis(15), max: millis(150) },
      alignment: { maxDelay: millis(0) },
      connectTimeoutMs: 5000,
    },
    video: { maxBitrate: 1_500_000, fps: 30 },
  },
  'high-quality': {
    mesh: {
      audio: { bitrate: 64_000, maxBitrate: 128_000, complexity: 10 },
      playoutDelay: { pricePerPercent: 'robust', min: millis(20), max: millis(1000) },
      alignment: { maxDelay: millis(120) },
      connectTimeoutMs: 10_000,
    },
    video: { maxBitrate: 4_000_000, fps: 30 },
  },
  mobile: {
    mesh: {
      audio: { bitrate: 24_000, minBitrate: 12_000, complexity: 5 },
      playoutDelay: { pricePerPercent: 'robust', min: millis(40), max: millis(1000) },
      alignment: { maxDelay: millis(60) },
      connectTimeoutMs: 15_000,
    },
    video: { maxBitrate: 800_000, fps: 24 },
  },
};

/**
 * Options for a purpose, to be spread into those of a `Mesh` and of `openVideo`:
 *
 * | preset | sound | delay | pictures |
 * |---|---|---|---|
 * | `low-latency` | 32 kbit/s | up to 150 ms, waits for nobody | up to 1.5 Mbit/s |
 * | `high-quality` | 64…128 kbit/s, complexity 10 | rather late than missing, in step up to 120 ms | up to 4 Mbit/s |
 * | `mobile` | 12…24 kbit/s | rather late than missing, 40 ms and more | up to 0.8 Mbit/s, 24 fps |
 */
export const meshPreset = (name: MeshPreset): PresetOptions => PRESETS[name];
