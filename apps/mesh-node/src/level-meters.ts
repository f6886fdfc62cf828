import { type AudioFrame, dbfs } from '@rm/codecs';
import { round } from './round.js';

class Meter {
  energy = 0;
  count = 0;

  add(energy: number, count: number): void {
    this.energy += energy;
    this.count += count;
  }

  get level(): number | undefined {
    return this.count === 0 ? undefined : round(dbfs(Math.sqrt(this.energy / this.count)), 1);
  }
}

/** RMS level of every peer, since it was last read and since the beginning. */
export class LevelMeters {
  readonly #recent = new Map<string, Meter>();
  readonly #total = new Map<string, Meter>();

  add(frames: ReadonlyMap<string, AudioFrame>): void {
    for (const [peerId, { samples }] of frames) {
      let energy = 0;
      for (let i = 0; i < samples.length; i++) energy += samples[i]! * samples[i]!;
      for (const meters of [this.#recent, this.#total]) {
        let meter = meters.get(peerId);
        if (meter === undefined) meters.set(peerId, (meter = new Meter()));
        meter.add(energy, samples.length);
      }
    }
  }

  /** Level of `peerId` in dBFS since the last call; undefined when nothing was heard. */
  recent(peerId: string): number | undefined {
    const level = this.#recent.get(peerId)?.level;
    this.#recent.delete(peerId);
    return level;
  }

  /** Level of `peerId` in dBFS over all that was heard. */
  total(peerId: string): number | undefined {
    return this.#total.get(peerId)?.level;
  }
}
