import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Figure, figure } from '@rm/benchmark';
import { LOOPBACK, startServer } from './host.js';

const CYCLES = 500;
/** Heap that may be kept by what grows with the size of a program, not with its cycles, in MB. */
const HEAP_GROWTH = 2;

/** What connections that were made and closed have left. */
export interface Left {
  /** Of those cycles, those that came to a connection. */
  readonly connected: number;
  /** What keeps a process alive: sockets, timers, workers. */
  readonly resources: readonly string[];
  /** Open files, sockets of native code among them. */
  readonly files: number;
  /** In MB, from the first fifth of the cycles to the end. */
  readonly heapGrowth: number;
  readonly memoryGrowth: number;
}

/** Connections made and closed in one process, a fifth of them closed while they are made: what is left of them. */
export async function cycleFigures(backend: string): Promise<Figure[]> {
  const left = await cycle(backend, CYCLES);
  if (left.resources.length > 0)
    process.stderr.write(`bench:transport: left: ${left.resources.join(', ')}\n`);
  return [
    figure(`${CYCLES} connections: sockets, timers and handles left`, left.resources.length, '', {
      most: 0,
    }),
    figure(`${CYCLES} connections: open files left`, left.files, '', { most: 0 }),
    figure(`${CYCLES} connections: growth of the heap`, left.heapGrowth, 'MB', {
      most: HEAP_GROWTH,
    }),
    figure(`${CYCLES} connections: growth of the process`, left.memoryGrowth, 'MB'),
  ];
}

/** Makes and closes `count` connections in a process of its own. */
export async function cycle(backend: string, count: number): Promise<Left> {
  const server = await startServer(LOOPBACK);
  try {
    const main = fileURLToPath(new URL('../dist/cycles-node.js', import.meta.url));
    const child = fork(main, [server.url, backend, String(count)], { execArgv: ['--expose-gc'] });
    const exited = once(child, 'exit').then(() => undefined);
    const told = await Promise.race([once(child, 'message') as Promise<[Left]>, exited]);
    if (told === undefined) throw new Error('the cycles ended without a result');
    // What was left may keep it alive.
    child.kill();
    await exited;
    return told[0];
  } finally {
    await server.close();
  }
}
