import { rmSync, statSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import type { Report } from '../src/report.js';
import { inFolder } from './support/play-bytes.js';
import { Program, RTPPLAY } from './support/processes.js';

const app = (name: string): string =>
  fileURLToPath(new URL(`../../${name}/dist/main.js`, import.meta.url));

const running = new Set<Program>();
const start = (program: string, ...args: string[]): Program => {
  const started = new Program(program, args);
  running.add(started);
  return started;
};
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all([...running].map(({ ended }) => ended));
  running.clear();
});

/** Resolves when something is put in the place of `name`. */
async function replaced(folder: string, name: string): Promise<void> {
  for await (const { filename } of watch(folder)) if (filename === name) return;
}

test('what a mesh node received is replayed, stream by stream, from its flight recorder', async () => {
  await inFolder(async (folder) => {
    const server = start(app('signaling-server'), '--port', '0', '--log-level', 'silent');
    const [, url] = await server.says(/listening on (\S+)/);
    const node = (id: string, ...args: string[]): Program =>
      start(
        app('mesh-node'),
        '--signaling',
        url!,
        '--room',
        'r',
        '--id',
        id,
        '--json',
        ...args,
        '--state-dir',
        join(folder, 'state'),
        '--log-level',
        'error',
        '--stats-interval',
        '0.2',
      );
    node('alice', '--source', 'tone:300');
    node('bob', '--source', 'tone:500');
    const file = join(folder, 'ears.rtpdump');
    const ears = node('ears', '--capture', file, '--capture-seconds', '30');
    // Both have been heard for a while.
    await ears.says(/(?:"type":"stats"[^\n]*"packets":[1-9]\d{2,}[^\n]*"packets":[1-9]\d{2,})/);
    const written = replaced(folder, 'ears.rtpdump');
    ears.child.kill('SIGUSR2');
    await written;
    const early = statSync(file).size;
    rmSync(file);
    ears.child.kill('SIGTERM');
    expect(await ears.ended).toMatchObject({ status: 0 });
    expect(statSync(file).size).toBeGreaterThanOrEqual(early);

    const wav = join(folder, 'alice.wav');
    const reports = await Promise.all(
      [[], ['--wav', wav]].map(async (args) => {
        const { status, stdout, stderr } = await start(RTPPLAY, file, ...args).ended;
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        return JSON.parse(stdout) as Report;
      }),
    );
    const [report, again] = reports;
    expect(again).toEqual(report);
    const heard = [report!.stream, ...report!.otherStreams];
    expect(new Set(heard.map(({ cname }) => cname))).toEqual(new Set(['alice', 'bob']));
    expect(report).toMatchObject({
      capture: { format: 'rtpdump', skipped: {}, strays: 0 },
      stream: { payload: 'opus', signal: 'own' },
    });
    expect(report!.capture.datagrams.rtcp).toBeGreaterThan(2);
    expect(report!.packets.received).toBeGreaterThan(100);
    expect(report!.samples.decoded).toBeGreaterThan(100 * 960 * 0.9);
  });
}, 60_000);
