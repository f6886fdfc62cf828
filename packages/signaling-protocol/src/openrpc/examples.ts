import type { JsonRpcId } from '../json-rpc/index.js';
import { METHOD_DOCS } from './method-docs.js';

/** A whole JSON-RPC message as it may be on the wire. */
export interface ExampleMessage {
  readonly jsonrpc: '2.0';
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly id?: JsonRpcId;
}

/** Every message that the documented examples make: calls in both directions, and results. */
export function exampleMessages(): ExampleMessage[] {
  const messages: ExampleMessage[] = [];
  let id = 0;
  for (const [method, { toHub, toClient, result }] of Object.entries(METHOD_DOCS)) {
    const isRequest = result !== undefined;
    for (const params of [toHub, toClient]) {
      if (params === undefined) continue;
      const call: ExampleMessage = { jsonrpc: '2.0', method, params };
      messages.push(isRequest ? { ...call, id: ++id } : call);
    }
    if (isRequest) messages.push({ jsonrpc: '2.0', result, id });
  }
  return messages;
}
