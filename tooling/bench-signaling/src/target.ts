import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ProbeAnswer, ProbeQuestion, Usage } from './probe.js';

/** What is measured: the signaling server, or the bare relay it is compared with. */
export type TargetName = 'server' | 'relay';

const dist = (path: string): string => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
const SERVER = fileURLToPath(
  new URL('../../../apps/signaling-server/dist/main.js', import.meta.url),
);

// A thousand clients share one address here, which would be slowed down as one that floods.
const SERVER_OPTIONS = [
  '--log-level=error',
  '--max-messages-per-second=1000000',
  '--socket-messages-per-second=1000000',
  '--room-messages-per-second=1000000',
];

const COMMANDS: Readonly<Record<TargetName, readonly string[]>> = {
  server: [SERVER, '--host', '127.0.0.1', '--port', '0', ...SERVER_OPTIONS],
  relay: [dist('relay.js')],
};

/** A measured process. It ends when this process does, however that happens. */
export class Target implements AsyncDisposable {
  readonly name: TargetName;
  readonly url: string;
  readonly #process: ChildProcess;
  #probes = 0;

  private constructor(name: TargetName, url: string, child: ChildProcess) {
    this.name = name;
    this.url = url;
    this.#process = child;
  }

  /** Starts `name` on a free port of the loopback. */
  static async start(name: TargetName): Promise<Target> {
    const probe = new URL('../dist/probe.js', import.meta.url).href;
    // So that node --cpu-prof dist/main.js profiles what is measured.
    const profiling = process.execArgv.filter((flag) => flag.startsWith('--cpu-prof'));
    const args = [...profiling, '--expose-gc', '--import', probe, ...COMMANDS[name]];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    for await (const line of createInterface({ input: child.stdout! })) {
      const [url] = /ws:\/\/\S+/.exec(line) ?? [];
      if (url !== undefined) {
        child.stdout!.resume();
        return new Target(name, url, child);
      }
    }
    throw new Error(`the ${name} ended before it listened; build it and start it by hand`);
  }

  /** What the process has used; with `collect`, after it has collected its garbage. */
  async usage(collect = false): Promise<Usage> {
    const question: ProbeQuestion = { probe: ++this.#probes, collect };
    const answered = new Promise<Usage>((resolve) => {
      const take = (answer: ProbeAnswer): void => {
        if (answer.probe !== question.probe) return;
        this.#process.off('message', take);
        resolve(answer);
      };
      this.#process.on('message', take);
    });
    this.#process.send(question);
    return answered;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), 5_000);
    this.#process.kill('SIGTERM');
    await exited;
    clearTimeout(killer);
  }
}
