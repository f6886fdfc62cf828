import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  AudioBitrateController,
  type AudioBitrateOptions,
  type AudioBitrateSettings,
  type AudioPathReport,
  type Micros,
} from '../src/index.js';
import { random } from './support/signals.js';

const seconds = (s: number): Micros => Math.round(s * 1e6) as Micros;

/** Settings after each of the reports, which come once a second from second 1 on. */
function course(
  reports: readonly AudioPathReport[],
  controller: AudioBitrateController = new AudioBitrateController(),
): AudioBitrateSettings[] {
  return reports.map((report, i) => controller.update(report, seconds(i + 1)));
}

const path = (count: number, report: Partial<AudioPathReport> = {}): AudioPathReport[] =>
  Array.from({ length: count }, () => ({ fractionLost: 0, ...report }));

const bitrates = (settings: readonly AudioBitrateSettings[]): number[] =>
  settings.map(({ bitrate }) => bitrate);

test('begins at the nominal bitrate, without protection', () => {
  expect(new AudioBitrateController().settings).toEqual({
    bitrate: 32_000,
    fec: false,
    expectedLoss: 0,
    maxBandwidth: 'fullband',
  });
});

describe('on a good path the bitrate', () => {
  test('grows by 8 % a second to the maximum', () => {
    const rates = bitrates(course(path(30)));
    expect(rates[0]).toBe(34_000);
    expect(rates.findIndex((rate) => rate === 128_000)).toBe(18);
    expect(rates.slice(18).every((rate) => rate === 128_000)).toBe(true);
    expect(rates.every((rate, i) => i === 0 || rate >= rates[i - 1]!)).toBe(true);
  });

  test('does not depend on how often reports come', () => {
    const often = new AudioBitrateController();
    for (let i = 10; i <= 100; i++) often.update({ fractionLost: 0 }, seconds(i / 10));
    expect(often.settings).toEqual(course(path(10)).at(-1));
  });

  test('takes no more than 5 s of silence for good', () => {
    const controller = new AudioBitrateController();
    controller.update({ fractionLost: 0 }, seconds(1));
    expect(controller.update({ fractionLost: 0 }, seconds(600)).bitrate).toBe(50_000);
  });

  test('does not grow while time stands still', () => {
    const controller = new AudioBitrateController();
    const once = controller.update({ fractionLost: 0 }, seconds(1));
    expect(controller.update({ fractionLost: 0 }, seconds(1))).toBe(once);
    expect(controller.update({ fractionLost: 1 }, seconds(0))).toBe(once);
  });
});

/** Ten minutes of reports on 50 packets a second, each lost with the same probability. */
function randomLoss(probability: number): AudioPathReport[] {
  const next = random(3);
  return Array.from({ length: 600 }, () => {
    let lost = 0;
    for (let i = 0; i < 50; i++) if (next() < probability) lost++;
    return { fractionLost: lost / 50 };
  });
}

describe('under loss', () => {
  test.each([0.03, 0.05, 0.08])('of %d it is protected, and at most nominal', (fractionLost) => {
    const settings = course([...path(30), ...path(30, { fractionLost })]);
    const first = settings.findIndex(({ fec }) => fec);
    expect(first - 30).toBeLessThan(5);
    for (const { bitrate, fec, expectedLoss, maxBandwidth } of settings.slice(first)) {
      expect({ bitrate, fec, maxBandwidth }).toEqual({
        bitrate: 32_000,
        fec: true,
        maxBandwidth: 'wideband',
      });
      expect(expectedLoss).toBe(0.1);
    }
  });

  test.each([0.15, 0.2, 0.3, 0.5])('of %d it is at 24 kbit/s, where FEC works', (fractionLost) => {
    const settings = course([...path(30), ...path(30, { fractionLost })]);
    expect(settings[31]).toMatchObject({ fec: true, maxBandwidth: 'wideband' });
    expect(settings[31]!.bitrate).toBeLessThanOrEqual(32_000);
    for (const { bitrate, expectedLoss } of settings.slice(36)) {
      expect(bitrate).toBe(24_000);
      expect(expectedLoss).toBeGreaterThanOrEqual(0.1);
      expect(expectedLoss).toBeLessThan(fractionLost + 0.05);
    }
    expect(settings.at(-1)!.expectedLoss).toBeCloseTo(fractionLost, 5);
  });

  test('one packet lost in a second changes nothing', () => {
    const settings = course([...path(30), { fractionLost: 0.02 }, ...path(5)]);
    expect(settings.slice(30).every((one) => one === settings[29])).toBe(true);
  });

  test('it stays protected for 10 s after the last loss, and grows again after that', () => {
    const settings = course([...path(20), ...path(5, { fractionLost: 0.05 }), ...path(60)]);
    const end = settings.findLastIndex(({ fec }) => fec);
    // The mean falls below 1 % some 4 s after the last loss.
    expect(end - 24).toBeGreaterThanOrEqual(12);
    expect(end - 24).toBeLessThanOrEqual(17);
    expect(settings.slice(24, end).every(({ bitrate }) => bitrate === 32_000)).toBe(true);
    expect(settings.at(-1)).toEqual({
      bitrate: 128_000,
      fec: false,
      expectedLoss: 0,
      maxBandwidth: 'fullband',
    });
  });

  test('loss that comes and goes does not make it flutter', () => {
    // Just where protection begins.
    const settings = course(randomLoss(0.02));
    const changes = settings.filter(({ fec }, i) => i > 0 && fec !== settings[i - 1]!.fec).length;
    expect(changes).toBeLessThan(10);
    const steps = settings.filter((one, i) => i > 0 && one !== settings[i - 1]).length;
    expect(steps).toBeLessThan(120);
  });

  test('expected loss settles where loss is, though no two seconds are alike', () => {
    const expected = course(randomLoss(0.15)).map(({ expectedLoss }) => expectedLoss);
    const changes = expected.filter((loss, i) => i > 0 && loss !== expected[i - 1]).length;
    expect(changes).toBeLessThan(60);
    expect(new Set(expected.slice(10))).toEqual(new Set([0.15, 0.2, 0.25]));
  });
});

describe('the bandwidth', () => {
  test('is shared with the headers', () => {
    expect(course(path(30, { bandwidth: 80_000 })).at(-1)!.bitrate).toBe(60_000);
    const controller = new AudioBitrateController({ overhead: 50_000 });
    expect(course(path(30, { bandwidth: 80_000 }), controller).at(-1)!.bitrate).toBe(30_000);
  });

  test('is obeyed at once when it falls, and not filled up again within 5 s', () => {
    const settings = course([...path(30), { fractionLost: 0, bandwidth: 60_000 }, ...path(20)]);
    expect(settings[29]!.bitrate).toBe(128_000);
    expect(bitrates(settings.slice(30, 35))).toEqual([40_000, 40_000, 40_000, 40_000, 40_000]);
    expect(settings[36]!.bitrate).toBeGreaterThan(42_000);
    expect(settings.at(-1)!.bitrate).toBe(128_000);
  });

  test('below the minimum, the minimum is sent; below 24 kbit/s under loss, 24', () => {
    expect(course(path(5, { bandwidth: 10_000 })).at(-1)!.bitrate).toBe(16_000);
    const lossy = path(10, { bandwidth: 10_000, fractionLost: 0.05 });
    expect(course(lossy).at(-1)).toMatchObject({ bitrate: 24_000, fec: true });
  });
});

describe('a queue, seen in the round trip,', () => {
  const roundTrip = seconds(0.05);

  test('makes it back off by 15 % a second, until it is gone', () => {
    const reports = [
      ...path(30, { roundTrip }),
      ...path(4, { roundTrip: seconds(0.25) }),
      ...path(3, { roundTrip }),
    ];
    const settings = course(reports);
    expect(bitrates(settings.slice(29))).toEqual([
      128_000, 108_000, 92_000, 78_000, 66_000, 66_000, 66_000, 66_000,
    ]);
  });

  test('is told from a long path, and from jitter', () => {
    const next = random(5);
    const reports = Array.from({ length: 60 }, () => ({
      fractionLost: 0,
      roundTrip: seconds(0.4 + 0.08 * next()),
    }));
    expect(course(reports).at(-1)!.bitrate).toBe(128_000);
  });

  test('is not seen for ever in a path that has become longer', () => {
    const settings = course([...path(30, { roundTrip }), ...path(60, { roundTrip: seconds(0.3) })]);
    expect(settings[50]!.bitrate).toBeLessThan(20_000);
    expect(settings.at(-1)!.bitrate).toBe(128_000);
  });
});

test('a link of 70 kbit/s is found by its losses and delay alone, and hardly overfilled', () => {
  const controller = new AudioBitrateController();
  const link = 70_000;
  const buffer = 0.3 * link;
  let queue = 0;
  let sent = 0;
  let dropped = 0;
  const rates: number[] = [];
  for (let i = 1; i <= 600; i++) {
    const offered = controller.settings.bitrate + 20_000;
    queue += offered - link;
    const lost = Math.max(0, queue - buffer);
    queue = Math.max(0, queue - lost);
    sent += offered;
    dropped += lost;
    rates.push(controller.settings.bitrate);
    const roundTrip = seconds(0.04 + queue / link);
    controller.update({ fractionLost: lost / offered, roundTrip }, seconds(i));
  }
  expect(dropped / sent).toBeLessThan(0.01);
  const settled = rates.slice(60);
  expect(settled.reduce((sum, rate) => sum + rate, 0) / settled.length).toBeGreaterThan(35_000);
});

describe('bounds', () => {
  test('below 24 kbit/s stand above the floor of FEC', () => {
    const options = { min: 6_000, nominal: 12_000, max: 20_000 };
    const settings = course(path(60, { fractionLost: 0.3 }), new AudioBitrateController(options));
    expect(settings.at(-1)).toMatchObject({ bitrate: 20_000, fec: true });
    expect(Math.max(...bitrates(settings))).toBe(20_000);
  });

  test.each([
    [{ min: 24_000, nominal: 48_000, max: 64_000 }],
    [{ min: 6_000, nominal: 12_000, max: 20_000 }],
    [{ min: 32_000, nominal: 32_000, max: 32_000 }],
    [{ min: 6_500, nominal: 6_500, max: 6_500 }],
  ] satisfies [AudioBitrateOptions][])('%j are kept, whatever is reported', (options) => {
    const share = fc.double({ min: -0.5, max: 1.5 });
    const report = fc.record({
      fractionLost: share,
      roundTrip: fc.oneof(fc.constant(undefined), fc.double()) as fc.Arbitrary<Micros | undefined>,
      bandwidth: fc.oneof(fc.constant(undefined), fc.double()),
    });
    fc.assert(
      fc.property(fc.array(report, { maxLength: 60 }), (reports) => {
        const all = course(reports, new AudioBitrateController(options));
        return all.every(
          ({ bitrate, fec, expectedLoss, maxBandwidth }) =>
            Number.isInteger(bitrate) &&
            bitrate >= options.min &&
            bitrate <= options.max &&
            (!fec || bitrate >= Math.min(24_000, options.max - 999)) &&
            (fec ? expectedLoss >= 0.1 && expectedLoss <= 1 : expectedLoss === 0) &&
            maxBandwidth === (fec ? 'wideband' : 'fullband'),
        );
      }),
    );
  });

  test.each([
    { min: 40_000 },
    { nominal: 12_000 },
    { max: 24_000 },
    { min: 5_999 },
    { max: 510_001 },
    { nominal: 32_000.5 },
    { min: NaN },
    { overhead: -1 },
  ])('%j are refused', (options) => {
    expect(() => new AudioBitrateController(options)).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT' }),
    );
  });
});
