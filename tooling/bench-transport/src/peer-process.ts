import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Host } from './host.js';
import type { PeerCommands } from './peer-commands.js';

/** What is not answered by then has failed. */
const ANSWER_TIMEOUT_MS = 40_000;

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A node in a process of its own, that does what it is asked. */
export class PeerProcess implements AsyncDisposable {
  readonly id: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  #next = 0;

  constructor(host: Host, id: string) {
    this.id = id;
    const main = fileURLToPath(new URL('../dist/peer.js', import.meta.url));
    this.#child = host.spawn([main, id], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#exited = once(this.#child, 'exit');
    this.#child.on('message', (answer: Answer) => this.#answered(answer));
    void this.#exited.then(() => {
      for (const id of this.#asked.keys()) this.#answered({ id, error: 'its process has ended' });
    });
  }

  /** Has the node do something. Rejects when it cannot, ends before, or takes more than 40 s. */
  async ask<Name extends keyof PeerCommands>(
    name: Name,
    ...given: Parameters<PeerCommands[Name]>
  ): Promise<Awaited<ReturnType<PeerCommands[Name]>>> {
    const id = this.#next++;
    const { result, error } = await new Promise<Answer>((resolve) => {
      const timer = setTimeout(() => this.#answered({ id, error: 'no answer' }), ANSWER_TIMEOUT_MS);
      this.#asked.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#child.send({ id, name, given }, (failure) => {
        if (failure !== null) this.#answered({ id, error: failure.message });
      });
    });
    if (error !== undefined) throw new Error(`${name} of node ${this.id}: ${error}`);
    return result as Awaited<ReturnType<PeerCommands[Name]>>;
  }

  /** Takes it away without a word. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Ends the process. Idempotent. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.kill(), 3000);
    await this.#exited;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #answered(answer: Answer): void {
    this.#asked.get(answer.id)?.(answer);
    this.#asked.delete(answer.id);
  }
}
