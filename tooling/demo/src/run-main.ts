import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Summary } from './link.js';

/** A finished run of the demo, seen from outside. */
export interface DemoRun {
  readonly summary: Summary;
  readonly status: number | null;
  /** From the start to the end of the demo process. */
  readonly totalMs: number;
  /** From the interrupt to the end of the demo process; undefined when it ended by itself. */
  readonly interruptMs?: number;
  /** Processes of the demo that were left, and whether its server still listened. */
  readonly leftProcesses: number;
  readonly leftListening: boolean;
  readonly log: string;
}

/**
 * Runs the demo as a user would, as a process of its own, and looks at what it leaves.
 * @param record - Folder for the recordings; it must be new, as it also marks the demo's processes.
 * @param options.interruptAfterMs - Send SIGINT so long after every link carries audio, instead of `seconds`.
 */
export async function runMain(
  record: string,
  options: { readonly seconds: number } | { readonly interruptAfterMs: number },
): Promise<DemoRun> {
  const began = performance.now();
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const length = 'seconds' in options ? ['--seconds', String(options.seconds)] : [];
  const child = spawn(process.execPath, [main, '--json', '--record', record, ...length], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let lastLine = '';
  let log = '';
  let url: URL | undefined;
  let interrupted: number | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => (lastLine = line));
  createInterface({ input: child.stderr }).on('line', (line) => {
    log += `${line}\n`;
    const found = /signaling at (\S+)/.exec(line)?.[1];
    if (found !== undefined) url = new URL(found);
    if (line === 'every link carries audio' && 'interruptAfterMs' in options)
      setTimeout(() => {
        interrupted = performance.now();
        child.kill('SIGINT');
      }, options.interruptAfterMs);
  });
  await once(child, 'exit');
  const ended = performance.now();
  if (lastLine === '') await once(child, 'close');
  const { exitCode } = child;
  const leftProcesses = processesWith(record);
  const leftListening = url !== undefined && (await listens(url));
  return {
    summary: JSON.parse(lastLine) as Summary,
    status: exitCode,
    totalMs: ended - began,
    ...(interrupted !== undefined && { interruptMs: ended - interrupted }),
    leftProcesses,
    leftListening,
    log,
  };
}

/** Running processes that have `text` on their command line (Linux; elsewhere 0). */
function processesWith(text: string): number {
  if (process.platform !== 'linux') return 0;
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false; // it ended meanwhile
    }
  }).length;
}

async function listens({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
