import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import type { Report } from '../src/report.js';
import { call, jitter, sent } from './support/call.js';
import { pcap } from './support/captures.js';
import { inFolder } from './support/play-bytes.js';
import { type Ended, Program, RTPPLAY } from './support/processes.js';

const run = async (
  args: readonly string[],
  { flags = [], env = {}, bin = RTPPLAY }: { flags?: string[]; env?: object; bin?: string } = {},
): Promise<Ended> => await new Program(bin, args, flags, env).ended;

let file: Uint8Array;
beforeAll(async () => {
  const wait = jitter(60);
  file = pcap(sent(await call(150, (n) => (n % 30 === 29 ? undefined : wait(n)))));
});

/** Runs the program on the call. */
const playing = async (...how: Parameters<typeof run>): Promise<Ended> =>
  await inFolder(async (folder) => {
    const path = join(folder, 'call.pcap');
    writeFileSync(path, file);
    return await run([path, ...how[0]], how[1]);
  });

test('one JSON object is printed, the same by any process and whatever the settings of Node', async () => {
  const reference = await playing([]);
  expect(reference).toMatchObject({ status: 0, stderr: '' });
  const report = JSON.parse(reference.stdout) as Report;
  expect(report.packets).toMatchObject({ received: 145, lost: 4 });
  expect(report.sha256.pcm).toMatch(/^[0-9a-f]{64}$/);
  for (const settings of [
    {},
    {
      env: { NODE_OPTIONS: '--max-old-space-size=512', TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8' },
    },
    { flags: ['--no-opt', '--no-sparkplug'] },
    { flags: ['--no-liftoff'] },
    { flags: ['--liftoff-only', '--always-sparkplug'] },
    { flags: ['--random-seed=42', '--stress-compaction'] },
  ])
    // oxlint-disable-next-line no-await-in-loop
    expect([settings, (await playing([], settings)).stdout]).toEqual([settings, reference.stdout]);
}, 120_000);

test.each([
  [['/no/such/file'], 1, /^rm-rtpplay: \/no\/such\/file does not exist: .*\n$/],
  [[RTPPLAY], 1, /^rm-rtpplay: the file is no rtpdump, pcap or pcapng file.*\n$/],
  [['/'], 1, /^rm-rtpplay: \/ cannot be read \(EISDIR\).*\n$/],
  [['x', '--min-delay', '900'], 2, /^rm-rtpplay: --min-delay 900 is above.*\n$/],
  [['x', '--policy', 'worst'], 2, /--help tells more/],
  [[], 2, /missing required argument/],
])('%j ends with status %i and says why', async (args, status, message) => {
  expect(await run(args)).toEqual({ status, stdout: '', stderr: expect.stringMatching(message) });
});

test('a stream that is not there is a mistake on the command line', async () => {
  expect(await playing(['--ssrc', '7'])).toEqual({
    status: 2,
    stdout: '',
    stderr: 'rm-rtpplay: there is no stream 0x00000007: there is 0x12345678\n',
  });
});

test('a file that cannot be written is told before anything is played', async () => {
  expect(await playing(['--wav', '/no/such/folder/a.wav'])).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^rm-rtpplay: \/no\/such\/folder\/a.wav cannot be written \(ENOENT\).*\n$/,
    ),
  });
});

test('help and version are told on stdout', async () => {
  const help = await run(['--help']);
  expect(help).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringContaining('Examples:'),
  });
  expect(await run(['--version'])).toMatchObject({ status: 0, stderr: '' });
});

test('in a clone that is not built it says what to do', async () => {
  await inFolder(async (folder) => {
    mkdirSync(join(folder, 'bin'));
    const bin = join(folder, 'bin', 'rm-rtpplay.mjs');
    copyFileSync(RTPPLAY, bin);
    expect(await run(['x'], { bin })).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('npm run setup build'),
    });
  });
});
