import { type Micros, micros } from '../src/index.js';
import { random } from './simulate.js';

/** Standard normal variate (Box–Muller). */
export const gaussian = (next: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

export const exponential = (next: () => number): number => -Math.log(1 - next());

/** Delay of each packet in ms; made anew for each run from its random source. */
export type Delays = (next: () => number) => () => number;

/** A queue shared with cross traffic: it drains between packets, and is empty now and then. Jitter about 20 ms. */
export const queueing: Delays = (next) => {
  let backlog = 0;
  return () => {
    backlog = Math.max(0, backlog - 20) + (next() < 0.45 ? 22 * exponential(next) : 0);
    return backlog;
  };
};

/** Independent one-sided jitter of 20 ms whose density is highest at no delay. */
export const oneSided: Delays = (next) => () => 20 * exponential(next);

/** Noise without a floor, σ = 20 ms. */
export const normal: Delays = (next) => () => 100 + 20 * gaussian(next);

export interface DriftingSender {
  readonly seed: number;
  readonly ppm: number;
  readonly seconds: number;
  readonly delays: Delays;
  readonly clockRate?: number;
  readonly firstTimestamp?: number;
  /** Path delay in ms at a second of the run; 50 by default. */
  readonly path?: (second: number) => number;
  /** Seconds in which nothing is sent. */
  readonly silence?: readonly [from: number, to: number];
}

/** Packets of 20 ms, in order of arrival: RTP timestamp and arrival. */
export function arrivals(sender: DriftingSender): { timestamp: number; at: Micros }[] {
  const { clockRate = 48_000, firstTimestamp = 0, path = () => 50, silence = [0, 0] } = sender;
  const delay = sender.delays(random(sender.seed));
  const packets: { timestamp: number; at: Micros }[] = [];
  for (let i = 0; i < sender.seconds * 50; i++) {
    const sent = (i * 20_000) / (1 + sender.ppm * 1e-6);
    const late = delay();
    if (sent >= silence[0] * 1e6 && sent < silence[1] * 1e6) continue;
    packets.push({
      timestamp: (firstTimestamp + (i * clockRate) / 50) >>> 0,
      at: micros(sent + (path(sent / 1e6) + late) * 1000),
    });
  }
  return packets.sort((a, b) => a.at - b.at);
}
