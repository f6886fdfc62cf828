import { parseJsonRpc } from '../../json-rpc/index.js';
import type { JsonRpcLimits } from '../../json-rpc/index.js';

const OWN_ID = /^rm:(\d{1,15})$/;

/**
 * The id of a request to a RemoteMedia client. They look ids up among those of their own requests,
 * whichever side a message is from, and count theirs from 1.
 */
export const ownId = (id: number): string => `rm:${id}`;

/** Methods whose messages are taken without a `jsonrpc` member, as the Rust client sends them. */
const LENIENT = /^(?:peer\.)?(?:announce|offer|answer|ice_candidate|disconnect)$/;

/** `text` as strict JSON-RPC with the ids of {@link ownId} undone, as far as that is missing. */
export function repaired(text: string, limits: JsonRpcLimits): string {
  const mayNeed =
    !text.includes('"jsonrpc"') || text.includes('"rm:') || /"params"\s*:\s*null/.test(text);
  if (!mayNeed) return text;
  // Too large, too deep or no JSON at all: the engine says so.
  if (!parseJsonRpc(text, limits).ok) return text;
  const json: unknown = JSON.parse(text);
  return JSON.stringify(Array.isArray(json) ? json.map(repairedMember) : repairedMember(json));
}

function repairedMember(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  const message: Record<string, unknown> = { ...json };
  const { id, method } = message;
  if (typeof method !== 'string') {
    const digits = typeof id === 'string' ? OWN_ID.exec(id)?.[1] : undefined;
    if (digits !== undefined) message['id'] = Number(digits);
    return message;
  }
  if (!Object.hasOwn(message, 'jsonrpc') && LENIENT.test(method)) message['jsonrpc'] = '2.0';
  if (message['params'] === null) delete message['params'];
  return message;
}
