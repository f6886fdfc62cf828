import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Lab, type LabOptions } from '../../src/index.js';

const UDP = fileURLToPath(new URL('udp.py', import.meta.url));
const PORT = 9000;

/** What became of packets. */
export interface Received {
  /** One-way delay in ms of each packet that came, in the order of sending; undefined for one that did not. */
  readonly delays: readonly (number | undefined)[];
  /** Their numbers in the order of arrival. */
  readonly order: readonly number[];
}

/** `count` packets of `bytes` (default 100), one every `everyMs`, from one host to another (default 1 and 2). */
interface Probe {
  readonly count: number;
  readonly everyMs: number;
  readonly bytes?: number;
  readonly from?: number;
  readonly to?: number;
}

/** Sends packets through a laboratory, and tells what became of them. */
export async function probe(
  lab: Lab,
  { count, everyMs, bytes = 100, from = 1, to = 2 }: Probe,
): Promise<Received> {
  const receiver = python(lab, to, ['receive', lab.address(to), String(PORT)]);
  const lines = createInterface({ input: receiver.stdout! });
  await once(lines, 'line');
  const sender = python(lab, from, [
    'send',
    lab.address(to),
    ...[PORT, count, everyMs, bytes].map(String),
  ]);
  await once(sender, 'exit');
  // What is still on its way comes within so long, whatever the profile.
  await delay(500);
  receiver.stdin!.end();
  const [text] = (await once(lines, 'line')) as [string];
  const arrivals = JSON.parse(text) as (readonly [number: number, delayMs: number])[];
  const delays = Array.from<number | undefined>({ length: count });
  for (const [number, delayMs] of arrivals) delays[number] = delayMs;
  return { delays, order: arrivals.map(([number]) => number) };
}

/** Runs a laboratory for as long as `use` takes. */
export async function inLab<T>(options: LabOptions, use: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await Lab.start(options);
  try {
    return await use(lab);
  } finally {
    await lab.close();
  }
}

function python(lab: Lab, host: number, args: readonly string[]): ChildProcess {
  return lab.spawn(host, 'python3', [UDP, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    realTime: true,
  });
}

/** The command line of the laboratory, as a user calls it. */
export function netlab(args: readonly string[]): ChildProcess {
  const main = fileURLToPath(new URL('../../lab', import.meta.url));
  return spawn('python3', [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** All that a process printed, and its exit status. */
export async function output(
  child: ChildProcess,
): Promise<{ readonly status: number | null; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  child.stdout!.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr!.setEncoding('utf8').on('data', (part: string) => (err += part));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, out, err };
}
