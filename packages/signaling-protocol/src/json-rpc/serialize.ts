import type { JsonRpcError, JsonRpcId, JsonRpcParams } from './message.js';

/** The text of a request. */
export const requestText = (id: number | string, method: string, params: JsonRpcParams): string =>
  JSON.stringify({ jsonrpc: '2.0', method, params, id });

/** The text of a notification, which is never answered. */
export const notificationText = (method: string, params: JsonRpcParams): string =>
  JSON.stringify({ jsonrpc: '2.0', method, params });

/** The text of a success; an undefined `result` is sent as null, since one is required (§5). */
export const resultText = (id: JsonRpcId, result: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', result: result ?? null, id });

/** The text of a failure. */
export const errorText = (id: JsonRpcId, error: JsonRpcError): string =>
  JSON.stringify({ jsonrpc: '2.0', error, id });

/** The text of a batch of already serialized messages (§6); `texts` is not empty. */
export const batchText = (texts: readonly string[]): string => `[${texts.join(',')}]`;
