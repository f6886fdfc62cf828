import { type AudioFrame, dbfs } from '@rm/codecs';
import { round } from './report.js';

/** RMS level of every peer since it was last read. */
export class LevelMeters {
  readonly #meters = new Map<string, { energy: number; count: number }>();

  add(frames: ReadonlyMap<string, AudioFrame>): void {
    for (const [peerId, { samples }] of frames) {
      let meter = this.#meters.get(peerId);
      if (meter === undefined) this.#meters.set(peerId, (meter = { energy: 0, count: 0 }));
      let energy = 0;
      for (const sample of samples) energy += sample * sample;
      meter.energy += energy;
      meter.count += samples.length;
    }
  }

  /** Level of `peerId` in dBFS since the last call; undefined when nothing was heard. */
  read(peerId: string): number | undefined {
    const meter = this.#meters.get(peerId);
    if (meter === undefined || meter.count === 0) return undefined;
    const level = round(dbfs(Math.sqrt(meter.energy / meter.count)), 1);
    meter.energy = meter.count = 0;
    return level;
  }
}
