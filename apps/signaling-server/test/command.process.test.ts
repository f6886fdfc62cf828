import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { atEnd, bare, call, closeCode, connected, next, opened, outcome } from './support.js';
import { file, keysFile, OLD, token, writeKeys } from './tokens.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const READY = /^signaling server listening on (ws:\/\/127\.0\.0\.1:\d+)$/;

interface Run {
  readonly child: ChildProcess;
  /** Undefined if it was ended by a signal. */
  readonly exitCode: Promise<number | null>;
  stdout: string;
  stderr: string;
}

function watch(started: ChildProcess): Run {
  atEnd(() => started.kill('SIGKILL'));
  const exit = once(started, 'close') as Promise<[number | null]>;
  const run: Run = {
    child: started,
    exitCode: exit.then(([code]) => code),
    stdout: '',
    stderr: '',
  };
  started.stdout?.on('data', (data: Buffer) => (run.stdout += data.toString()));
  started.stderr?.on('data', (data: Buffer) => (run.stderr += data.toString()));
  return run;
}

const run = (...args: string[]): Run => watch(spawn(process.execPath, [MAIN, ...args]));

/** The address in the line that says the server is ready; rejects if it ends without one. */
async function ready({ child }: Run): Promise<string> {
  if (child.stdout === null) throw new Error('its output is not read');
  for await (const line of createInterface(child.stdout)) {
    expect(line).toMatch(READY);
    return READY.exec(line)?.[1] ?? '';
  }
  throw new Error('it ended before it was ready');
}

test('it prints one line when ready, logs to stderr, and ends cleanly on SIGTERM', async () => {
  const server = run('--port', '0', '--drain-spread', '0');
  const url = await ready(server);
  await connected(url, 'alice');
  const code = closeCode(await bare(url, 'bob'));
  const since = performance.now();
  server.child.kill('SIGTERM');
  expect(await code).toBe(1001);
  expect(await server.exitCode).toBe(0);
  expect(performance.now() - since).toBeLessThan(1_000);
  expect(server.stdout.split('\n')).toEqual([expect.stringMatching(READY), '']);
  const messages = server.stderr
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(messages[0]).toBe('listening');
  expect(messages).toContain('shutting down');
});

test('on SIGTERM clients are sent away within the spread, and then it ends', async () => {
  const server = run('--port', '0', '--drain-spread', '1');
  const url = await ready(server);
  const told = [];
  for (const id of ['alice', 'bob']) told.push(next(await connected(url, id), 'draining'));
  const since = performance.now();
  server.child.kill('SIGTERM');
  expect(await Promise.all(told)).toEqual([{ reconnectAfterMs: 0 }, { reconnectAfterMs: 500 }]);
  expect((await fetch(`${url.replace('ws', 'http')}/readyz`)).status).toBe(503);
  expect(await outcome(url)).toMatch(/^503 the server shuts down/);
  expect(await server.exitCode).toBe(0);
  expect(performance.now() - since).toBeGreaterThanOrEqual(499);
});

test('a second signal ends it at once', async () => {
  const server = run('--port', '0', '--drain-spread', '600');
  const url = await ready(server);
  const stays = await bare(url, 'stays');
  const told = once(stays, 'message');
  server.child.kill('SIGINT');
  await told;
  const code = closeCode(stays);
  server.child.kill('SIGINT');
  expect(await code).toBe(1001);
  expect(await server.exitCode).toBe(0);
});

test('with nobody there SIGINT ends it at once and cleanly, and silent is silent', async () => {
  const server = run('--port', '0', '--host', '127.0.0.1', '--log-level', 'silent');
  const url = await ready(server);
  // Nor does a place that is kept for a peer that was lost hold it up.
  const lost = await opened(url);
  await call(lost, 'peer.announce', { peer_id: 'lost', resume: true });
  lost.terminate();
  const watcher = await connected(url, 'watcher');
  await watcher.peers();
  await watcher.close();
  const since = performance.now();
  server.child.kill('SIGINT');
  expect(await server.exitCode).toBe(0);
  expect(performance.now() - since).toBeLessThan(1_000);
  expect(server.stderr).toBe('');
});

test('a log that nobody reads holds up neither the clients nor the end', async () => {
  const server = spawn(process.execPath, [MAIN, '--port', '0', '--log-level', 'trace'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(() => server.kill('SIGKILL'));
  const exit = once(server, 'exit');
  const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
  const url = READY.exec(line)?.[1] ?? '';
  // More than any pipe holds: about 300 bytes for each.
  for (let n = 0; n < 500; n++) await outcome(url);
  const alice = await connected(url, 'alice');
  expect(await alice.peers()).toEqual([]);
  await alice.close();
  server.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
});

test('it ends with the parent that it has a channel to', async () => {
  const server = watch(fork(MAIN, ['--port', '0'], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }));
  await ready(server);
  const exit = once(server.child, 'exit');
  server.child.disconnect();
  expect(await exit).toEqual([0, null]);
});

test('with a channel it still ends on a signal', async () => {
  const server = watch(fork(MAIN, ['--port', '0'], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }));
  await ready(server);
  server.child.kill('SIGTERM');
  expect(await server.exitCode).toBe(0);
});

test('flags for tokens, resuming and ICE servers do what they say', async () => {
  writeKeys('old', OLD);
  const secretFile = file('turn-secret');
  writeFileSync(secretFile, 'north wind');
  const flags = `--port 0 --auth jwt --jwt-keys ${keysFile} --jwt-audience mesh --jwt-issuer me
    --resume-window 0 --stun-url stun:a.example --stun-url stun:b.example
    --turn-url turn:a.example --turn-url turns:a.example --turn-secret-file ${secretFile} --turn-ttl 60`;
  const url = await ready(run('--host', '127.0.0.1', ...flags.split(/\s+/)));
  const plain = await token('old', OLD);
  expect(await outcome(url, { authorization: `Bearer ${plain}` })).toMatch(/^401/);
  const meant = await token('old', OLD, { aud: 'mesh', iss: 'me' });
  const alice = await opened(url, { headers: { authorization: `Bearer ${meant}` } });
  const place = { peer_id: 'alice', resume: true };
  expect(await call(alice, 'peer.announce', place)).not.toHaveProperty('resume_token');
  const told = await call(alice, 'server.ice_servers', {});
  expect(told).toMatchObject({
    ice_servers: [
      { urls: ['stun:a.example', 'stun:b.example'] },
      { urls: ['turn:a.example', 'turns:a.example'], username: expect.stringMatching(/:alice$/) },
    ],
  });
  expect((told as { ttl_seconds: number }).ttl_seconds).toBeLessThanOrEqual(60);
});

test('a port in use is one line and exit code 1', async () => {
  const holder = createServer().listen(0);
  atEnd(() => holder.close());
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const server = run('--port', String(port));
  expect(await server.exitCode).toBe(1);
  expect(server.stderr).toBe(
    `error: port ${port} of 127.0.0.1 is in use; stop what listens there or choose another port\n`,
  );
  expect(server.stdout).toBe('');
});

test('a host that is not here is one line and exit code 1', async () => {
  const server = run('--port', '0', '--host', '203.0.113.1', '--insecure');
  expect(await server.exitCode).toBe(1);
  expect(server.stderr).toMatch(/^error: 203\.0\.113\.1 is no address of this machine;.*\n$/);
});

test.each([
  [['--prot', '1'], /^error: unknown option '--prot' .Did you mean --port\?.\n$/],
  [['--auth', 'jwt', '--jwt-keys', '/nowhere/keys.json'], /^error: .*cannot read it .ENOENT.\n$/],
])('usage error %j is one line and exit code 2', async (args, message) => {
  const server = run(...args);
  expect(await server.exitCode).toBe(2);
  expect(server.stderr).toMatch(message);
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
