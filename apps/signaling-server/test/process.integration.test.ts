import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { bare, closeCode, connected } from './support.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const READY = /^signaling server listening on (ws:\/\/127\.0\.0\.1:\d+)$/;

let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
});

interface Run {
  readonly exitCode: Promise<number | null>;
  stdout: string;
  stderr: string;
}

function watch(started: ChildProcess): Run {
  child = started;
  const exit = once(started, 'close') as Promise<[number | null]>;
  const run: Run = { exitCode: exit.then(([code]) => code), stdout: '', stderr: '' };
  started.stdout?.on('data', (data: Buffer) => (run.stdout += data.toString()));
  started.stderr?.on('data', (data: Buffer) => (run.stderr += data.toString()));
  return run;
}

const run = (...args: string[]): Run => watch(spawn(process.execPath, [MAIN, ...args]));

/** The address in the line that says the server is ready. */
async function ready(): Promise<string> {
  if (child?.stdout == null) throw new Error('not started');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  expect(line).toMatch(READY);
  return READY.exec(line)?.[1] ?? '';
}

test('it prints one line when ready, logs to stderr, and ends cleanly on SIGTERM', async () => {
  const server = run('--port', '0');
  const url = await ready();
  const client = await connected(url, 'alice');
  const socket = await bare(url, 'bob');
  const code = closeCode(socket);
  const since = performance.now();
  child?.kill('SIGTERM');
  expect(await code).toBe(1001);
  expect(await server.exitCode).toBe(0);
  expect(performance.now() - since).toBeLessThan(1_000);
  expect(server.stdout.split('\n')).toEqual([expect.stringMatching(READY), '']);
  const messages = server.stderr
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(messages).toEqual(['listening', 'shutting down']);
  await client.close();
});

test('SIGINT ends it cleanly too, and silent is silent', async () => {
  const server = run('--port', '0', '--host', '127.0.0.1', '--log-level', 'silent');
  await ready();
  child?.kill('SIGINT');
  expect(await server.exitCode).toBe(0);
  expect(server.stderr).toBe('');
});

test('it ends with the parent that it has a channel to', async () => {
  const server = fork(MAIN, ['--port', '0'], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  watch(server);
  await ready();
  const exit = once(server, 'exit');
  server.disconnect();
  expect(await exit).toEqual([0, null]);
});

test('with a channel it still ends on a signal', async () => {
  const server = watch(fork(MAIN, ['--port', '0'], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }));
  await ready();
  child?.kill('SIGTERM');
  expect(await server.exitCode).toBe(0);
});

test('a port in use is one line and exit code 1', async () => {
  const holder = createServer().listen(0);
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const server = run('--port', String(port));
  expect(await server.exitCode).toBe(1);
  expect(server.stderr).toBe(
    `error: port ${port} of 127.0.0.1 is in use; stop what listens there or choose another port\n`,
  );
  expect(server.stdout).toBe('');
  holder.close();
});

test('a host that is not here is one line and exit code 1', async () => {
  const server = run('--port', '0', '--host', '203.0.113.1', '--insecure');
  expect(await server.exitCode).toBe(1);
  expect(server.stderr).toMatch(/^error: 203\.0\.113\.1 is no address of this machine;.*\n$/);
});

const MISTAKES: readonly (readonly [args: string[], message: string])[] = [
  [['--port', 'http'], "argument 'http' is invalid. Give a whole number from 0 to 65535."],
  [['--port', '65536'], "argument '65536' is invalid."],
  [['--max-peers-per-room', '0'], 'Give a whole number from 1 to 10000.'],
  [['--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
  [['--log-level', 'loud'], "argument 'loud' is invalid."],
  [['now'], 'too many arguments.'],
  [['--host', '0.0.0.0'], 'add --auth jwt --jwt-keys FILE, or --insecure if that is meant'],
  [['--auth', 'jwt'], '--auth jwt needs --jwt-keys FILE'],
  [['--jwt-keys', 'keys.json'], 'need --auth jwt'],
  [['--auth', 'jwt', '--jwt-keys', '/nowhere/keys.json'], 'cannot read it (ENOENT)'],
  [['--tls-cert', 'cert.pem'], '--tls-cert and --tls-key need each other'],
  [['--tls-cert', '/nowhere', '--tls-key', '/nowhere'], '(ENOENT); give a PEM certificate'],
  [['--allow-origin', 'app.example'], 'Give an origin, such as https://app.example.'],
];

test.each(MISTAKES)('usage error %j is one line and exit code 2', async (args, message) => {
  const server = run(...args);
  expect(await server.exitCode).toBe(2);
  expect(server.stderr).toContain(message);
  expect(server.stderr.trim().split('\n')).toHaveLength(1);
  expect(server.stdout).toBe('');
});

test.each([
  ['--help', /Examples:\n {2}rm-signaling-server /],
  ['--version', /^\d+\.\d+\.\d+\n$/],
])('%s answers and ends', async (flag, answer) => {
  const server = run(flag);
  expect(await server.exitCode).toBe(0);
  expect(server.stdout).toMatch(answer);
});
