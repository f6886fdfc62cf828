import { expect, test } from '@jest/globals';
import type { Figure } from '@rm/benchmark';
import {
  measureBadClients,
  measureIdle,
  measureJoinStorm,
  measureReconnect,
  measureRouting,
} from '../src/measure.js';
import type { Size } from '../src/measure.js';

const SMALL: Size = {
  messages: 300,
  rounds: 1,
  peers: 20,
  idleConnections: 800,
  frozenPatience: 300,
};

const value = (figures: readonly Figure[], name: RegExp): number => {
  const found = figures.filter((figure) => name.test(figure.name));
  expect(found).toHaveLength(1);
  return found[0]!.value;
};

test('cost and latency of routing are measured for server and relay, in every pattern', async () => {
  const figures = await measureRouting(SMALL);
  expect(figures).toHaveLength(13);
  for (const figure of figures) expect(figure.value).toBeGreaterThan(0.01);
}, 120_000);

test('a join storm of twenty negotiates its forty pairs without an error', async () => {
  const figures = await measureJoinStorm(SMALL);
  expect(figures[2]).toMatchObject({ value: 0, unit: 'of 40' });
  expect(value(figures, /errors$/)).toBe(0);
  expect(value(figures, /CPU$/)).toBeGreaterThan(0.1);
  expect(value(figures, /last 100, each$/)).toBeGreaterThan(1);
}, 120_000);

test('an idle connection costs between one and a hundred kilobytes', async () => {
  const cost = value(await measureIdle(SMALL), /connection$/);
  expect(cost).toBeGreaterThan(1);
  expect(cost).toBeLessThan(100);
}, 120_000);

test('a slow reader is cut off, and a frozen client waited for no longer than told', async () => {
  const figures = await measureBadClients(SMALL);
  expect(value(figures, /not cut off$/)).toBe(0);
  expect(value(figures, /memory held/)).toBeGreaterThan(0.1);
  expect(value(figures, /frozen/)).toBeGreaterThanOrEqual(0.3);
}, 120_000);

test('after a reconnect storm everybody has the old place and what was missed', async () => {
  const figures = await measureReconnect(SMALL);
  expect(value(figures, /not resumed$/)).toBe(0);
  expect(figures[2]).toMatchObject({ value: 0, unit: 'of 60' });
  expect(value(figures, /all back$/)).toBeGreaterThan(0);
}, 120_000);
