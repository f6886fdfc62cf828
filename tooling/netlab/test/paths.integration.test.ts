import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { ProfileName } from '../src/index.js';
import { describeInLab } from './support/describe-in-lab.js';
import { inLab, probe } from './support/probe.js';

/** Least delay, mean jitter and loss of each profile, by its parameters; a spike of lte is 140 · 0.3 / 2 ms in 7 s. */
const PROFILES: readonly (readonly [ProfileName, number, number, number])[] = [
  ['lan', 0.3, 0.2, 0],
  ['wan', 20, 6, 0.002],
  ['wifi', 8, 2 / 0.8, (0.005 / 0.305) * 0.5],
  ['lte', 35, 3, 0.003],
  ['lossy5', 25, 10, 0.05],
  ['bursty10', 25, 16, 0.1],
];

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describeInLab('the paths between hosts', () => {
  test.each(PROFILES)(
    '%s is as late and as lossy as it says',
    async (profile, least, jitter, loss) => {
      const [sparse, dense] = await inLab({ profile, seed: 5 }, async (lab) => [
        // Seven seconds for lte, as it has a spike in each.
        await probe(lab, { count: profile === 'lte' ? 700 : 200, everyMs: 10 }),
        await probe(lab, { count: 1500, everyMs: 1 }),
      ]);
      const came = sparse!.delays.filter((delay) => delay !== undefined);
      expect(Math.min(...came)).toBeGreaterThanOrEqual(least);
      expect(Math.min(...came)).toBeLessThan(least + jitter / 2 + 1);
      // What comes close behind a late packet waits for it, so that the mean is above that of the jitter alone.
      expect(mean(came)).toBeGreaterThan(least + jitter * 0.7);
      expect(mean(came)).toBeLessThan(least + jitter * 2 + 1.5);
      const lost = dense!.delays.filter((delay) => delay === undefined).length / 1500;
      // Four standard deviations, of bursts of four packets.
      const tolerance = 4 * Math.sqrt((loss * 4) / 1500);
      expect(Math.abs(lost - loss)).toBeLessThanOrEqual(tolerance);
    },
  );

  test('bursty10 loses four packets in a row more often than chance would', async () => {
    const { delays } = await inLab({ profile: 'bursty10', seed: 3 }, async (lab) =>
      probe(lab, { count: 3000, everyMs: 1 }),
    );
    let runs = 0;
    let lost = 0;
    delays.forEach((delay, i) => {
      if (delay !== undefined) return;
      lost++;
      if (delays[i - 1] !== undefined || i === 0) runs++;
    });
    // 1 / r = 3.7 packets
    expect(lost / runs).toBeGreaterThan(2.7);
    expect(lost / runs).toBeLessThan(5);
  });

  test('the same seed loses the same packets, another seed others', async () => {
    const lostWith = async (seed: number): Promise<number[]> => {
      const { delays } = await inLab({ profile: 'lossy5', seed }, async (lab) =>
        probe(lab, { count: 600, everyMs: 1 }),
      );
      return delays.flatMap((delay, i) => (delay === undefined ? [i] : []));
    };
    const first = await lostWith(11);
    expect(first.length).toBeGreaterThan(10);
    expect(await lostWith(11)).toEqual(first);
    expect(await lostWith(12)).not.toEqual(first);
  });

  test('packets stay in order, unless the profile says otherwise', async () => {
    const inOrder = async (profile: ProfileName): Promise<boolean> => {
      const { order } = await inLab({ profile }, async (lab) =>
        probe(lab, { count: 500, everyMs: 2 }),
      );
      return order.every((number, i) => i === 0 || number > order[i - 1]!);
    };
    expect(await inOrder('bursty10')).toBe(true);
    expect(await inOrder('reorder')).toBe(false);
  });

  test('a bottleneck delays by its queue, and drops what does not fit', async () => {
    // 1000 bytes with headers every 8 ms are 1 Mbit/s: twice what gets through.
    const { delays, counters } = await inLab({ profile: 'narrow' }, async (lab) => ({
      ...(await probe(lab, { count: 250, everyMs: 8, bytes: 972 })),
      counters: await lab.counters(),
    }));
    const came = delays.filter((delay) => delay !== undefined);
    expect(came[0]).toBeGreaterThan(20 + 16 - 1);
    expect(came[0]).toBeLessThan(20 + 16 + 15);
    expect(Math.max(...came)).toBeGreaterThan(20 + 300);
    expect(Math.max(...came)).toBeLessThan(20 + 300 + 16 + 15);
    // Two seconds' worth, and what waited at their end, at 62.5 packets a second.
    expect(came.length).toBeGreaterThan(0.9 * 62.5 * 2.3);
    expect(came.length).toBeLessThan(1.1 * 62.5 * 2.3);
    expect(counters.links['1>2']!.queue_drops).toBe(delays.length - came.length);
  });

  test('a link is changed while it runs, and made what it was', async () => {
    await inLab({ profile: { delay_ms: 5 } }, async (lab) => {
      const came = async (): Promise<number[]> =>
        (await probe(lab, { count: 100, everyMs: 5, bytes: 972 })).delays.filter(
          (delay) => delay !== undefined,
        );
      await lab.cut('1>2');
      expect(await came()).toEqual([]);
      await lab.restore('1-2');
      expect(await came()).toHaveLength(100);
      await lab.lose('all', 0.5);
      const half = await came();
      expect(half.length).toBeGreaterThan(25);
      expect(half.length).toBeLessThan(75);
      await lab.restore('1-2');
      // 1.6 Mbit/s into 800 kbit/s, for half a second: up to 250 ms of queue.
      await lab.narrow('1>2', 800, 100);
      const narrow = await came();
      expect(Math.max(...narrow)).toBeGreaterThan(80);
      expect(Math.max(...narrow)).toBeLessThan(5 + 100 + 10 + 15);
      await lab.use('1>2', { delay_ms: 60 });
      expect(Math.min(...(await came()))).toBeGreaterThanOrEqual(60);
    });
  });

  test('single links have profiles of their own, with outages and traces', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netlab-'));
    const file = join(folder, 'trace.txt');
    writeFileSync(file, '# ms, again and again\n10\nx\n30\n');
    const links = {
      '1>2': { jitter: { model: 'trace', file } },
      '2-3': { down: [[0, 1000]] },
    } as const;
    await inLab({ hosts: 3, profile: { delay_ms: 200 }, links }, async (lab) => {
      const { delays } = await probe(lab, { count: 9, everyMs: 50 });
      expect(delays.map((delay) => delay && Math.round(delay / 10) * 10)).toEqual([
        10,
        undefined,
        30,
        10,
        undefined,
        30,
        10,
        undefined,
        30,
      ]);
      const other = await probe(lab, { count: 5, everyMs: 1, from: 3 });
      expect(other.delays.every((delay) => delay === undefined)).toBe(true);
      const slow = await probe(lab, { count: 5, everyMs: 1, from: 1, to: 3 });
      expect(Math.min(...slow.delays.map(Number))).toBeGreaterThanOrEqual(200);
    });
  });
});
