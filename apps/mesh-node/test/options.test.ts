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
    video: 'none',
    videoSize: { width: 640, height: 360 },
    fps: 30,
    videoBitrate: 1_000_000,
    videoCodec: ['VP9', 'H264', 'VP8'],
    json: false,
    statsInterval: 5,
    iceServers: [],
    bitrate: 48_000,
    minDelay: 15,
    maxDelay: 500,
    alignDelay: 60,
    connectTimeout: 5,
    backend: 'werift',
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

test('a test pattern is as it was asked for', () => {
  const asked = '--video testpattern --video-size 1280x720 --fps 29.97 --video-bitrate 2500000';
  expect(parse(...`${asked} --video-codec H264,vp8`.split(' '))).toMatchObject({
    video: 'testpattern',
    videoSize: { width: 1280, height: 720 },
    fps: 29.97,
    videoBitrate: 2_500_000,
    videoCodec: ['H264', 'VP8'],
  });
  expect(parse('--video', 'receive', '--video-codec', 'vp8')).toMatchObject({
    videoCodec: ['VP8'],
  });
});

test.each([
  [['--seconds', 'ten'], /Give a number from/],
  [['--bitrate', '1'], /Give a number from 6000 to 510000/],
  [['--from', ','], /Give at least one id/],
  [['--ice-server', 'turn:turn.example'], /turn:USER:SECRET@HOST/],
  [['--log-level', 'loud'], /Allowed choices are/],
  [['--capture', 'x', '--capture-seconds', '0'], /Give a number from 1 to 3600/],
  [['--video', 'camera'], /Allowed choices are none, receive, testpattern/],
  [['--video-size', '640'], /Give even numbers of pixels from 128x72 to 4096x2304, as in 640x360/],
  [['--video-size', '641x360'], /Give even numbers/],
  [['--video-size', '64x64'], /Give even numbers/],
  [['--fps', '0'], /Give a number from 1 to 100/],
  [['--video-bitrate', '1e3'], /Give a number from 50000 to 100000000/],
  [['--backend', 'webrtc-rs'], /Allowed choices are werift, libdatachannel, auto/],
  [['--video-codec', 'av1'], /Give one or more of vp9, h264 and vp8, each once/],
  [['--video-codec', 'vp8,vp8'], /each once/],
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
  [['--fps', '25'], /--fps says how pictures are sent: give --video testpattern too/],
  [
    ['--video', 'receive', '--video-size', '320x180'],
    /--video-size .* give --video testpattern too/,
  ],
  [['--video-bitrate', '300000'], /--video-bitrate .* give --video testpattern too/],
  [['--video-codec', 'vp8'], /give --video receive or testpattern too/],
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
