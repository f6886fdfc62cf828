import { Worker } from 'node:worker_threads';
import type { Continuity } from './continuity.js';
import { type Figure, figure } from '@rm/benchmark';

/** Hours of virtual time, and how far the sender's clock is off. */
const HOURS = 8;
const PPM = 1000;
const SEED = 301;
/** One packet of 20 ms. */
const FRAME = 960;

/** Whether hours of sound come out whole, from senders whose clocks are off as far as clocks can be. */
export async function continuityFigures(): Promise<Figure[]> {
  const runs = await Promise.all([play(PPM), play(-PPM)]);
  const worst = (of: (run: Continuity) => number): number => Math.max(...runs.map(of));
  return [
    figure(
      `samples out after ${HOURS} h at ±${PPM} ppm, off elapsed × rate, worst`,
      worst(({ surplus }) => Math.abs(surplus)),
      'samples',
      { most: FRAME },
    ),
    figure(
      'sound behind the sender after it, worst',
      worst(({ behind }) => behind * 1000),
      'ms',
      { most: 60 },
    ),
    figure(
      'samples cut, repeated or concealed after the first minute, worst',
      worst(({ mendedLater }) => mendedLater),
      'samples',
      { most: 0 },
    ),
    figure(
      'samples cut, repeated or concealed in the first minute, worst',
      worst(({ mendedFirst }) => mendedFirst),
      'samples',
    ),
    figure(
      'largest bend of the sound against the tone itself',
      worst(({ roughness }) => roughness),
      '×',
      { most: 1.05 },
    ),
  ];
}

async function play(ppm: number): Promise<Continuity> {
  const worker = new Worker(new URL('continuity-worker.js', import.meta.url), {
    workerData: { hours: HOURS, ppm, seed: SEED },
  });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
