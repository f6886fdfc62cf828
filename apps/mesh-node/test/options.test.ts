import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { parseOptions } from '../src/options.js';

const required = ['--signaling', 'ws://localhost:1', '--id', 'me'];
const parse = (...more: string[]): ReturnType<typeof parseOptions> =>
  parseOptions([...required, ...more], '1.2.3');

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

test('the defaults are those of the help', () => {
  expect(parse()).toEqual({
    signaling: 'ws://localhost:1',
    id: 'me',
    room: 'default',
    stateDir: expect.stringMatching(/rm-mesh-node$/),
    source: 'none',
    json: false,
    statsInterval: 5,
    iceServers: [],
    bitrate: 48_000,
    minDelay: 15,
    maxDelay: 500,
    alignDelay: 60,
    connectTimeout: 5,
    logLevel: 'info',
  });
});

test('a capture is of a minute unless it is said otherwise', () => {
  expect(parse('--capture', 'x').captureSeconds).toBeUndefined();
  expect(parse('--capture', 'x', '--capture-seconds', '5')).toMatchObject({
    capture: 'x',
    captureSeconds: 5,
  });
});

test('lists and ICE servers are read', () => {
  const ids = '--pipeline p.yaml --from a,b --to c';
  const ice = '--ice-server stun:stun.example:3478 --ice-server turn:ann:s3cret@turn.example';
  const options = parse(...`${ids} ${ice}`.split(' '));
  expect(options).toMatchObject({ from: ['a', 'b'], to: ['c'] });
  expect(options.iceServers).toEqual([
    { urls: ['stun:stun.example:3478'] },
    { urls: ['turn:turn.example'], username: 'ann', credential: 's3cret' },
  ]);
});

test.each([
  [['--seconds', 'ten'], /Give a number from/],
  [['--bitrate', '1'], /Give a number from 6000 to 510000/],
  [['--from', ','], /Give at least one id/],
  [['--ice-server', 'turn:turn.example'], /turn:USER:SECRET@HOST/],
  [['--log-level', 'loud'], /Allowed choices are/],
  [['--capture', 'x', '--capture-seconds', '0'], /Give a number from 1 to 3600/],
  [['--nonsense'], /unknown option '--nonsense'/],
])('%j is refused, and the help is named', (args, message) => {
  expect(() => parse(...args)).toThrow(expect.objectContaining({ exitCode: 1 }));
  expect(shown).toMatch(message);
  expect(shown).toContain('--help tells more');
});

test.each([
  [['--from', 'a'], /give --pipeline too/],
  [['--from', 'a', '--pipeline', 'p', '--source', 'silence'], /give one of them/],
  [['--capture-seconds', '9'], /give --capture FILE too/],
  [['--min-delay', '200', '--max-delay', '100'], /--min-delay 200 is above --max-delay 100/],
  [['--min-bitrate', '64000'], /--min-bitrate 64000, --bitrate 48000 .* not in this order/],
  [['--max-bitrate', '24000'], /--bitrate 48000 and --max-bitrate 24000 are not in this order/],
  [['--align-delay', '-1'], /number from 0 to 10000/],
])('%j is refused as at odds', (args, message) => {
  expect(() => parse(...args)).toThrow(message);
});

test('help has examples, and the version is the package’s', () => {
  expect(() => parseOptions(['--help'], '1.2.3')).toThrow(expect.objectContaining({ exitCode: 0 }));
  expect(shown).toContain('Examples:');
  expect(shown).toContain('Exit status:');
  expect(() => parseOptions(['--version'], '1.2.3')).toThrow(
    expect.objectContaining({ exitCode: 0 }),
  );
  expect(shown).toContain('1.2.3');
});
