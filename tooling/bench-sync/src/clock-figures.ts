import {
  ClockDriftEstimator,
  ClockOffsetEstimator,
  RtpClock,
  micros,
  ntpFromUnix,
} from '@rm/rtp-sync';
import { type Figure, figure } from '@rm/benchmark';
import { Random } from './random.js';

const NOON = 1_700_000_000_000_000;
/** Drifts are drawn from ± this: two clocks of ± 500 ppm each. */
const MAX_PPM = 1000;
/** Seconds after which the drift is judged, and by how many ppm it may be off then. */
const DRIFT_MARKS = [10, 60] as const;
const DRIFT_GOALS = [20, 5] as const;

/** Errors of one kind over all runs, and how often the stated bound did not cover them. */
class Errors {
  readonly #values: number[] = [];
  #missed = 0;

  add(error: number, bound: number): void {
    this.#values.push(Math.abs(error));
    if (Math.abs(error) > bound) this.#missed++;
  }

  get p95(): number {
    const sorted = Float64Array.from(this.#values).sort();
    return sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN;
  }

  /** Share within the bound, in percent. */
  get covered(): number {
    return 100 * (1 - this.#missed / this.#values.length);
  }
}

/** What queueing adds to a packet, in ms; made anew for each run. */
type Jitter = (random: Random) => () => number;

/** A queue shared with cross traffic that drains 20 ms between packets: empty now and then. */
const queueing: Jitter = (random) => {
  let backlog = 0;
  return () => {
    const burst = random.uniform() < 0.45 ? random.exponential(22) : 0;
    backlog = Math.max(0, backlog - 20) + burst;
    return backlog;
  };
};

const oneSided: Jitter = (random) => () => random.exponential(20);
const gaussian: Jitter = (random) => () => 100 + 20 * random.normal();

/** Measures seeded runs of the clock estimators: how far they are off, and whether their bounds say so. */
export function clockFigures(runs = 1000, seed = 1): Figure[] {
  return [
    ...reportFigures(runs, seed),
    ...offsetFigures(runs, seed),
    ...driftFigures('queueing', queueing, runs, seed),
    ...driftFigures('queueing, route changes', changingRoute(queueing), runs, seed),
    ...driftFigures('one-sided', oneSided, runs, seed),
    ...driftFigures('Gaussian', gaussian, runs, seed),
  ];
}

/** Adds a path whose delay steps by 5 to 45 ms up or down every 10 to 30 s. */
function changingRoute(jitter: Jitter): Jitter {
  return (random) => {
    const next = jitter(random);
    let path = 50;
    let left = 0;
    return () => {
      if (left-- === 0) {
        left = 500 + Math.floor(1000 * random.uniform());
        path = Math.abs(path + (random.uniform() < 0.5 ? -1 : 1) * (5 + 40 * random.uniform()));
      }
      return path + next();
    };
  };
}

function driftFigures(name: string, jitter: Jitter, runs: number, seed: number): Figure[] {
  const errors = DRIFT_MARKS.map(() => new Errors());
  for (let i = 0; i < runs; i++) {
    const random = new Random(seed + i);
    const ppm = MAX_PPM * (2 * random.uniform() - 1);
    const estimator = new ClockDriftEstimator(48_000);
    let mark = 0;
    for (const [at, timestamp] of drifting(ppm, jitter(random))) {
      if (at > DRIFT_MARKS[mark]! * 1e6)
        errors[mark++]!.add(estimator.estimateDrift() - ppm, estimator.bound);
      if (mark === DRIFT_MARKS.length) break;
      estimator.update(timestamp, micros(at));
    }
  }
  return DRIFT_MARKS.flatMap((mark, k) => [
    figure(`drift off after ${mark} s, ${name}, p95`, errors[k]!.p95, 'ppm', {
      most: DRIFT_GOALS[k]!,
    }),
    figure(`drift within its bound after ${mark} s, ${name}`, errors[k]!.covered, '%', {
      least: 99.9,
    }),
  ]);
}

/** Arrivals in µs and timestamps of packets of 20 ms, in order of arrival, a little longer than the last mark. */
function drifting(ppm: number, delay: () => number): [at: number, timestamp: number][] {
  const packets: [number, number][] = [];
  for (let n = 0; n < (DRIFT_MARKS.at(-1)! + 1) * 50; n++)
    packets.push([(n * 20_000) / (1 + ppm * 1e-6) + 1000 * delay(), (n * 960) >>> 0]);
  return packets.sort((a, b) => a[0] - b[0]);
}

/** Reports once a second for five minutes: errors at random instants, and after the clock stepped by an hour. */
function reportFigures(runs: number, seed: number): Figure[] {
  const exact = new Errors();
  const sloppy = new Errors();
  const settled = new Errors();
  for (let i = 0; i < runs; i++) {
    const random = new Random(seed + i);
    const stepAt = 100 + Math.floor(100 * random.uniform());
    const step = (random.uniform() < 0.5 ? -1 : 1) * 3600e6;
    const clockRate = random.uniform() < 0.5 ? 48_000 : 90_000;
    const rate = (clockRate * (1 + MAX_PPM * 1e-6 * (random.uniform() - 0.5))) / 1e6;
    const reports = { random, rate, clockRate };
    mapReports(
      reports,
      300,
      () => 0,
      exact,
      () => 0,
    );
    mapReports(
      reports,
      300,
      () => 5000 * (2 * random.uniform() - 1),
      sloppy,
      () => 0,
    );
    mapReports(
      reports,
      300,
      () => 0,
      settled,
      (k) => (k >= stepAt ? step : 0),
      stepAt + 2,
    );
  }
  return [
    figure('report mapping off, p95', exact.p95 / 1000, 'ms', { most: 1 }),
    figure('report mapping off, stamps ± 5 ms, p95', sloppy.p95 / 1000, 'ms', { most: 1 }),
    figure('report mapping off from 2 s after ± 1 h, p95', settled.p95 / 1000, 'ms', { most: 1 }),
    figure('report mapping within its bound', exact.covered, '%', { least: 99.9 }),
    figure('report mapping within its bound, stamps ± 5 ms', sloppy.covered, '%', { least: 99.9 }),
    figure('report mapping within its bound after ± 1 h', settled.covered, '%', { least: 99.9 }),
  ];
}

function mapReports(
  sender: { readonly random: Random; readonly rate: number; readonly clockRate: number },
  count: number,
  noise: () => number,
  errors: Errors,
  step: (k: number) => number,
  from = 0,
): void {
  const { random, rate, clockRate } = sender;
  const clock = new RtpClock(clockRate);
  const rtp = (t: number): number => (4_294_000_000 + Math.round(t * rate)) >>> 0;
  for (let k = 0; k < count; k++) {
    const t = k * 1e6;
    const wall = NOON + t + step(k);
    clock.update(ntpFromUnix(micros(Math.round(wall + noise()))), rtp(t));
    const later = 1e6 * random.uniform();
    const timestamp = rtp(t + later);
    if (k >= from) errors.add(clock.unixAt(timestamp)! - wall - later, clock.boundAt(timestamp)!);
  }
}

/** Pings once a second for two minutes over paths that are symmetric or not. */
function offsetFigures(runs: number, seed: number): Figure[] {
  const symmetric = new Errors();
  const asymmetric = new Errors();
  for (let i = 0; i < runs; i++) {
    const random = new Random(seed + i);
    pingClock(random, 20, 20, symmetric);
    pingClock(random, 5 + 50 * random.uniform(), 5 + 50 * random.uniform(), asymmetric);
  }
  return [
    figure('clock offset off, symmetric path, p95', symmetric.p95 / 1000, 'ms', { most: 5 }),
    figure('clock offset within its bound, symmetric', symmetric.covered, '%', { least: 99.9 }),
    figure('clock offset within its bound, any path', asymmetric.covered, '%', { least: 99.9 }),
  ];
}

function pingClock(random: Random, out: number, back: number, errors: Errors): void {
  const estimator = new ClockOffsetEstimator();
  const rate = MAX_PPM * 1e-6 * (2 * random.uniform() - 1);
  const start = 1e12 * (random.uniform() - 0.5);
  const remote = (t: number): number => start + t * (1 + rate);
  for (let k = 0; k < 120; k++) {
    const sent = k * 1e6;
    const there = sent + 1000 * (out + random.exponential(10));
    const answered = there + 2000 * random.uniform();
    const received = answered + 1000 * (back + random.exponential(10));
    estimator.add({
      sent: micros(sent),
      remoteReceived: micros(remote(there)),
      remoteSent: micros(remote(answered)),
      received: micros(received),
    });
    const now = micros(received + 8e5 * random.uniform());
    const { offset, bound } = estimator.estimate(now)!;
    errors.add(offset - (remote(now) - now), bound);
  }
}
