import { expect, test } from '@jest/globals';
import { ReceptionStatistics } from '../src/index.js';
import { at } from './simulate.js';

for (const start of [0, 1, 127, 32_767, 65_530, 65_535]) {
  test(`loss and the extended highest sequence number across the wrap, starting at ${start}`, () => {
    const stats = new ReceptionStatistics(48_000);
    for (const n of [0, 1, 2, 5, 4, 9])
      expect(stats.update((start + n) & 0xffff, n * 960, at(n * 20))).toBe('valid');
    expect(stats.packetsExpected).toBe(10);
    expect(stats.packetsReceived).toBe(6);
    expect(stats.packetsLost).toBe(4);
    expect(stats.extendedHighestSequence).toBe(start + 9);
  });
}

test('duplicates make the loss negative, as RFC 3550 A.3 says', () => {
  const stats = new ReceptionStatistics(48_000);
  for (const n of [0, 1, 1, 1]) stats.update(n, n * 960, at(n * 20));
  expect(stats.packetsLost).toBe(-2);
});

test('a stray packet is not believed, two in a row are a restart', () => {
  const stats = new ReceptionStatistics(48_000);
  stats.update(100, 0, at(0));
  expect(stats.update(40_000, 5, at(20))).toBe('invalid');
  expect(stats.update(101, 960, at(20))).toBe('valid');
  expect(stats.update(50_000, 77, at(40))).toBe('invalid');
  expect(stats.update(50_001, 77 + 960, at(60))).toBe('restart');
  expect(stats.packetsExpected).toBe(1);
  expect(stats.update(50_002, 77 + 1920, at(80))).toBe('valid');
  expect(stats.packetsLost).toBe(0);
});

test('jitter follows J += (|D| − J) / 16', () => {
  const stats = new ReceptionStatistics(8000);
  const arrivals = [0, 20, 47, 60, 95];
  let expected = 0;
  arrivals.forEach((t, i) => {
    stats.update(i, i * 160, at(t));
    if (i === 0) return;
    const d = Math.abs(t - arrivals[i - 1]! - 20) * 8;
    expected += (d - expected) / 16;
  });
  expect(stats.jitter).toBe(Math.floor((expected / 8) * 1000));
});

test('with probation a stream counts from its second packet in sequence on, as RFC 3550 A.1 has it', () => {
  const stats = new ReceptionStatistics(48_000, { probation: 2 });
  expect(stats.update(65_535, 0, at(0))).toBe('probation');
  expect(stats.update(7, 960, at(20))).toBe('probation');
  expect(stats.update(9, 2880, at(60))).toBe('probation');
  expect(stats.packetsReceived).toBe(0);
  expect(stats.packetsExpected).toBe(0);
  expect(stats.update(10, 3840, at(80))).toBe('valid');
  expect(stats.update(12, 5760, at(120))).toBe('valid');
  expect(stats.packetsReceived).toBe(2);
  expect(stats.packetsLost).toBe(1);
});

test('a gap of 3000 is loss and a lag of 100 reordering; beyond that the packet is a stray', () => {
  const stats = new ReceptionStatistics(48_000);
  stats.update(1000, 0, at(0));
  expect(stats.update(4001, 960, at(20))).toBe('invalid');
  expect(stats.update(4000, 960, at(20))).toBe('valid');
  expect(stats.update(3900, 960, at(20))).toBe('valid');
  expect(stats.update(3899, 960, at(20))).toBe('invalid');
  expect(stats.extendedHighestSequence).toBe(4000);
  expect(stats.packetsLost).toBe(3001 - 3);
});
