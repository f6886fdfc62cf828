import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Lab } from '@rm/netlab';

/** Where programs run: this machine, or a host of the laboratory. */
export interface Host {
  readonly address: string;
  spawn(args: readonly string[], options: SpawnOptions): ChildProcess;
}

/** This machine, where everything meets over loopback. */
export const LOOPBACK: Host = {
  address: '127.0.0.1',
  spawn: (args, options) => spawn(process.execPath, args, options),
};

/** A host of the laboratory, whose programs run before all else on the machine. */
export const labHost = (lab: Lab, host: number): Host => ({
  address: lab.address(host),
  spawn: (args, options) => lab.spawn(host, process.execPath, args, { ...options, realTime: true }),
});

/** A signaling server in a process of its own. */
export interface Server {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Starts a signaling server on `host`; resolves when it listens. */
export async function startServer(host: Host): Promise<Server> {
  const main = fileURLToPath(
    new URL('../../../apps/signaling-server/dist/main.js', import.meta.url),
  );
  const options = ['--port', '0', '--host', host.address, '--insecure', '--drain-spread', '0'];
  const child = host.spawn([main, ...options, '--log-level', 'error'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const line = once(createInterface({ input: child.stdout! }), 'line') as Promise<[string]>;
  const first = await Promise.race([line, exited.then(() => undefined)]);
  const url = /listening on (\S+)/.exec(first?.[0] ?? '')?.[1];
  if (url === undefined) throw new Error(`the signaling server ended, or said: ${first?.[0]}`);
  return {
    url,
    close: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
