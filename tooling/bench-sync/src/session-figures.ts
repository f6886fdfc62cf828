import { type Figure, figure } from '@rm/benchmark';
import { runSession } from './session.js';

/** Peers and seconds of each session, of which there are three per run: as they are, with a shared clock, over asymmetric paths. */
const PEERS = 4;
const SECONDS = 20;

/** Absolute values in ms, counted in steps of 10 µs up to a second. */
class Distribution {
  readonly #counts = new Uint32Array(100_000);
  #total = 0;

  add(values: readonly number[]): void {
    for (const value of values) {
      const bucket = Math.min(this.#counts.length - 1, Math.floor(Math.abs(value) * 100));
      this.#counts[bucket] = this.#counts[bucket]! + 1;
    }
    this.#total += values.length;
  }

  /** The 95 % quantile, rounded up to a step. */
  get p95(): number {
    let above = this.#total * 0.05;
    let bucket = this.#counts.length - 1;
    while (bucket > 0 && (above -= this.#counts[bucket]!) >= 0) bucket--;
    return (bucket + 1) / 100;
  }
}

/** Measures seeded sessions: are sources together, pictures with their sound, and the truth within the bound? */
export function sessionFigures(runs = 1000, seed = 1): Figure[] {
  const apart = new Distribution();
  const sharedApart = new Distribution();
  const audioVideo = new Distribution();
  const bounds = new Distribution();
  let [before, after] = [0, 0];
  let [stamped, uncovered, runsCovered] = [0, 0, 0];
  for (let i = 0; i < runs; i++) {
    const scenario = { seed: seed + i, peers: PEERS, seconds: SECONDS, video: true };
    const own = runSession(scenario);
    const shared = runSession({ ...scenario, sharedClock: true });
    const crooked = runSession({ ...scenario, video: false, asymmetric: true });
    apart.add(own.misalignment);
    sharedApart.add(shared.misalignment);
    bounds.add(own.bounds);
    for (const { audioVideo: errors } of [own, shared]) {
      audioVideo.add(errors);
      before = Math.max(before, -Math.min(...errors));
      after = Math.max(after, ...errors);
    }
    stamped += own.stamped + shared.stamped + crooked.stamped;
    const outside = own.uncovered + shared.uncovered + crooked.uncovered;
    uncovered += outside;
    if (outside === 0) runsCovered++;
  }
  return [
    figure('sources apart, own clocks, p95', apart.p95, 'ms', { most: 5 }),
    figure('sources apart, shared clock, p95', sharedApart.p95, 'ms', { most: 1 }),
    figure('sound from picture, p95', audioVideo.p95, 'ms', { most: 10 }),
    figure('sound before picture, worst', before, 'ms', { most: 45 }),
    figure('sound after picture, worst', after, 'ms', { most: 125 }),
    figure('bound stated, p95', bounds.p95, 'ms'),
    figure('frames within their bound', 100 * (1 - uncovered / stamped), '%', { least: 99.9 }),
    figure('sessions wholly within', (100 * runsCovered) / runs, '%', { least: 99.9 }),
  ];
}
