import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, expect, test } from '@jest/globals';
import { log } from './log.js';
import { atEnd, closeCode, opened, start } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'rm-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);
const certFile = file('cert.pem');
const keyFile = file('key.pem');

const OPENSSL = 'openssl';

function makeCertificate(): void {
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
  const subject = ['-subj', '/CN=localhost', '-keyout', file('new.key'), '-out', file('new.cert')];
  execFileSync(OPENSSL, [...args.split(' '), ...subject], { stdio: 'ignore' });
  renameSync(file('new.key'), keyFile);
  renameSync(file('new.cert'), certFile);
}

/** The certificate that a new connection is shown. */
async function fingerprint(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

const options = { tls: { certFile, keyFile }, fileCheckIntervalMs: 20 };

test('a new certificate is shown to new connections, and those that are open live on', async () => {
  makeCertificate();
  const { logger, line } = log();
  const server = await start({ ...options, logger });
  expect(server.url).toBe(`wss://127.0.0.1:${server.port}`);
  const before = await fingerprint(server.port);
  const socket = await opened(server.url, { rejectUnauthorized: false });
  const read = line('the certificate was read again');
  makeCertificate();
  await read;
  expect(await fingerprint(server.port)).not.toBe(before);
  socket.send('{');
  const [answer] = (await once(socket, 'message')) as [Buffer];
  expect(answer.toString()).toContain('-32700');
  const code = closeCode(socket);
  await server.close();
  expect(await code).toBe(1001);
});

test('close is done within a second though a client never speaks TLS', async () => {
  makeCertificate();
  const server = await start(options);
  const silent = connectPlain(server.port, '127.0.0.1').on('error', () => undefined);
  atEnd(() => silent.destroy());
  await once(silent, 'connect');
  const since = performance.now();
  await server.close();
  expect(performance.now() - since).toBeLessThan(1_000);
});

test('a key that is not that of the certificate is refused', async () => {
  makeCertificate();
  renameSync(keyFile, file('other.key'));
  makeCertificate();
  const tls = { certFile, keyFile: file('other.key') };
  await expect(start({ ...options, tls })).rejects.toMatchObject({
    code: 'TLS_INVALID',
    message: expect.stringContaining('give a PEM certificate and its key'),
  });
});
