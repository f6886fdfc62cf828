import { expect, test } from '@jest/globals';
import { WorkerMesh } from '../../src/index.js';
import { SignalingServer } from '../support/memory-signaling.js';

test('repro', async () => {
  const results: unknown[] = [];
  for (let round = 0; round < Number(process.env['ROUNDS'] ?? 10); round++) {
    const server = new SignalingServer();
    await server.address('x');
    const [a, b] = await Promise.all(
      ['a', 'b'].map(async (peerId) =>
        WorkerMesh.create({
          setup: new URL('../support/mesh-setup.mjs', import.meta.url),
          data: { url: await server.address(peerId), peerId, options: {} },
        }),
      ),
    );
    const log: string[] = [];
    const got: unknown[] = [];
    const t0 = performance.now();
    for (const mesh of [a!, b!]) {
      mesh.on('peer-connected', ({ peerId }) =>
        log.push(`${Math.round(performance.now() - t0)} ${mesh.peerId}: ${peerId} connected`),
      );
      mesh.on('peer-disconnected', ({ peerId, reason, detail }) =>
        log.push(
          `${Math.round(performance.now() - t0)} ${mesh.peerId}: ${peerId} disconnected ${reason} ${detail}`,
        ),
      );
      mesh.on('listener-error', ({ event, error }) => log.push(`${event} ${String(error)}`));
    }
    b!.on('message', ({ payload }) => got.push(payload));
    if (process.env['SERIAL']) {
      await a!.connect();
      await b!.connect();
    } else await Promise.all([a!.connect(), b!.connect()]);
    let accepted = 0;
    let first = 0;
    let tries = 0;
    const until = performance.now() + 10_000;
    while (accepted === 0 && performance.now() < until) {
      tries++;
      accepted = a!.sendMessage(0, 'all');
      first = performance.now() - t0;
      if (process.env['YIELD']) await new Promise((r) => setImmediate(r));
    }
    for (let n = 1; n < 1000; n++) accepted += a!.sendMessage(n, 'all');
    const sentAt = performance.now() - t0;
    const wait = performance.now() + 3000;
    while (got.length + b!.statistics().dropped.messages < accepted && performance.now() < wait)
      await new Promise((r) => setTimeout(r, 50));
    const dropped = b!.statistics().dropped.messages;
    results.push(
      JSON.stringify({
        round,
        tries,
        first: Math.round(first),
        sentAt: Math.round(sentAt),
        accepted,
        got: got.length,
        dropped,
        log: got.length + dropped === accepted ? log.length : log,
      }),
    );
    await Promise.all([a!.close(), b!.close()]);
    server.close();
  }
  process.stderr.write(results.join('\n') + '\n');
  expect(results.length).toBeGreaterThan(0);
}, 600_000);
