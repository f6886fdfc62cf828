import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Lab, type LabCounters, type ProfileName } from '@rm/netlab';
import type { Heard, Messages } from './call-messages.js';

/** Hosts of the laboratory; the path to the server is always clean. */
const TALKER = 1;
const LISTENER = 2;
const SERVER = 3;
const PORT = 8080;
/** A call that is not heard by then has failed. */
const START_TIMEOUT_MS = 15_000;

/** One way of a call, as it went. */
export interface Call {
  /** When the first sample of the speech was captured, on the shared clock in µs. */
  readonly began: number;
  readonly heard: Heard;
  readonly network: LabCounters;
}

/** Lets one node talk to another across `profile` for `seconds` of sound heard. */
export async function call(
  profile: ProfileName,
  speech: string,
  seconds: number,
  seed: number,
): Promise<Call> {
  const links = { [`${TALKER}-${SERVER}`]: 'clean', [`${LISTENER}-${SERVER}`]: 'clean' } as const;
  const lab = await Lab.start({ hosts: 3, profile, links, seed });
  try {
    const url = `ws://${lab.address(SERVER)}:${PORT}`;
    await startServer(lab);
    const listener = startNode(lab, LISTENER, 'listener', [url]);
    await told(listener, 'joined');
    const hearing = told(listener, 'hearing');
    const talker = startNode(lab, TALKER, 'talker', [url, speech]);
    const [{ began }] = await Promise.all([told(talker, 'speaking'), hearing]);
    await delay(seconds * 1000);
    const network = await lab.counters();
    const heard = told(listener, 'heard');
    listener.send('report');
    return { began, heard: await heard, network };
  } finally {
    await lab.close();
  }
}

async function startServer(lab: Lab): Promise<void> {
  const main = fileURLToPath(
    new URL('../../../apps/signaling-server/dist/main.js', import.meta.url),
  );
  const args = ['--port', String(PORT), '--host', lab.address(SERVER), '--insecure'];
  const server = lab.spawn(SERVER, process.execPath, [main, ...args, '--log-level', 'error'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [first] = (await Promise.race([
    once(createInterface({ input: server.stdout! }), 'line'),
    died(server, 'the signaling server'),
  ])) as [string];
  if (!first.includes('listening on')) throw new Error(`the signaling server said: ${first}`);
}

function startNode(lab: Lab, host: number, name: string, args: readonly string[]): ChildProcess {
  const main = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
  return lab.spawn(host, process.execPath, [main, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
    realTime: true,
  });
}

/** The next message of this type; rejects when the node ends before, or too much time passes. */
async function told<T extends keyof Messages>(node: ChildProcess, type: T): Promise<Messages[T]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no node was ${type} within ${START_TIMEOUT_MS} ms`)),
      START_TIMEOUT_MS,
    );
    node.on('message', (told: { readonly type: string; readonly message: Messages[T] }) => {
      if (told.type !== type) return;
      clearTimeout(timer);
      resolve(told.message);
    });
    died(node, 'a node').catch((error: Error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

/** Rejects when the process ends. */
async function died(child: ChildProcess, name: string): Promise<never> {
  const [status, signal] = (await once(child, 'exit')) as [number | null, string | null];
  throw new Error(`${name} ended with ${signal ?? `status ${status}`}`);
}
