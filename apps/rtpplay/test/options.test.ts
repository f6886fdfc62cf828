import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { parseOptions } from '../src/options.js';

const parse = (...args: string[]): ReturnType<typeof parseOptions> => parseOptions(args, '1.2.3');

let shown = '';
beforeEach(() => {
  shown = '';
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((text) => {
      shown += String(text);
      return true;
    });
});
afterEach(() => {
  jest.restoreAllMocks();
});

test('a file is enough', () => {
  expect(parse('call.pcap')).toEqual({ file: 'call.pcap', policy: 'adaptive' });
});

test('everything can be said', () => {
  const args =
    'call.pcap --ssrc 0xDEADBEEF --payload-type 96 --clock-rate 16000 --policy adaptive --preset robust ' +
    '--min-delay 20 --max-delay 200 --wav a.wav --events a.ndjson --plot a.svg';
  expect(parse(...args.split(' '))).toEqual({
    file: 'call.pcap',
    ssrc: 0xdead_beef,
    payloadType: 96,
    clockRate: 16_000,
    policy: 'adaptive',
    preset: 'robust',
    minDelay: 20,
    maxDelay: 200,
    wav: 'a.wav',
    events: 'a.ndjson',
    plot: 'a.svg',
  });
  expect(parse('x', '--policy', 'neteq').policy).toBe('neteq');
  expect(parse('x', '--policy', 'fixed:62.5').policy).toEqual({ fixed: 62.5 });
});

test.each([
  [[], /missing required argument 'file'/],
  [['x', '--ssrc', '-1'], /whole number from 0 to 4294967295/],
  [['x', '--ssrc', '0x100000000'], /whole number from 0 to 4294967295/],
  [['x', '--payload-type', '128'], /whole number from 0 to 127/],
  [['x', '--clock-rate', 'fast'], /Give a number from 1000 to 384000/],
  [['x', '--policy', 'best'], /adaptive, neteq or fixed:MS/],
  [['x', '--policy', 'fixed:3000'], /adaptive, neteq or fixed:MS/],
  [['x', '--preset', 'fast'], /Allowed choices are low-latency, balanced, robust/],
  [['x', 'y'], /too many arguments/],
  [['x', '--nonsense'], /unknown option '--nonsense'/],
])('%j is refused, and the help is named', (args, message) => {
  expect(() => parse(...args)).toThrow(expect.objectContaining({ exitCode: 1 }));
  expect(shown).toMatch(message);
  expect(shown).toContain('--help tells more');
});

test.each([
  [['x', '--policy', 'neteq', '--preset', 'robust'], /--preset is for --policy adaptive/],
  [['x', '--policy', 'fixed:60', '--min-delay', '20'], /--min-delay is for --policy adaptive/],
  [['x', '--min-delay', '200', '--max-delay', '100'], /--min-delay 200 is above --max-delay 100/],
  [['x', '--min-delay', '600'], /--min-delay 600 is above --max-delay 500/],
  [['x', '--max-delay', '10'], /--min-delay 15 is above --max-delay 10/],
  [['x', '--wav', 'o', '--plot', 'o'], /one file is named twice/],
  [['x', '--wav', 'x'], /one file is named twice/],
])('%j is refused as at odds', (args, message) => {
  expect(() => parse(...args)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) }),
  );
});

test('help has examples, and the version is the package’s', () => {
  expect(() => parse('--help')).toThrow(expect.objectContaining({ exitCode: 0 }));
  expect(shown).toContain('Examples:');
  expect(shown).toContain('Exit status:');
  expect(() => parse('--version')).toThrow(expect.objectContaining({ exitCode: 0 }));
  expect(shown).toContain('1.2.3');
});
