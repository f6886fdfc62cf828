import { AdaptiveDelayPolicy, FixedDelayPolicy, millis } from '@rm/rtp-sync';
import type { Arrivals } from './arrivals.js';
import { type Comparison, compare } from './compare.js';
import { type Figure, figure, table } from '@rm/benchmark';
import { losesOne, networkNames, stalls, synthesize } from './networks.js';
import { type Playout, replay } from './replay.js';
import { readTraces } from './traces.js';

/** Policies were tuned on seeds below 100. */
const SEEDS = [101, 102, 103];
const SECONDS = 120;
const STALL_SEEDS = Array.from({ length: 20 }, (_, i) => 200 + i);

/** All inputs: the synthetic networks with each seed, and the traces in `folder` where there are any. */
export function delayInputs(folder: string): Arrivals[] {
  const synthetic = networkNames.flatMap((name) =>
    SEEDS.map((seed) => synthesize(name, seed, SECONDS)),
  );
  return [...synthetic, ...(readTraces(folder) ?? [])];
}

/** The delay policy against the NetEq-like and the best fixed delay, on every input. */
export function delayFigures(inputs: readonly Arrivals[]): { rows: string; figures: Figure[] } {
  const all = inputs.map(compare);
  const worse = all.map(({ adaptive, netEq }) => 100 * (adaptive.concealed - netEq.concealed));
  const delay = all.map(({ adaptive, netEq }) => adaptive.meanDelay / netEq.meanDelay);
  const both = all.filter((_, i) => worse[i]! <= 0 && delay[i]! <= 0.9).length;
  const close = all.map((c) => 100 * (c.adaptive.concealed - c.netEqHeldClose.concealed));
  const closeDelay = all.map((c) => c.adaptive.meanDelay / c.netEqHeldClose.meanDelay);
  const regret = all.map((c) => 100 * c.regret);
  return {
    rows: inputTable(all),
    figures: [
      figure('concealed more than NetEq-like, worst input', Math.max(...worse), '% points', {
        most: 0,
      }),
      figure('concealed more than NetEq-like, mean', mean(worse), '% points'),
      figure('mean delay against NetEq-like, worst input', Math.max(...delay), '×', { most: 0.9 }),
      figure('mean delay against NetEq-like, mean', mean(delay), '×'),
      figure('inputs with no more concealed at ≤ 0.9 × delay', (100 * both) / all.length, '%'),
      figure('concealed more than NetEq-like held close, mean', mean(close), '% points'),
      figure('mean delay against NetEq-like held close, mean', mean(closeDelay), '×'),
      figure('regret against the best fixed delay, mean', mean(regret), '%', { most: 15 }),
      figure('regret against the best fixed delay, worst input', Math.max(...regret), '%', {
        most: 15,
      }),
    ],
  };
}

/** How soon the delay is back after a stall, and after a lost packet. */
export function recoveryFigures(): Figure[] {
  const after = STALL_SEEDS.map((seed) => {
    const arrivals = stalls(seed, 30_000, 3000);
    const playout = replay(arrivals, new AdaptiveDelayPolicy());
    return largestDelay(playout, 30_000_000 + 3_000_000 + 2_000_000, 45_000_000) / 1000;
  });
  const back = STALL_SEEDS.map((seed) => {
    const target = millis(40);
    const playout = replay(losesOne(seed, 10_000), new FixedDelayPolicy(target));
    // The playout may be a tick of the media clock above its target.
    return backAt(playout, 10_000_000, target + 15_000) / 1e6;
  });
  return [
    figure('delay from 2 s after a stall of 3 s on, worst', Math.max(...after), 'ms', {
      most: 150,
    }),
    figure('back at the target after one lost packet, worst', Math.max(...back), 's', { most: 2 }),
  ];
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Largest delay of what is played between two instants, in µs. */
function largestDelay({ playedAt, delay }: Playout, from: number, to: number): number {
  let largest = 0;
  for (const [i, at] of playedAt.entries())
    if (at >= from && at < to) largest = Math.max(largest, delay[i]!);
  return largest;
}

/** How long after `from` the last packet is played that is later than `limit`, in µs. */
function backAt({ playedAt, delay }: Playout, from: number, limit: number): number {
  let last = from;
  for (const [i, at] of playedAt.entries())
    if (at >= from && delay[i]! > limit) last = Math.max(last, at);
  return last - from;
}

function inputTable(comparisons: readonly Comparison[]): string {
  const percent = (share: number): string => (100 * share).toFixed(2);
  const ms = (time: number): string => (time / 1000).toFixed(0);
  return table(
    [
      'input',
      'conc. %',
      'mean',
      'p95 ms',
      'late',
      'skipped',
      'lost',
      '≥150 ms',
      'faster',
      'slower',
      '| NetEq-like %',
      'mean',
      'p95',
      '| best fixed',
      '%',
      'mean',
      'regret %',
    ],
    comparisons.map(({ name, adaptive: a, netEq: n, fixed, fixedDelay, regret }) => [
      name,
      percent(a.concealed),
      ms(a.meanDelay),
      ms(a.p95Delay),
      String(a.late),
      String(a.skipped),
      String(a.lost),
      String(a.interruptions),
      String(a.accelerations),
      String(a.decelerations),
      `| ${percent(n.concealed)}`,
      ms(n.meanDelay),
      ms(n.p95Delay),
      `| ${ms(fixedDelay)}`,
      percent(fixed.concealed),
      ms(fixed.meanDelay),
      (100 * regret).toFixed(0),
    ]),
  );
}
