import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { log } from './log.js';
import { atEnd, call, opened, start } from './support.js';
import { file, replaceFile } from './tokens.js';

const TURN_SERVER = 'turnserver';
const TURN_CLIENT = 'turnutils_uclient';

const SECRET = 'north wind';
const secretFile = file('turn-secret');

test('peers are told of STUN and TURN servers when they join, and of a new secret from then on', async () => {
  writeFileSync(secretFile, `${SECRET}\n`);
  const { logger, line } = log();
  const { url } = await start({
    iceServers: {
      stunUrls: ['stun:stun.example.org'],
      turn: { urls: ['turn:turn.example.org'], secretFile, ttlSeconds: 60 },
    },
    fileCheckIntervalMs: 20,
    logger,
  });
  const credentials: unknown[] = [];
  for (const secret of [SECRET, 'south wind']) {
    if (secret !== SECRET) {
      const read = line('the TURN secret was read again');
      replaceFile(secretFile, secret);
      await read;
    }
    const told = await iceServersOf(url, 'alice');
    expect(told.ttl_seconds).toBeGreaterThan(58);
    expect(told.ice_servers).toEqual([
      { urls: ['stun:stun.example.org'] },
      {
        urls: ['turn:turn.example.org'],
        username: expect.stringMatching(/^\d{10}:alice$/),
        credential: expect.stringMatching(/^[\w+/]{27}=$/),
      },
    ]);
    credentials.push(told.ice_servers[1]?.['credential']);
  }
  expect(credentials[0]).not.toBe(credentials[1]);
});

interface Told {
  readonly ice_servers: readonly (Readonly<Record<string, unknown>> | undefined)[];
  readonly ttl_seconds: number;
}

/** The ICE servers that a peer is told of when it joins. */
async function iceServersOf(url: string, peerId: string): Promise<Told> {
  const socket = await opened(url);
  const result = await call(socket, 'peer.announce', { peer_id: peerId });
  const { ice: servers } = result as { readonly ice: Told };
  socket.terminate();
  return servers;
}

const isInstalled = (program: string): boolean =>
  spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;
const hasCoturn = isInstalled(TURN_SERVER) && isInstalled(TURN_CLIENT);
if (!hasCoturn) {
  const line = 'coturn is not installed (apt-get install coturn)';
  if (process.env['CI'] === 'true') throw new Error(line);
  process.stderr.write(`${line}: the test of its credentials is skipped\n`);
}

const describeWithCoturn = hasCoturn ? describe : describe.skip;
describeWithCoturn('coturn', () => {
  test('gives a peer an address to relay for the credential that it was told', async () => {
    const port = await turnServer();
    writeFileSync(secretFile, `${SECRET}\n`);
    const turn = { urls: [`turn:127.0.0.1:${port}`], secretFile };
    const { url } = await start({ iceServers: { turn } });
    const { ice_servers } = await iceServersOf(url, 'alice');
    const { username, credential } = ice_servers[0] as { username: string; credential: string };
    expect(await isAllocated(port, username, credential)).toBe(true);
    expect(await isAllocated(port, username.replace('alice', 'mallory'), credential)).toBe(false);
  }, 20_000);
});

/** The port of a TURN server that has the secret, when it is ready. */
async function turnServer(): Promise<number> {
  const probe = createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const options = `--listening-ip=127.0.0.1 --relay-ip=127.0.0.1 --listening-port=${port} --realm=example.org
    --min-port=49152 --max-port=49252 --no-tls --no-dtls --no-tcp --no-cli --use-auth-secret
    --allow-loopback-peers --log-file=stdout --userdb=${file('turndb')} --pidfile=${file('turn.pid')}`;
  const args = ['-n', ...options.split(/\s+/), `--static-auth-secret=${SECRET}`];
  await lineOf(spawn(TURN_SERVER, args, { stdio: ['ignore', 'pipe', 'ignore'] }), /auth thread/);
  return port;
}

/** Whether a TURN client with this credential gets a relayed address. */
async function isAllocated(port: number, username: string, password: string): Promise<boolean> {
  const args = ['-v', '-y', '-c', '-u', username, '-w', password, '-p', String(port), '127.0.0.1'];
  const client = spawn(TURN_CLIENT, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  return lineOf(client, /Received relay addr/);
}

/** Whether a process prints such a line before it ends; it is killed after the test. */
async function lineOf(child: ChildProcess, pattern: RegExp): Promise<boolean> {
  atEnd(() => child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('its output is not read');
  for await (const line of createInterface(child.stdout)) if (pattern.test(line)) return true;
  return false;
}
