import { expect, test } from '@jest/globals';
import { millis } from '@rm/rtp-sync';
import { SendRate } from '../../src/congestion/index.js';
import { LinkCapacity } from '../../src/congestion/link-capacity.js';
import { explainLoss } from '../../src/congestion/loss-model.js';
import { RateControl } from '../../src/congestion/rate-control.js';
import type { ReceptionReport } from '../../src/rtcp/index.js';

const BOUNDS = { start: 1_000_000, min: 100_000, max: 5_000_000 };

function block(highest: number, cumulativeLost: number, ssrc = 1): ReceptionReport {
  return {
    ssrc,
    fractionLost: 0,
    cumulativeLost,
    extendedHighestSequence: highest >>> 0,
    jitter: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  };
}

/** A sender that uses its target, with a report each second of what was lost at that rate; its targets. */
function run(
  rate: SendRate,
  count: number,
  loss: (bitrate: number, second: number) => number,
): number[] {
  const targets: number[] = [];
  let highest = 0xffff_ff00;
  let lost = 0;
  for (let second = 0; second < count; second++) {
    const bitrate = rate.target;
    for (let at = 0; at < 1000; at += 10) {
      rate.sent(bitrate / 800, millis(1000 * second + at));
    }
    const packets = Math.round(bitrate / 9600);
    highest += packets;
    lost += Math.round(packets * loss(bitrate, second));
    rate.reported([block(highest, lost)], millis(1000 * second + 999));
    targets.push(rate.target);
  }
  return targets;
}

test('without loss the rate grows by 8 % a second, up to what the receiver allows', () => {
  const rate = new SendRate(BOUNDS);
  const targets = run(rate, 6, () => 0);
  expect(targets[5]! / targets[4]!).toBeCloseTo(1.08, 2);
  rate.estimated(700_000, millis(6000));
  expect(rate.target).toBe(700_000);
  rate.estimated(50_000, millis(6100));
  expect(rate.target).toBe(BOUNDS.min);
});

test('when the receiver allows more again, loss is no brake', () => {
  const rate = new SendRate(BOUNDS);
  rate.estimated(5_000_000, millis(0));
  const targets = run(rate, 5, () => 0);
  expect(targets[4]).toBeGreaterThan(4_000_000);
});

test('on a link of 2 Mbit/s that drops what is too much the rate stays about there', () => {
  const targets = run(new SendRate(BOUNDS), 60, (bitrate) => Math.max(0, 1 - 2e6 / bitrate));
  expect(Math.max(...targets.slice(20))).toBeLessThan(2e6 * 1.35);
  expect(Math.min(...targets.slice(20))).toBeGreaterThan(2e6 * 0.85);
});

test('when a link narrows to a quarter without a queue, loss alone brings the rate down', () => {
  const capacity = (second: number): number => (second < 15 ? 4e6 : 1e6);
  const targets = run(new SendRate(BOUNDS), 45, (bitrate, second) =>
    Math.max(0, 1 - capacity(second) / bitrate),
  );
  expect(targets[14]).toBeGreaterThan(2.5e6);
  expect(targets[20]).toBeLessThan(1.4e6);
  expect(Math.max(...targets.slice(25))).toBeLessThan(1.35e6);
});

test.each([0.03, 0.05, 0.1, 0.15])('loss of %d at any rate is no reason to send less', (loss) => {
  const rate = new SendRate(BOUNDS);
  const targets = run(rate, 45, () => loss);
  expect(Math.min(...targets)).toBeGreaterThan(600_000);
  expect(targets.at(-1)).toBeGreaterThan(2_000_000);
  expect(rate.inherentLoss).toBeCloseTo(loss, 1);
});

test('loss that is there at any rate does not hide what the rate adds', () => {
  const targets = run(
    new SendRate(BOUNDS),
    60,
    (bitrate) => 0.05 + 0.95 * Math.max(0, 1 - 2e6 / bitrate),
  );
  expect(Math.max(...targets.slice(30))).toBeLessThan(2e6 * 1.35);
});

test('with the receiver watching the path, some loss is found to be none of the rate much sooner', () => {
  const watched = new SendRate(BOUNDS);
  watched.estimated(5_000_000, millis(0));
  const targets = [watched, new SendRate(BOUNDS)].map((rate) => run(rate, 8, () => 0.05).at(-1)!);
  expect(targets[0]).toBeGreaterThan(1.8 * targets[1]!);
});

test('of more than 64 streams the one reported on longest ago is forgotten', () => {
  const rate = new SendRate(BOUNDS);
  run(rate, 2, () => 0);
  for (let ssrc = 100; ssrc < 164; ssrc++) rate.reported([block(1, 0, ssrc)], millis(2000));
  const { target } = rate;
  const lossy = (highest: number, lost: number, at: number): void => {
    for (let t = at - 500; t < at; t += 10) rate.sent(1000, millis(t));
    rate.reported([block(highest, lost)], millis(at));
  };
  lossy(1000, 500, 3000);
  expect(rate.target).toBe(target);
  lossy(2000, 1000, 4000);
  expect(rate.target).toBeLessThan(target);
});

test('an application that sends less than it may does not find out that more would do', () => {
  const rate = new SendRate(BOUNDS);
  let highest = 0;
  for (let at = 0; at < 20_000; at += 10) {
    rate.sent(250, millis(at));
    if (at % 1000 === 990) rate.reported([block((highest += 25), 0)], millis(at));
  }
  expect(rate.target).toBe(BOUNDS.start);
});

test('counts that cannot be change nothing', () => {
  const rate = new SendRate(BOUNDS);
  run(rate, 2, () => 0);
  const { target } = rate;
  // back, far ahead, more lost than sent, of hundreds of streams
  for (let at = 2000; at < 3500; at += 10) rate.sent(1000, millis(at));
  rate.reported([block(0xffff_ff80, 0)], millis(2500));
  rate.reported([block(5_000_000, 4_000_000)], millis(3000));
  rate.reported([block(5_000_000, -4_000_000)], millis(3500));
  for (let ssrc = 0; ssrc < 500; ssrc++) rate.reported([block(1, 0, ssrc)], millis(4000));
  expect(rate.target).toBe(target);
});

test('without reports for 3 s the rate goes down step by step', () => {
  const rate = new SendRate(BOUNDS);
  rate.estimated(1_000_000, millis(0));
  const targets: number[] = [];
  for (let at = 0; at < 6000; at += 100) {
    rate.sent(10_000, millis(at));
    targets.push(rate.poll(millis(at)));
  }
  expect(targets[29]).toBe(1_000_000);
  expect(targets.at(-1)).toBeLessThan(250_000);
});

test('who sends nothing needs no reports', () => {
  const rate = new SendRate(BOUNDS);
  rate.sent(1000, millis(0));
  for (let at = 2000; at < 60_000; at += 100) rate.poll(millis(at));
  expect(rate.target).toBe(BOUNDS.start);
});

test('loss is explained by what makes it likely', () => {
  const at = (rate: number, loss: number): { rate: number; packets: number; lost: number } => ({
    rate,
    packets: 200,
    lost: Math.round(200 * loss),
  });
  expect(explainLoss([at(1e6, 0.1), at(1.3e6, 0.1), at(1.6e6, 0.1)])).toEqual({
    inherent: 0.1,
    capacity: undefined,
  });
  const congested = explainLoss([at(8e5, 0), at(1.3e6, 0.23), at(1.6e6, 0.375)]);
  expect(congested.inherent).toBe(0);
  expect(congested.capacity).toBeGreaterThan(0.9e6);
  expect(congested.capacity).toBeLessThan(1.1e6);
  const both = explainLoss([at(5e5, 0.1), at(8e5, 0.1), at(1.3e6, 0.31), at(1.6e6, 0.44)]);
  expect(both.inherent).toBe(0.1);
  expect(both.capacity).toBeGreaterThan(0.85e6);
});

test('a decrease takes off what drains the queue, and the capacity is used again once it has', () => {
  const control = new RateControl({ start: 2e6, min: 1e5, max: 5e6 });
  const path = (
    use: 'overuse' | 'normal',
    queueMs: number,
    throughput: number,
  ): Parameters<RateControl['update']>[0] => ({
    use,
    queueDelay: millis(queueMs),
    throughput,
    latestThroughput: throughput,
    roundTrip: millis(80),
  });
  // 350 ms of queue: 30 % less than the usual 85 % of 1 Mbit/s
  expect(control.update(path('overuse', 350, 1e6), millis(0))).toBeCloseTo(550_000, -2);
  expect(control.update(path('normal', 200, 1e6), millis(900))).toBeCloseTo(550_000, -2);
  expect(control.update(path('normal', 0, 1e6), millis(1000))).toBeCloseTo(850_000, -2);
});

test('while there is a queue, what arrived last says what the link carries', () => {
  const decreased = (queueMs: number): number =>
    new RateControl({ start: 2e6, min: 1e5, max: 5e6 }).update(
      {
        use: 'overuse',
        queueDelay: millis(queueMs),
        throughput: 1.5e6,
        latestThroughput: 5e5,
        roundTrip: millis(80),
      },
      millis(0),
    );
  expect(decreased(51)).toBeLessThan(425_000);
  expect(decreased(30)).toBe(1_275_000);
});

test('the next decrease waits until the last one can be seen', () => {
  const control = new RateControl({ start: 2e6, min: 1e5, max: 5e6 });
  const path = {
    use: 'overuse' as const,
    queueDelay: millis(0),
    latestThroughput: undefined,
    roundTrip: millis(80),
  };
  control.update({ ...path, throughput: 1e6 }, millis(0));
  const after = (at: number, throughput: number): number =>
    Math.round(control.update({ ...path, throughput }, millis(at)) / 1000);
  expect(after(100, 9e5)).toBe(850);
  expect(after(180, 9e5)).toBe(765);
  // far from enough: at once
  expect(after(190, 3e5)).toBe(255);
});

test('what the path carries is guessed no further than one and a half times what it does carry', () => {
  const control = new RateControl({ start: 200_000, min: 1e5, max: 5e6 });
  const path = {
    use: 'normal' as const,
    queueDelay: millis(0),
    throughput: 200_000,
    latestThroughput: 200_000,
    roundTrip: millis(80),
  };
  for (let at = 0; at < 20_000; at += 100) control.update(path, millis(at));
  expect(control.rate).toBe(310_000);
  // and it is not taken back when less is sent
  expect(control.update({ ...path, throughput: 50_000 }, millis(20_100))).toBe(310_000);
});

test('a capacity that the link has outgrown is forgotten', () => {
  const capacity = new LinkCapacity();
  expect(capacity.isNear(1e6)).toBe(false);
  capacity.congestedAt(1_000_000);
  expect([700_000, 850_000, 2_000_000].map((rate) => capacity.isNear(rate))).toEqual([
    false,
    true,
    true,
  ]);
  capacity.carries(1_040_000);
  expect(capacity.value).toBe(1_000_000);
  capacity.carries(1_100_000);
  expect(capacity.value).toBeUndefined();
  expect(capacity.isNear(1e6)).toBe(false);
});
