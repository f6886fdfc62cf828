import type { JsonRpcError, RpcCall, RpcPeer } from '../json-rpc/index.js';
import { OutputQueue } from '../output-queue.js';
import type { HubDrop, HubOutput } from './io.js';

/** Someone the hub speaks with: a socket, or a peer whether its socket is there or not. */
export interface Party {
  readonly rpc: RpcPeer;
  send(text: string): void;
}

/** What leaves the hub, and the count of what came in and had no effect. */
export class Outlet {
  readonly outputs: OutputQueue<HubOutput> = new OutputQueue();
  readonly #dropped = new Map<HubDrop, number>();

  get dropped(): Readonly<Partial<Record<HubDrop, number>>> {
    return Object.fromEntries(this.#dropped);
  }

  respond(party: Party, call: RpcCall | undefined, result: unknown): void {
    if (call === undefined) return;
    const text = party.rpc.respond(call, result);
    if (text !== undefined) party.send(text);
  }

  /** Answers a request with an error; a notification has no answer, so it is only counted. */
  reject(
    party: Party,
    call: RpcCall | undefined,
    error: JsonRpcError,
    unanswered: HubDrop = 'refused-notification',
  ): void {
    if (call === undefined) {
      this.drop(unanswered);
      return;
    }
    const text = party.rpc.reject(call, error);
    if (text !== undefined) party.send(text);
  }

  drop(reason: HubDrop): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }
}
