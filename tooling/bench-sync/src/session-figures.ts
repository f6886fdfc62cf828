import { type Figure, figure } from './figures.js';
import { runSession } from './session.js';

/** Peers and seconds of each session, of which there are three per run: as they are, with a shared clock, over asymmetric paths. */
const PEERS = 4;
const SECONDS = 20;

/** Measures seeded sessions: are sources together, pictures with their sound, and the truth within the bound? */
export function sessionFigures(runs = 1000, seed = 1): Figure[] {
  const apart: number[][] = [];
  const sharedApart: number[][] = [];
  const audioVideo: number[][] = [];
  const bounds: number[][] = [];
  let stamped = 0;
  let uncovered = 0;
  let runsCovered = 0;
  for (let i = 0; i < runs; i++) {
    const scenario = { seed: seed + i, peers: PEERS, seconds: SECONDS, video: true };
    const session = runSession(scenario);
    const shared = runSession({ ...scenario, sharedClock: true });
    const crooked = runSession({ ...scenario, video: false, asymmetric: true });
    apart.push(session.misalignment);
    sharedApart.push(shared.misalignment);
    audioVideo.push(session.audioVideo, shared.audioVideo);
    bounds.push(session.bounds);
    stamped += session.stamped + shared.stamped + crooked.stamped;
    const outside = session.uncovered + shared.uncovered + crooked.uncovered;
    uncovered += outside;
    if (outside === 0) runsCovered++;
  }
  const errors = Float64Array.from(audioVideo.flat()).sort();
  return [
    figure('sources apart, own clocks, p95', p95(apart), 'ms', { most: 5 }),
    figure('sources apart, shared clock, p95', p95(sharedApart), 'ms', { most: 1 }),
    figure('sound from picture, p95', p95([Array.from(errors, Math.abs)]), 'ms', { most: 10 }),
    figure('sound before picture, worst', -(errors[0] ?? Number.NaN), 'ms', { most: 45 }),
    figure('sound after picture, worst', errors.at(-1) ?? Number.NaN, 'ms', { most: 125 }),
    figure('bound stated, p95', p95(bounds), 'ms'),
    figure('frames within their bound', 100 * (1 - uncovered / stamped), '%', { least: 99.9 }),
    figure('sessions wholly within', (100 * runsCovered) / runs, '%', { least: 99.9 }),
  ];
}

const p95 = (values: readonly number[][]): number => {
  const sorted = Float64Array.from(values.flat()).sort();
  return sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN;
};
