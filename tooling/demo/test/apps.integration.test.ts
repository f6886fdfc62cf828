// The two apps as a user starts them by hand.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseWav } from '@rm/codecs';
import { match } from '../src/analysis.js';

const app = (name: string): string =>
  fileURLToPath(new URL(`../../../apps/${name}/dist/main.js`, import.meta.url));
const asset = (name: string): string =>
  fileURLToPath(new URL(`../assets/${name}`, import.meta.url));

let folder: string;
let server: ChildProcess;
let ready: string;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rm-apps-'));
  server = spawn(process.execPath, [app('signaling-server'), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface({ input: server.stdout! }), 'line')) as [string];
  ready = line;
  url = line.split(' ').at(-1)!;
});

afterAll(async () => {
  if (server.exitCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a node; `joined` resolves at its first line of output. */
function node(...args: string[]): {
  process: ChildProcess;
  joined: Promise<unknown>;
  ended: Promise<Ended>;
} {
  const state = ['--state-dir', join(folder, 'state')];
  const child = spawn(process.execPath, [app('mesh-node'), ...args, ...state], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const joined = once(child.stdout, 'data');
  const ended = once(child, 'close').then(([status]) => ({
    status: status as number,
    stdout,
    stderr,
  }));
  return { process: child, joined, ended };
}

const inRoom = (room: string, id: string): string[] => [
  '--signaling',
  url,
  '--room',
  room,
  '--id',
  id,
];

test('the server says where it listens, in one line', () => {
  expect(ready).toMatch(/^signaling server listening on ws:\/\/127\.0\.0\.1:\d+$/);
});

test('a node by hand: source through a pipeline, recordings, a JSON summary at the end', async () => {
  const record = join(folder, 'out');
  const listener = node(...inRoom('by-hand', 'ears'), '--record', record);
  await listener.joined;
  const options = ['--source', asset('speech.wav'), '--pipeline', asset('gain.yaml')];
  options.push('--record', record, '--seconds', '3', '--json');
  const speaker = node(...inRoom('by-hand', 'node-d'), ...options);
  const { status, stdout } = await speaker.ended;
  expect(status).toBe(0);
  const summary = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
  expect(summary).toMatchObject({
    type: 'summary',
    ok: true,
    node: 'node-d',
    room: 'by-hand',
    links: [{ from: 'ears', to: 'node-d', state: 'connected', packets: 0 }],
    pipeline: { level: { type: 'level' } },
  });
  expect(summary['seconds']).toBeCloseTo(3, 0);

  listener.process.kill('SIGINT');
  const heard = await listener.ended;
  expect(heard.status).toBe(0);
  expect(heard.stdout).toMatch(/node-d → ears +closed .*packets 1[0-9]\d /);
  const wav = parseWav(await readFile(join(record, 'ears', 'node-d.wav')));
  const source = parseWav(await readFile(asset('speech.wav')));
  if (!wav.ok || !source.ok) throw new Error('not a recording');
  const { samples } = source.value;
  // Half a second at a time, as a change of the playout delay shifts what follows: the median match.
  const matches = [1, 2, 3, 4, 5].map((half) => {
    const from = half * 24_000;
    return match(wav.value.samples.subarray(from, from + 24_000), samples, 48_000);
  });
  const [, , found] = matches.sort((a, b) => a.correlation - b.correlation) as [
    unknown,
    unknown,
    ReturnType<typeof match>,
  ];
  expect(found.correlation).toBeGreaterThan(0.9);
  expect(Math.abs(found.gainDb + 6)).toBeLessThan(0.5);
}, 20_000);

test('a taken id is refused, and its owner is not disturbed', async () => {
  const owner = node(...inRoom('taken', 'me'), '--json');
  await owner.joined;
  const second = await node(...inRoom('taken', 'me')).ended;
  expect(second).toMatchObject({ status: 1, stdout: '' });
  expect(second.stderr).toMatch(/^rm-mesh-node: .*"?me"? is taken.*\n$/);
  owner.process.kill('SIGTERM');
  expect((await owner.ended).status).toBe(0);
});

test('a node that was killed takes its place again at once when it is started anew', async () => {
  const watcher = node(...inRoom('restart', 'watcher'), '--json', '--log-level', 'silent');
  await watcher.joined;
  const first = node(...inRoom('restart', 'me'));
  await first.joined;
  first.process.kill('SIGKILL');
  await first.ended;
  const again = node(...inRoom('restart', 'me'), '--seconds', '1', '--json');
  const { status, stdout } = await again.ended;
  expect(status).toBe(0);
  const summary = JSON.parse(stdout.trim().split('\n').at(-1)!) as { links: unknown };
  expect(summary.links).toMatchObject([{ from: 'watcher', state: 'connected' }]);
  watcher.process.kill('SIGTERM');
  await watcher.ended;
}, 10_000);

test('a token that cannot be read is named', async () => {
  const token = ['--token-file', join(folder, 'none.jwt')];
  const { status, stderr } = await node(...inRoom('token', 'me'), ...token).ended;
  expect(status).toBe(1);
  expect(stderr).toMatch(/^rm-mesh-node: --token-file .*none.jwt cannot be read \(ENOENT\).*\n$/);
});

test('a server that cannot be reached is named', async () => {
  const { status, stderr } = await node('--signaling', 'ws://127.0.0.1:1', '--id', 'me').ended;
  expect(status).toBe(1);
  expect(stderr).toMatch(/^rm-mesh-node: .*ws:\/\/127\.0\.0\.1:1.*\n$/);
});

test('a missing file and a bad manifest are told before the room is joined', async () => {
  const manifest = join(folder, 'bad.yaml');
  await writeFile(
    manifest,
    'version: v1\nmetadata: { name: bad }\nnodes:\n  - { id: a, node_type: Gian }\nconnections: []\n',
  );
  const me = inRoom('errors', 'me');
  const ended = await Promise.all([
    node(...me, '--source', 'nowhere.wav').ended,
    node(...me, '--pipeline', manifest).ended,
    node(...me, '--pipeline', 'nowhere.yaml').ended,
    node(...me, '--record', manifest).ended,
  ]);
  expect(ended.map(({ status, stdout }) => [status, stdout])).toEqual(ended.map(() => [1, '']));
  const [missing, bad, nowhere, folderIsFile] = ended.map(({ stderr }) => stderr);
  expect(missing).toBe(
    'rm-mesh-node: --source nowhere.wav does not exist: give a WAV file, tone:HZ, silence or none\n',
  );
  expect(bad).toMatch(/^rm-mesh-node: .*bad\.yaml:4:\d+: .*Gian.*\n$/);
  expect(nowhere).toMatch(/nowhere\.yaml does not exist/);
  expect(folderIsFile).toMatch(/--record .* cannot be made/);
});

test('an unknown option is a usage error, --help is not', async () => {
  expect(await node('--nonsense').ended).toMatchObject({ status: 2, stdout: '' });
  const help = await node('--help').ended;
  expect(help.status).toBe(0);
  expect(help.stdout).toContain('Examples:');
});
