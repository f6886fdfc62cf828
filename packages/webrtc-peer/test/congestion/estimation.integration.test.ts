import { expect, test } from '@jest/globals';
import { expectNarrowedAndBack, narrowing } from './expectations.js';
import { simulate } from './simulation.js';

for (const absSendTime of [true, false]) {
  const by = absSendTime ? 'by send times' : 'by RTP timestamps';
  test.each([
    { loss: 0, jitterMs: 0 },
    { loss: 0.02, jitterMs: 0 },
    { loss: 0.05, jitterMs: 10 },
    { loss: 0.1, jitterMs: 0 },
    { loss: 0, jitterMs: 30 },
  ])(`a link that narrows and widens is followed ${by}, with %o`, (path) => {
    for (const seed of [11, 12, 13]) {
      expectNarrowedAndBack(simulate(narrowing({ seed, absSendTime, ...path })));
    }
  });
}

test('where the queue holds 4 s of the narrow link, the sender lets it drain', () => {
  const { samples } = simulate(narrowing({ seed: 20, absSendTime: true, queueBytes: 250_000 }));
  const narrowed = samples.filter(({ at }) => at >= 17 && at < 18);
  expect(Math.max(...narrowed.map(({ targets }) => targets[0]!))).toBeLessThan(450_000);
  const later = samples.filter(({ at }) => at >= 20 && at < 35);
  expect(Math.max(...later.map(({ queueMs }) => queueMs))).toBeLessThan(250);
});

test('a queue too short to delay anything is noticed by its loss', () => {
  for (const loss of [0, 0.05]) {
    const { calls, samples } = simulate(
      narrowing({ seed: 21, absSendTime: true, loss, queueBytes: 10_000 }),
    );
    const narrowed = samples.filter(({ at }) => at >= 17 && at < 18.5);
    expect(Math.max(...narrowed.map((sample) => sample.targets[0]!))).toBeLessThan(600_000);
    expect(calls[0]!.arrivedRate(10, 15)).toBeGreaterThan(2.8e6);
    expect(calls[0]!.arrivedRate(45, 50)).toBeGreaterThan(2.4e6);
  }
});

for (const absSendTime of [true, false]) {
  test.each([2, 3])(
    `%i calls that begin one after another share a link (send times: ${absSendTime})`,
    (count) => {
      for (const seed of [31, 32]) {
        const { calls, samples } = simulate({
          seed,
          seconds: 120,
          link: { capacity: () => 4e6, queueBytes: 62_500, oneWayMs: 40, jitterMs: 2 },
          calls: Array.from({ length: count }, (_, i) => ({
            bounds: { start: 1e6, min: 1e5, max: 5e6 },
            absSendTime,
            startMs: 5000 * i,
          })),
        });
        const rates = calls.map((call) => call.arrivedRate(60, 120));
        expect(Math.max(...rates) / Math.min(...rates)).toBeLessThan(2);
        expect(rates.reduce((sum, rate) => sum + rate, 0)).toBeGreaterThan(0.7 * 4e6);
        const queues = samples.filter(({ at }) => at > 20).map(({ queueMs }) => queueMs);
        expect(Math.max(...queues)).toBeLessThan(125);
      }
    },
  );
}
