import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { floatToPcm16, parseWav, wavHeader, type WavAudio, type WavResult } from '../src/index.js';

const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));
const u16 = (value: number): number[] => [value & 255, (value >> 8) & 255];
const u32 = (value: number): number[] => [...u16(value), ...u16(value >>> 16)];
const chunk = (id: string, body: number[], stated = body.length): number[] => [
  ...ascii(id),
  ...u32(stated),
  ...body,
  ...(body.length % 2 === 1 ? [0] : []),
];
const fmt = (tag: number, channels: number, rate: number, bits: number, rest: number[] = []) =>
  chunk('fmt ', [
    ...u16(tag),
    ...u16(channels),
    ...u32(rate),
    ...u32((rate * channels * bits) / 8),
    ...u16((channels * bits) / 8),
    ...u16(bits),
    ...rest,
  ]);
const riff = (...chunks: number[][]): Uint8Array => {
  const body = [...ascii('WAVE'), ...chunks.flat()];
  return Uint8Array.from([...ascii('RIFF'), ...u32(body.length), ...body]);
};
const GUID_TAIL = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
const guid = (tag: number): number[] => [...u16(tag), ...GUID_TAIL];
const read = (result: WavResult): WavAudio => {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};
const samplesOf = (bytes: Uint8Array): number[] => [...read(parseWav(bytes)).samples];
const float = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];

const PCM16 = fmt(1, 1, 48_000, 16);
const TWO = [...u16(0x4000), ...u16(0x8000)];

test.each([
  ['8-bit', fmt(1, 1, 8000, 8), [0, 64, 128, 255], [-1, -0.5, 0, 127 / 128]],
  ['16-bit', fmt(1, 1, 8000, 16), [0, 0x80, 0xff, 0xff, 0, 0x40], [-1, -1 / 32_768, 0.5]],
  [
    '24-bit',
    fmt(1, 1, 8000, 24),
    [0, 0, 0x80, 1, 0, 0, 0xff, 0xff, 0xff],
    [-1, 2 ** -23, -(2 ** -23)],
  ],
  ['32-bit', fmt(1, 1, 8000, 32), [0, 0, 0, 0x80, 0, 0, 0, 0x20], [-1, 0.25]],
  ['float', fmt(3, 1, 8000, 32), [...float(0.125), ...float(-1.5)], [0.125, -1.5]],
])('%s samples come out at their value', (_, format, data, expected) => {
  expect(samplesOf(riff(format, chunk('data', data)))).toEqual(expected);
});

test('rate, channels and interleaving are kept', () => {
  const bytes = riff(fmt(1, 2, 44_100, 16), chunk('data', [...TWO, ...TWO]));
  expect(read(parseWav(bytes))).toEqual({
    sampleRate: 44_100,
    channels: 2,
    samples: Float32Array.of(0.5, -1, 0.5, -1),
  });
});

test('WAVE_FORMAT_EXTENSIBLE is read by its sub-format', () => {
  const extension = (tag: number): number[] => [...u16(22), ...u16(16), ...u32(3), ...guid(tag)];
  const pcm = riff(fmt(0xfffe, 1, 48_000, 16, extension(1)), chunk('data', TWO));
  expect(samplesOf(pcm)).toEqual([0.5, -1]);
  const floats = riff(fmt(0xfffe, 1, 48_000, 32, extension(3)), chunk('data', float(0.75)));
  expect(samplesOf(floats)).toEqual([0.75]);
  const other = riff(fmt(0xfffe, 1, 48_000, 16, extension(1).with(-1, 0)), chunk('data', TWO));
  expect(parseWav(other)).toEqual({ ok: false, reason: 'unsupported-encoding' });
});

test('unknown chunks are skipped, padded to even length', () => {
  const list = chunk('LIST', [1, 2, 3]);
  expect(samplesOf(riff(list, PCM16, list, chunk('fact', []), chunk('data', TWO), list))).toEqual([
    0.5, -1,
  ]);
});

test.each([0, 0xffff_ffff, 1000])(
  'a data chunk said to have %i bytes goes on to the end',
  (stated) => {
    expect(samplesOf(riff(PCM16, chunk('data', TWO, stated)))).toEqual([0.5, -1]);
  },
);

test('what is cut off within a sample frame is left out', () => {
  const stereo = fmt(1, 2, 48_000, 16);
  expect(samplesOf(riff(stereo, chunk('data', [...TWO, ...u16(1)], 400)))).toEqual([0.5, -1]);
});

test('floats that are no finite number become silence', () => {
  const data = [...float(NaN), ...float(Infinity), ...float(0.5)];
  expect(samplesOf(riff(fmt(3, 1, 8000, 32), chunk('data', data)))).toEqual([0, 0, 0.5]);
});

test.each([
  ['not-wav', Uint8Array.of()],
  ['not-wav', riff(PCM16).with(0, 0x51)],
  ['not-wav', riff(PCM16).with(8, 0x51)],
  ['no-format', riff()],
  ['no-format', riff(chunk('data', TWO))],
  ['no-data', riff(PCM16)],
  ['no-data', riff(PCM16, chunk('LIST', [], 0xffff_fffe), chunk('data', TWO))],
  ['bad-format', riff(chunk('fmt ', [1, 0]), chunk('data', TWO))],
  ['bad-format', riff(fmt(1, 0, 48_000, 16), chunk('data', TWO))],
  ['bad-format', riff(fmt(1, 1, 0, 16), chunk('data', TWO))],
  ['bad-format', riff(fmt(1, 1, 48_000, 16).with(20, 3), chunk('data', TWO))],
  ['bad-format', riff(fmt(0xfffe, 1, 48_000, 16), chunk('data', TWO))],
  ['unsupported-encoding', riff(fmt(2, 1, 48_000, 16), chunk('data', TWO))],
  ['unsupported-encoding', riff(fmt(1, 1, 48_000, 12), chunk('data', TWO))],
  ['unsupported-encoding', riff(fmt(3, 1, 48_000, 64), chunk('data', TWO))],
])('%s is told apart', (reason, bytes) => {
  expect(parseWav(bytes)).toEqual({ ok: false, reason });
});

test('random bytes, alone or behind a valid beginning, never throw', () => {
  const beginnings = [[], [...riff()], [...riff(PCM16)], [...riff(PCM16, chunk('data', []))]];
  fc.assert(
    fc.property(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 200 }), (head, tail) => {
      const result = parseWav(Uint8Array.from([...head, ...tail]));
      return !result.ok || result.value.samples.length <= tail.length;
    }),
    { numRuns: 2000 },
  );
});

test('a valid file with any bytes changed never throws', () => {
  const file = riff(
    fmt(0xfffe, 2, 48_000, 16, [...u16(22), ...u16(16), ...u32(3), ...guid(1)]),
    chunk('data', TWO),
  );
  const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 6 }), fc.nat(file.length), (changes, length) => {
      const bytes = file.slice(0, length);
      for (const [at, value] of changes) if (at < length) bytes[at] = value;
      return typeof parseWav(bytes).ok === 'boolean';
    }),
    { numRuns: 3000 },
  );
});

test('what is written as 16-bit PCM is read back exactly', () => {
  const sample = fc.integer({ min: -32_768, max: 32_767 });
  fc.assert(
    fc.property(
      fc.array(sample, { maxLength: 100 }),
      fc.integer({ min: 1, max: 384_000 }),
      fc.integer({ min: 1, max: 4 }),
      (values, sampleRate, channels) => {
        const whole = values.slice(0, values.length - (values.length % channels));
        const samples = Float32Array.from(whole, (value) => value / 32_768);
        const header = wavHeader({ sampleRate, channels }, samples.length * 2);
        const file = new Uint8Array(header.length + samples.length * 2);
        file.set(header);
        expect(floatToPcm16(samples, file.subarray(header.length))).toBe(samples.length * 2);
        expect(parseWav(file)).toEqual({ ok: true, value: { sampleRate, channels, samples } });
      },
    ),
  );
});

test('a file that lies within a larger buffer is read from its own beginning', () => {
  const file = riff(PCM16, chunk('data', TWO));
  const larger = new Uint8Array(file.length + 7);
  larger.set(file, 5);
  expect(samplesOf(larger.subarray(5, 5 + file.length))).toEqual([0.5, -1]);
});

test('the header is the canonical 44 bytes', () => {
  expect([...wavHeader({ sampleRate: 48_000, channels: 2 }, 8)]).toEqual([
    ...ascii('RIFF'),
    ...u32(44),
    ...ascii('WAVE'),
    ...fmt(1, 2, 48_000, 16),
    ...ascii('data'),
    ...u32(8),
  ]);
});

test('a recording beyond 4 GiB is marked as of unknown length', () => {
  const view = new DataView(wavHeader({ sampleRate: 48_000, channels: 1 }, 2 ** 33).buffer);
  expect([view.getUint32(4, true), view.getUint32(40, true)]).toEqual([0xffff_ffff, 0xffff_ffff]);
});

test.each([
  [{ sampleRate: 48_000, channels: 0 }, 0],
  [{ sampleRate: 48_000, channels: 40_000 }, 0],
  [{ sampleRate: 0, channels: 1 }, 0],
  [{ sampleRate: 4e9, channels: 1 }, 0],
  [{ sampleRate: 48_000.5, channels: 1 }, 0],
  [{ sampleRate: 48_000, channels: 2 }, 6],
  [{ sampleRate: 48_000, channels: 1 }, -2],
  [{ sampleRate: 48_000, channels: 1 }, NaN],
])('a header for %j and %d bytes cannot be written', (format, bytes) => {
  expect(() => wavHeader(format, bytes)).toThrow(
    expect.objectContaining({ name: 'ArgumentError', code: 'BAD_ARGUMENT' }),
  );
});

test('conversion to 16 bits rounds and saturates', () => {
  const table = [
    [0, 0],
    [0.5, 16_384],
    [1, 32_767],
    [-1, -32_768],
    [1.5, 32_767],
    [-7, -32_768],
    [Infinity, 32_767],
    [-Infinity, -32_768],
    [NaN, 0],
    [1.4 / 32_768, 1],
    [1.6 / 32_768, 2],
    [-1.6 / 32_768, -2],
    [32_767 / 32_768, 32_767],
  ] as const;
  const out = new Uint8Array(table.length * 2 + 3).fill(9);
  expect(
    floatToPcm16(
      Float32Array.from(table, ([x]) => x),
      out,
    ),
  ).toBe(table.length * 2);
  const view = new DataView(out.buffer);
  expect(table.map((_, i) => view.getInt16(2 * i, true))).toEqual(table.map(([, value]) => value));
  expect([...out.subarray(-3)]).toEqual([9, 9, 9]);
  expect(() => floatToPcm16(new Float32Array(2), new Uint8Array(3))).toThrow(/give at least 4/);
});
