import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Last lines of a child's log that are kept to explain its end. */
const KEPT_LINES = 5;

/** One of the demo's processes. It ends when this process does, however that happens: the IPC channel breaks. */
export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #log: string[] = [];

  /**
   * Starts the app (`apps/<app>/dist/main.js`).
   * @param onLine - Takes each line of its stdout.
   * @param onLog - Takes each line of its stderr.
   */
  constructor(
    name: string,
    app: string,
    args: readonly string[],
    onLine: (line: string) => void,
    onLog: (line: string) => void,
  ) {
    this.name = name;
    const main = fileURLToPath(new URL(`../../../apps/${app}/dist/main.js`, import.meta.url));
    this.#process = spawn(process.execPath, [main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C in a terminal reaches the demo alone, which ends its children in order.
      detached: true,
    });
    this.#exited = once(this.#process, 'exit');
    createInterface({ input: this.#process.stdout! }).on('line', onLine);
    createInterface({ input: this.#process.stderr! }).on('line', (line) => {
      this.#log.push(line);
      if (this.#log.length > KEPT_LINES) this.#log.shift();
      onLog(line);
    });
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Rejects when the process ends, with what it last logged. */
  async died(): Promise<never> {
    await this.#exited;
    const how = this.#process.signalCode ?? `status ${this.#process.exitCode}`;
    throw new Error([`${this.name} ended with ${how}`, ...this.#log].join('\n  '));
  }

  terminate(): void {
    if (this.running) this.#process.kill('SIGTERM');
  }

  /** Resolves when the process is gone and its output read; after `deadlineMs` it is killed. */
  async gone(deadlineMs: number): Promise<void> {
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), deadlineMs);
    await this.#exited;
    clearTimeout(timer);
    const { stdout } = this.#process;
    if (stdout !== null && !stdout.readableEnded) await once(stdout, 'close');
  }
}

/** The folder this package stands in. */
const packageFolder: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** A file of the demo's assets. */
export const asset = (name: string): string => `${packageFolder}/assets/${basename(name)}`;
