import { OutputQueue } from '../output-queue.js';
import type { ClientDrop, EngineOutput } from './engine-io.js';

/** What the engine wants done, and the count of what came in and had no effect. */
export class Outlet {
  readonly #outputs = new OutputQueue<EngineOutput>();
  readonly #dropped = new Map<ClientDrop, number>();

  get dropped(): Readonly<Partial<Record<ClientDrop, number>>> {
    return Object.fromEntries(this.#dropped);
  }

  push(output: EngineOutput): void {
    this.#outputs.push(output);
  }

  poll(): EngineOutput | undefined {
    return this.#outputs.poll();
  }

  drop(reason: ClientDrop): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }
}
