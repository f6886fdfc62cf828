import { expect, test } from '@jest/globals';
import { type Scenario, simulate } from './simulation.js';
import { expectNarrowedAndBack, longestBreak, narrowing, seconds } from './expectations.js';

test('a link that narrows from 4 Mbit/s to 500 kbit/s and back is followed, by send times', () => {
  const result = simulate(narrowing({ seed: 1, absSendTime: true }));
  expectNarrowedAndBack(result);
  // a queue that is served at an eighth of the speed draws 20 ms of audio out to 160 ms by itself
  expect(longestBreak(result.calls[0]!, 0)).toBeLessThan(200);
});

test('the same with RTP timestamps alone, 2 % loss and jitter', () => {
  expectNarrowedAndBack(
    simulate(narrowing({ seed: 2, absSendTime: false, loss: 0.02, jitterMs: 15 })),
  );
});

test('loss of 10 % that has nothing to do with the rate does not make it collapse', () => {
  const scenario: Scenario = {
    seed: 3,
    seconds: 30,
    link: { capacity: () => 4e6, queueBytes: 62_500, oneWayMs: 40, loss: 0.1 },
    calls: [{ bounds: { start: 1e6, min: 1e5, max: 5e6 }, absSendTime: true }],
  };
  const { samples, calls } = simulate(scenario);
  const targets = samples.map((sample) => sample.targets[0]!);
  expect(Math.min(...targets)).toBeGreaterThan(700_000);
  expect(seconds(samples, 15, 30).every(({ targets: [target] }) => target! > 2.5e6)).toBe(true);
  expect(calls[0]!.rate.inherentLoss).toBeCloseTo(0.1, 1);
});

test('a sender that makes less than the path carries keeps what it has, and gets no queue', () => {
  const { samples } = simulate({
    seed: 4,
    seconds: 20,
    link: { capacity: () => 4e6, queueBytes: 62_500, oneWayMs: 40 },
    calls: [{ bounds: { start: 1e6, min: 1e5, max: 5e6 }, absSendTime: true, appetite: 300_000 }],
  });
  expect(Math.min(...samples.map(({ targets }) => targets[0]!))).toBeGreaterThan(450_000);
  expect(Math.max(...samples.map(({ queueMs }) => queueMs))).toBeLessThan(30);
});

test('without any report the sender goes down, as nobody knows what arrives', () => {
  const { samples } = simulate({
    seed: 5,
    seconds: 20,
    link: { capacity: () => 4e6, queueBytes: 62_500, oneWayMs: 40 },
    calls: [{ bounds: { start: 1e6, min: 1e5, max: 5e6 }, absSendTime: true }],
    silentFrom: 10_000,
  });
  const target = (from: number): number => seconds(samples, from, from + 0.5)[0]!.targets[0]!;
  expect(target(12.5)).toBeGreaterThan(2e6);
  expect(target(15)).toBeLessThan(target(12.5) / 2);
  expect(target(19)).toBe(100_000);
});

test('with 10 % loss and 40 ms each way, video is made whole at the rate that the path carries', () => {
  const { calls } = simulate({
    seed: 6,
    seconds: 25,
    link: { capacity: () => 4e6, queueBytes: 62_500, oneWayMs: 40, loss: 0.1 },
    calls: [{ bounds: { start: 1e6, min: 1e5, max: 5e6 }, absSendTime: true, repairMs: 450 }],
  });
  const call = calls[0]!;
  const sent = call.videoSent(24_000);
  const taken = sent.filter((sequence) => call.videoTaken.has(sequence));
  expect(sent.length).toBeGreaterThan(4000);
  expect(taken.length / sent.length).toBeGreaterThanOrEqual(0.995);
  expect([...call.videoTaken.values()].every((times) => times === 1)).toBe(true);
  expect(call.arrivedRate(15, 25)).toBeGreaterThan(2.4e6);
});
