import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ABS_CAPTURE_TIME_URI,
  CaptureTimeClock,
  CaptureTimeReceiver,
  CaptureTimeSender,
  micros,
  millis,
  parseAbsCaptureTime,
  writeAbsCaptureTime,
} from '../src/index.js';

const captured = micros(1_700_000_000_250_000);

test('the extension has the name that others negotiate', () => {
  expect(ABS_CAPTURE_TIME_URI).toBe(
    'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  );
});

test('the short form is the NTP timestamp, big-endian', () => {
  const data = Uint8Array.of(0xe8, 0xfe, 0x6f, 0x80, 0x40, 0, 0, 0);
  expect(writeAbsCaptureTime({ captured })).toEqual(data);
  expect(parseAbsCaptureTime(data)).toEqual({ ok: true, value: { captured } });
});

test('the long form adds the clock offset as a signed fixed-point number', () => {
  const time = { captured, clockOffset: micros(-250_000) };
  const data = writeAbsCaptureTime(time)!;
  expect(data.subarray(8)).toEqual(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xc0, 0, 0, 0));
  expect(parseAbsCaptureTime(data)).toEqual({ ok: true, value: time });
});

test('every time from 1968 to 2104 and every offset survive writing and reading', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -61_505_152e6, max: 4_233_462_144e6 - 1 }),
      fc.option(fc.integer({ min: -2_147_483_647e6, max: 2_147_483_647e6 }), { nil: undefined }),
      (unix, offset) => {
        const time = {
          captured: micros(unix),
          ...(offset !== undefined && { clockOffset: micros(offset) }),
        };
        expect(parseAbsCaptureTime(writeAbsCaptureTime(time)!)).toEqual({ ok: true, value: time });
      },
    ),
  );
});

test('bytes of any length are read or refused, inside a larger packet too', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      const packet = new Uint8Array(bytes.length + 3);
      packet.set(bytes, 3);
      const result = parseAbsCaptureTime(packet.subarray(3));
      expect(result).toEqual(parseAbsCaptureTime(bytes));
      expect(result.ok).toBe(bytes.length === 8 || bytes.length === 16);
      expect(!result.ok || Number.isSafeInteger(result.value.captured)).toBe(true);
    }),
  );
});

test('what the extension cannot express is not written', () => {
  expect(writeAbsCaptureTime({ captured: micros(Number.NaN) })).toBeUndefined();
  expect(writeAbsCaptureTime({ captured: micros(4_233_462_144e6) })).toBeUndefined();
  expect(writeAbsCaptureTime({ captured, clockOffset: micros(2 ** 31 * 1e6) })).toBeUndefined();
});

test('packets in between are given their time for five seconds, across the wrap', () => {
  const receiver = new CaptureTimeReceiver(48_000);
  expect(receiver.receive(1, 0, millis(0))).toBeUndefined();
  const last = 2 ** 32 - 480;
  const time = { captured, clockOffset: micros(7) };
  expect(receiver.receive(1, last, millis(0), time)).toBe(captured);
  expect(receiver.receive(1, 480, millis(20))).toBe(captured + 20_000);
  expect(receiver.receive(1, last - 960, millis(21))).toBe(captured - 20_000);
  expect(receiver.clockOffset).toBe(7);
  expect(receiver.receive(2, 480, millis(22))).toBeUndefined();
  expect(receiver.receive(1, 239_520, millis(5000))).toBe(captured + 5_000_000);
  expect(receiver.receive(1, 240_480, millis(5001))).toBeUndefined();
});

test('a sender repeats the time every second, and at once when extrapolation would be wrong', () => {
  const sender = new CaptureTimeSender(48_000);
  const needs = (source: number, ms: number, off = 0, clockOffset?: number): boolean =>
    sender.needsExtension(
      source,
      (ms * 48) >>> 0,
      {
        captured: micros(captured + ms * 1000 + off),
        ...(clockOffset !== undefined && { clockOffset: micros(clockOffset) }),
      },
      millis(ms),
    );
  expect(needs(1, 0)).toBe(true);
  expect(needs(1, 20)).toBe(false);
  expect(needs(1, 40, 1000)).toBe(false);
  expect(needs(1, 60, 1001)).toBe(true);
  expect(needs(1, 80, 1001)).toBe(false);
  expect(needs(2, 100, 1001)).toBe(true);
  expect(needs(2, 120, 1001, 5)).toBe(true);
  expect(needs(2, 1119, 1001, 5)).toBe(false);
  expect(needs(2, 1120, 1001, 5)).toBe(true);
});

test('what a sender leaves out a receiver extrapolates to 1 ms', () => {
  const sender = new CaptureTimeSender(90_000);
  const receiver = new CaptureTimeReceiver(90_000);
  let sent = 0;
  for (let i = 0; i < 3000; i++) {
    // A media clock at −800 ppm against the wall clock.
    const now = micros(i * 33_333);
    const rtp = Math.round(i * 33_333 * 0.09 * (1 - 800e-6)) >>> 0;
    const time = { captured: micros(captured + now) };
    const needed = sender.needsExtension(5, rtp, time, now);
    if (needed) sent++;
    const read = receiver.receive(5, rtp, now, needed ? time : undefined)!;
    expect(Math.abs(read - time.captured)).toBeLessThanOrEqual(1000);
  }
  expect(sent).toBeLessThan(110);
});

test('a stream is placed on the local timeline from its first packet on, with a bound that grows', () => {
  const clock = new CaptureTimeClock({
    clockRate: 48_000,
    unixOrigin: captured,
    clockOffset: () => ({ offset: millis(300), bound: millis(4), roundTrip: millis(8) }),
  });
  expect(clock.captureAt(960, millis(50))).toBeUndefined();
  // Captured 40 ms after our origin by a camera whose clock is 7 ms ahead of the sender's, that 300 ms ahead of ours.
  const time = { captured: micros(captured + 40_000 + 307_000), clockOffset: millis(7) };
  clock.update(time, 2 ** 32 - 480, millis(50));
  expect(clock.captureAt(480, millis(50))).toEqual({ time: 60_000, bound: 5000 });
  expect(clock.captureAt(480, millis(2050))).toEqual({ time: 60_000, bound: 7000 });
  expect(clock.captureAt(480, millis(5051))).toBeUndefined();
  clock.reset();
  expect(clock.captureAt(480, millis(60))).toBeUndefined();
});

test('a clock rate that is none is refused', () => {
  expect(() => new CaptureTimeReceiver(0)).toThrow('clockRate');
  expect(() => new CaptureTimeSender(-1)).toThrow('clockRate');
});
