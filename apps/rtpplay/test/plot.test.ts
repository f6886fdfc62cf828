import { expect, test } from '@jest/globals';
import { micros, millis } from '@rm/rtp-sync';
import { Plot } from '../src/output/plot.js';
import type { Tick } from '../src/replay/replay.js';
import type { StreamPacket } from '../src/stream/stream.js';

const tick = (n: number, delay: number | undefined, concealed = 0): Tick => ({
  at: micros(n * 10_000),
  samples: undefined,
  delay: delay === undefined ? undefined : millis(delay),
  target: millis(40),
  operations: { decoded: 0, recovered: 0, concealed, comfortNoise: 0, inserted: 0, removed: 0 },
  skipped: 0,
});

const late = (arrival: number): StreamPacket => ({
  arrival: millis(arrival),
  sequence: 0,
  timestamp: 0,
  payload: undefined,
  order: 0,
  media: 0,
});

/** The paths of delay and target. */
const paths = (svg: string): string[] =>
  [...svg.matchAll(/<path d="([^"]*)" fill="[^"]*" stroke=/g)].map(([, d]) => d!);

test('of an hour each peak is drawn, though there are more readings than pixels', () => {
  const plot = new Plot();
  for (let i = 0; i < 360_000; i++)
    plot.tick(tick(i, i === 200_000 ? 700 : i % 7 === 0 ? undefined : 50));
  const svg = plot.draw('an hour');
  // 700 ms is at the top of the scale, 1120 pixels wide.
  expect(svg).toContain('>700</text>');
  const [delay] = paths(svg);
  const top = [...delay!.matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y));
  expect(Math.min(...top)).toBeLessThan(51);
  expect(top.length).toBeLessThan(2 * 1120 + 2);
  expect(svg.length).toBeLessThan(60_000);
  expect(svg).not.toContain('NaN');
});

test('where nothing was heard the line is interrupted, and what stood in for it is marked', () => {
  const plot = new Plot();
  for (let i = 0; i < 100; i++)
    plot.tick(i < 40 || i >= 60 ? tick(i, 50) : tick(i, undefined, 480));
  plot.packet(late(450), 'late');
  plot.packet(late(460), 'accepted');
  const svg = plot.draw('a gap');
  expect(paths(svg)[0]!.split('M')).toHaveLength(3);
  expect(svg.match(/opacity="0.60"/g)).toHaveLength(20);
  expect(svg.match(/<path d="M[\d.]+ 375l-4 7h8z"/g)).toHaveLength(1);
  // A scale of delays that are all the same begins at 0.
  expect(svg).toContain('>0</text>');
});

test('where the replay skipped silence nothing is drawn, and times stay what they are', () => {
  const plot = new Plot();
  for (const start of [0, 90_000]) for (let i = 0; i < 100; i++) plot.tick(tick(start + i, 50));
  const svg = plot.draw('silence');
  for (const d of paths(svg)) {
    const drawn = [...d.matchAll(/[ML]([\d.]+)/g)].map(([, x]) => Number(x));
    expect(drawn.length).toBeGreaterThan(1);
    expect(drawn.filter((x) => x > 63 && x < 1177)).toEqual([]);
  }
  expect(svg).toContain('>900</text>');
});

test('nothing was played: the picture is empty, and still one', () => {
  const svg = new Plot().draw('nothing');
  expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

test('a name cannot break out of the picture', () => {
  const svg = new Plot().draw('"><script>alert(1)</script>&\u0000');
  expect(svg).not.toContain('<script');
  expect(svg).toContain('<title>&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#38;?</title>');
});
