import { expect, test } from '@jest/globals';
import { micros, millis } from '@rm/rtp-sync';
import { AbsSendTimeClock, BandwidthEstimator, absSendTime } from '../../src/congestion/index.js';
import { ArrivalGroups } from '../../src/congestion/arrival-groups.js';
import { DelayDetector } from '../../src/congestion/delay-detector.js';
import { OveruseDetector } from '../../src/congestion/overuse-detector.js';
import { QueueDelay } from '../../src/congestion/queue-delay.js';
import { Throughput } from '../../src/congestion/throughput.js';
import { generator } from '../rtcp/generator.js';

test('abs-send-time is 6.18 fixed point, and goes on over its 64 s', () => {
  expect(absSendTime(micros(1_500_000))).toBe(0x06_0000);
  expect(absSendTime(micros(65_000_000))).toBe(0x04_0000);
  const clock = new AbsSendTimeClock();
  const first = clock.timeOf(absSendTime(millis(0)));
  for (let at = 0; at < 300_000; at += 9000) {
    const elapsed = clock.timeOf(absSendTime(millis(at))) - first;
    expect(Math.abs(elapsed - at * 1000)).toBeLessThan(8);
  }
  // one that was overtaken lies before
  expect(clock.timeOf(absSendTime(millis(296_000))) - first).toBeGreaterThan(295_990_000);
  expect(clock.timeOf(absSendTime(millis(296_000))) - first).toBeLessThan(296_010_000);
});

test('bursts are one group; groups differ by their last packets', () => {
  const groups = new ArrivalGroups();
  const packets: [number, number][] = [
    [0, 40],
    [2, 43],
    [20, 60],
    [24, 70],
    // held together on the way, let through at once
    [40, 90],
    [47, 91],
    [53, 92],
    [80, 120],
  ];
  const deltas = packets.map(([sent, arrival]) => groups.add(millis(sent), millis(arrival)));
  expect(deltas.filter((delta) => delta !== undefined)).toEqual([
    { sent: 22_000, arrived: 27_000, arrival: 70_000 },
    { sent: 29_000, arrived: 22_000, arrival: 92_000 },
  ]);
});

test('packets out of order and jumps of a clock make no difference between groups', () => {
  const groups = new ArrivalGroups();
  groups.add(millis(0), millis(40));
  groups.add(millis(20), millis(60));
  expect(groups.add(millis(10), millis(61))).toBeUndefined();
  expect(groups.add(millis(40), millis(80))).toMatchObject({ sent: 20_000, arrived: 20_000 });
  expect(groups.add(millis(90_000), millis(100))).toBeUndefined();
  expect(groups.add(millis(90_020), millis(120))).toBeUndefined();
  expect(groups.add(millis(90_040), millis(140))).toMatchObject({ sent: 20_000 });
});

/** Feeds a detector a packet each 10 ms whose delay in ms is a function of time in ms; what it said each time. */
function detect(delay: (at: number) => number, until: number, ppm = 0): string[] {
  const detector = new DelayDetector();
  const said: string[] = [];
  for (let at = 0; at < until; at += 10) {
    const arrival = (at + delay(at)) * (1 + ppm / 1e6);
    detector.received(millis(at), millis(arrival));
    said.push(detector.use);
  }
  return said;
}

test('a queue that fills is noticed within 300 ms, one that drains as well', () => {
  // from 1 s on 30 % more than the link carries, from 1.5 s on 30 % less
  const said = detect((at) => {
    if (at < 1000) return 40;
    return at < 1500 ? 40 + 0.3 * (at - 1000) : Math.max(40, 190 - 0.3 * (at - 1500));
  }, 3000);
  expect(said.slice(0, 100)).not.toContain('overuse');
  expect(said.indexOf('overuse')).toBeLessThan(130);
  expect(said.slice(165, 190)).toContain('underuse');
  expect(said.at(-1)).toBe('normal');
});

test('jitter and clocks that run apart are no queue', () => {
  const random = generator(6);
  const said = detect(() => 40 + 15 * random(), 60_000, 1000);
  expect(said.filter((use) => use === 'overuse')).toHaveLength(0);
});

test('a wait of more than 100 ms is too long even if it does not grow', () => {
  const said = detect((at) => (at < 1000 ? 40 : 150), 3000);
  expect(said.slice(160, 280).every((use) => use === 'overuse')).toBe(true);
});

test('the threshold rises beside another flow, so that this one is not pushed out', () => {
  const detector = new OveruseDetector();
  for (let at = 0; at < 100; at += 20) detector.update(20, millis(at));
  expect(detector.use).toBe('overuse');
  for (let at = 100; at < 10_000; at += 20) detector.update(20, millis(at));
  expect(detector.update(18, millis(10_000))).toBe('normal');
});

test('a sudden event does not make it deaf', () => {
  const detector = new OveruseDetector();
  for (let at = 0; at < 2000; at += 20) detector.update(at % 40 === 0 ? 100 : 0, millis(at));
  detector.update(14, millis(2000));
  detector.update(14, millis(2020));
  expect(detector.update(14, millis(2040))).toBe('overuse');
});

test('the wait in the queue is known without synchronized clocks', () => {
  const queue = new QueueDelay();
  const waits: number[] = [];
  for (let at = 0; at < 2000; at += 10) {
    const wait = at < 1000 ? 0 : 80;
    queue.update(millis(at), millis(at + 5_000_000 + wait));
    waits.push(queue.value / 1000);
  }
  expect(waits[99]).toBe(0);
  expect(waits.slice(115)).toEqual(Array.from({ length: 85 }, () => 80));
});

test('throughput is that of the window, after a pause too', () => {
  const throughput = new Throughput(millis(400));
  expect(throughput.at(millis(0))).toBeUndefined();
  for (let at = 0; at < 1000; at += 10) throughput.add(1000, millis(at));
  expect(throughput.at(millis(999))).toBe(800_000);
  for (let at = 1000; at < 1200; at += 10) throughput.add(3000, millis(at));
  expect(throughput.at(millis(1199))).toBe(1_600_000);
  expect(throughput.at(millis(1599))).toBe(0);
  throughput.add(500, millis(9000));
  expect(throughput.at(millis(9000))).toBeUndefined();
});

/** Packets of one stream, 1000 bytes each 10 ms. */
function feed(estimator: BandwidthEstimator, from: number, until: number, ssrc = 1): void {
  for (let at = from; at < until; at += 10) {
    const packet = { ssrc, bytes: 1000, timestamp: at * 90, clockRate: 90_000 };
    estimator.received(packet, millis(at + 40));
  }
}

test('the estimate is told each second, each quarter second while it changes', () => {
  const estimator = new BandwidthEstimator({ start: 900_000, min: 100_000, max: 1_000_000 });
  const times: number[] = [];
  for (let at = 0; at < 6000; at += 10) {
    feed(estimator, at, at + 10);
    if (estimator.poll(millis(at + 50))) times.push(at);
  }
  const gaps = times.map((at, i) => (i === 0 ? 0 : at - times[i - 1]!)).slice(1);
  expect(Math.min(...gaps)).toBe(250);
  expect(gaps.slice(-2)).toEqual([1000, 1000]);
  expect(estimator.bitrate).toBe(1_000_000);
});

test('a path that gets narrower is told at once', () => {
  const estimator = new BandwidthEstimator({ start: 1_000_000, min: 100_000, max: 2_000_000 });
  feed(estimator, 0, 2000);
  estimator.poll(millis(2040));
  const told: number[] = [];
  for (let i = 0; i < 100; i++) {
    // half as fast as they are sent
    const arrival = millis(2040 + 20 * i);
    const timestamp = (2000 + 10 * i) * 90;
    estimator.received({ ssrc: 1, bytes: 1000, timestamp, clockRate: 90_000 }, arrival);
    const estimate = estimator.poll(arrival);
    if (estimate && estimate.bitrate < 500_000) told.push(arrival / 1000 - 2040);
  }
  expect(told[0]).toBeLessThanOrEqual(400);
  // and again, as it may have got lost
  expect(told.slice(1, 4).map((at) => at - told[0]!)).toEqual([100, 200, 300]);
});

test('packets that came again on request do not look like a queue', () => {
  const estimator = new BandwidthEstimator({ start: 1_000_000, min: 100_000, max: 2_000_000 });
  feed(estimator, 0, 2000);
  const before = estimator.bitrate;
  for (let at = 2000; at < 2300; at += 10) {
    const timestamp = (at - 500) * 90;
    const packet = { ssrc: 1, bytes: 1000, timestamp, clockRate: 90_000, repeated: true };
    estimator.received(packet, millis(at + 40));
  }
  expect(estimator.queueDelay).toBe(0);
  expect(estimator.bitrate).toBe(before);
});

test('streams are named while they are heard', () => {
  const estimator = new BandwidthEstimator();
  expect(estimator.next).toBeUndefined();
  feed(estimator, 0, 1000, 1);
  feed(estimator, 1000, 2000, 2);
  expect(estimator.poll(millis(2040))?.ssrcs).toEqual([1, 2]);
  feed(estimator, 2000, 3500, 2);
  expect(estimator.poll(millis(3540))?.ssrcs).toEqual([2]);
  expect(estimator.poll(millis(9000))).toBeUndefined();
});

test('streams of a thousand SSRCs do not make it grow, and make room once they are silent', () => {
  for (const stamped of [false, true]) {
    const estimator = new BandwidthEstimator();
    for (let ssrc = 0; ssrc < 1000; ssrc++) {
      const absSendTimeOf = stamped ? absSendTime(millis(ssrc)) : undefined;
      const packet = { ssrc, bytes: 100, timestamp: ssrc * 90, clockRate: 90_000 };
      estimator.received({ ...packet, absSendTime: absSendTimeOf }, millis(ssrc + 40));
    }
    expect(estimator.poll(millis(1040))?.ssrcs).toHaveLength(64);
    estimator.poll(millis(4000));
    feed(estimator, 4000, 4100, 2000);
    expect(estimator.poll(millis(5000))?.ssrcs).toEqual([2000]);
  }
});

test('while a queue drains the estimate does not grow', () => {
  const estimator = new BandwidthEstimator({ start: 600_000, min: 100_000, max: 2_000_000 });
  const rates: number[] = [];
  for (let at = 0; at < 3000; at += 10) {
    const delay = at < 1000 ? 200 : Math.max(40, 200 - 0.2 * (at - 1000));
    const packet = { ssrc: 1, bytes: 1000, timestamp: at * 90, clockRate: 90_000 };
    estimator.received(packet, millis(at + delay));
    rates.push(estimator.bitrate);
  }
  expect(rates[95]).toBeGreaterThan(rates[60]!);
  expect(rates[170]).toBe(rates[140]);
  expect(rates[299]).toBeGreaterThan(rates[170]!);
});
