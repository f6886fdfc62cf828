import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { createSignalingServer } from '../src/server.js';
import { closeCode } from './support.js';

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

const options = {
  port: 0,
  host: '127.0.0.1',
  logger: pino({ level: 'silent' }),
  tls: { certFile, keyFile },
  fileCheckIntervalMs: 20,
};

test('a new certificate is shown to new connections, and those that are open live on', async () => {
  makeCertificate();
  const server = await createSignalingServer(options);
  expect(server.url).toBe(`wss://127.0.0.1:${server.port}`);
  const before = await fingerprint(server.port);
  const socket = new WebSocket(server.url, { rejectUnauthorized: false });
  await once(socket, 'open');
  makeCertificate();
  while ((await fingerprint(server.port)) === before);
  socket.send('{');
  const [answer] = (await once(socket, 'message')) as [Buffer];
  expect(answer.toString()).toContain('-32700');
  const code = closeCode(socket);
  await server.close();
  expect(await code).toBe(1001);
});

test('a key that is not that of the certificate is refused', async () => {
  makeCertificate();
  renameSync(keyFile, file('other.key'));
  makeCertificate();
  const tls = { certFile, keyFile: file('other.key') };
  await expect(createSignalingServer({ ...options, tls })).rejects.toMatchObject({
    code: 'TLS_INVALID',
    message: expect.stringContaining('give a PEM certificate and its key'),
  });
});
