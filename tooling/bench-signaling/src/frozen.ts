import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inTime, Peer } from './peer.js';
import type { Target } from './target.js';

/** Seconds from the SIGSTOP of a client until the others know; `patience` ms if they never do. */
export async function frozenClient(target: Target, patience: number): Promise<number> {
  const room = 'frozen-room';
  const observer = await Peer.join(target.url, room, 'observer');
  const program = fileURLToPath(new URL('../dist/frozen-client.js', import.meta.url));
  const client = fork(program, [target.url, room, 'frozen']);
  try {
    await once(client, 'message');
    const gone = new Promise<void>((resolve) => {
      observer.onLeft = () => resolve();
    });
    const began = performance.now();
    client.kill('SIGSTOP');
    await inTime(gone, patience);
    return (performance.now() - began) / 1_000;
  } finally {
    client.kill('SIGKILL');
    observer.terminate();
  }
}
