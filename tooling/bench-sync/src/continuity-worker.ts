// One sender's hours in a thread of their own; told which clock, it tells how it went.
import { parentPort, workerData } from 'node:worker_threads';
import { playHours } from './continuity.js';

const { hours, ppm, seed } = workerData as { hours: number; ppm: number; seed: number };
parentPort!.postMessage(playHours(hours, ppm, seed));
