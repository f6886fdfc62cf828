// Makes connections between two nodes in this process and closes them: `cycles-node URL BACKEND COUNT`.
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Backend, Mesh } from '@rm/webrtc-peer';
import { openBackend } from './backends.js';
import type { Left } from './cycles.js';
import { roomClient } from './room-client.js';

/** Pairs at a time. */
const TOGETHER = 5;
/** Every fifth connection is closed while it is made, so many ms after it was begun, in turn. */
const ABORTED = 5;
const ABORTED_AFTER_MS = [0, 5, 10, 20, 40, 80, 120, 160];
/** What still goes away after the last connection was closed has this time. */
const SETTLE_MS = 500;
const CONNECT_TIMEOUT_MS = 10_000;

const [url = '', name = '', count = '0'] = process.argv.slice(2);
const backend = await openBackend(name);
const cycles = Number(count);
await run(backend, 0, TOGETHER);
await delay(SETTLE_MS);
const before = { resources: process.getActiveResourcesInfo(), files: openFiles() };
const early = await run(backend, TOGETHER, cycles / 5);
await delay(SETTLE_MS);
const memory = collected();
const late = await run(backend, cycles / 5 + TOGETHER, cycles - cycles / 5);
await delay(SETTLE_MS);
const after = collected();
const left: Left = {
  connected: early + late,
  resources: more(process.getActiveResourcesInfo(), before.resources),
  files: openFiles() - before.files,
  heapGrowth: (after.heapUsed - memory.heapUsed) / 1e6,
  memoryGrowth: (after.rss - memory.rss) / 1e6,
};
process.send?.(left);
process.disconnect();

/** Makes and closes `count` connections, some at a time. Resolves to how many were connected. */
async function run(backend: Backend, first: number, count: number): Promise<number> {
  let [connected, next] = [0, first];
  const one = async (): Promise<void> => {
    while (next < first + count) if (await cycle(backend, next++)) connected++;
  };
  await Promise.all(Array.from({ length: TOGETHER }, one));
  return connected;
}

/** Connects two nodes in room `n` and closes both; true if they were connected before. */
async function cycle(backend: Backend, n: number): Promise<boolean> {
  const [a, b] = await Promise.all(
    ['a', 'b'].map((id) =>
      Mesh.create({ signaling: roomClient(url, `room-${n}`, `${id}-${n}`), backend }),
    ),
  );
  let connected = 0;
  const both = new Promise<void>((resolve) => {
    for (const mesh of [a!, b!]) mesh.on('peer-connected', () => ++connected === 2 && resolve());
  });
  await a!.connect();
  await b!.connect();
  if (n % ABORTED === 0) await delay(ABORTED_AFTER_MS[(n / ABORTED) % ABORTED_AFTER_MS.length]);
  else await within(both, CONNECT_TIMEOUT_MS);
  await Promise.all([a!.close(), b!.close()]);
  return connected === 2;
}

async function within(promise: Promise<void>, ms: number): Promise<void> {
  const patience = new AbortController();
  const { signal } = patience;
  await Promise.race([promise, delay(ms, undefined, { signal }).catch(() => undefined)]);
  patience.abort();
}

function collected(): NodeJS.MemoryUsage {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage();
}

/** Open files of this process, -1 where that cannot be told. */
function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : -1;
}

/** What is in `now` and was not in `before`, but for what is over with this turn of the event loop. */
function more(now: readonly string[], before: readonly string[]): string[] {
  const known = [...before];
  return now.filter((each) => {
    if (each === 'Immediate') return false;
    const at = known.indexOf(each);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}
