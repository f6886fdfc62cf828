import { DEFAULT_JSON_RPC_LIMITS, exceedsDepth, exceedsUtf8Bytes } from './limits.js';
import type { JsonRpcLimits } from './limits.js';
import type { IncomingMessage, JsonRpcError, JsonRpcId, JsonRpcParams } from './message.js';

/** Why a whole text was refused; every one but `not-json` is an invalid request. */
export type ParseFailure =
  | 'message-too-large'
  | 'nested-too-deep'
  | 'not-json'
  | 'empty-batch'
  | 'batch-too-long';

/** A parsed text: its members in order, and whether they came as a batch. */
export interface ParsedText {
  readonly batch: boolean;
  readonly messages: readonly IncomingMessage[];
}

/** Outcome of {@link parseJsonRpc}. */
export type ParseResult =
  | { readonly ok: true; readonly value: ParsedText }
  | { readonly ok: false; readonly reason: ParseFailure };

/** Parses one JSON-RPC 2.0 text, single or batch; never throws. */
export function parseJsonRpc(
  text: string,
  limits: JsonRpcLimits = DEFAULT_JSON_RPC_LIMITS,
): ParseResult {
  if (exceedsUtf8Bytes(text, limits.maxMessageBytes)) return refuse('message-too-large');
  if (exceedsDepth(text, limits.maxDepth)) return refuse('nested-too-deep');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse('not-json');
  }
  if (!Array.isArray(json)) {
    return { ok: true, value: { batch: false, messages: [take(json, limits)] } };
  }
  if (json.length === 0) return refuse('empty-batch');
  if (json.length > limits.maxBatch) return refuse('batch-too-long');
  const messages = json.map((member: unknown) => take(member, limits));
  return { ok: true, value: { batch: true, messages } };
}

const refuse = (reason: ParseFailure): ParseResult => ({ ok: false, reason });

/** A member classified, with its `seq` if it has a sound one. */
function take(json: unknown, limits: JsonRpcLimits): IncomingMessage {
  const message = classify(json, limits);
  if (!isObject(json) || !Object.hasOwn(json, 'seq')) return message;
  const { seq } = json;
  const isSound = typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0;
  return isSound ? { ...message, seq } : message;
}

function classify(json: unknown, limits: JsonRpcLimits): IncomingMessage {
  if (!isObject(json)) return invalid(null, 'a message must be an object');
  if (Object.hasOwn(json, 'method')) return classifyCall(json, limits);
  if (Object.hasOwn(json, 'result') || Object.hasOwn(json, 'error')) return classifyResponse(json);
  return invalid(knownId(json, limits), 'method is missing');
}

function classifyCall(json: Record<string, unknown>, limits: JsonRpcLimits): IncomingMessage {
  const { jsonrpc, method, params } = json;
  const id = knownId(json, limits);
  if (jsonrpc !== '2.0') return invalid(id, 'jsonrpc must be "2.0"');
  if (typeof method !== 'string') return invalid(id, 'method must be a string');
  if (Object.hasOwn(json, 'result') || Object.hasOwn(json, 'error')) {
    return invalid(id, 'a message has either method, result or error');
  }
  if (params !== undefined && !isParams(params)) {
    return invalid(id, 'params must be an object or an array');
  }
  if (!Object.hasOwn(json, 'id')) return { kind: 'notification', method, params };
  if (!isId(json['id'], limits)) {
    return invalid(
      null,
      `id must be null, a number that stays exact, or a string of at most ${limits.maxIdLength} characters`,
    );
  }
  return { kind: 'request', id, method, params };
}

function classifyResponse(json: Record<string, unknown>): IncomingMessage {
  const { jsonrpc, id, result, error } = json;
  const hasResult = Object.hasOwn(json, 'result');
  if (jsonrpc !== '2.0' || hasResult === Object.hasOwn(json, 'error')) return BROKEN;
  if (typeof id !== 'string' && typeof id !== 'number' && id !== null) return BROKEN;
  if (hasResult) return { kind: 'result', id, result };
  return isError(error) ? { kind: 'error', id, error } : BROKEN;
}

const BROKEN: IncomingMessage = { kind: 'broken-response' };

const invalid = (id: JsonRpcId, message: string): IncomingMessage => ({
  kind: 'invalid',
  id,
  message,
});

/** The id an error about `json` is sent under: its own if it has a good one, else null (§5). */
function knownId(json: Record<string, unknown>, limits: JsonRpcLimits): JsonRpcId {
  return Object.hasOwn(json, 'id') && isId(json['id'], limits) ? json['id'] : null;
}

/** An integer beyond 2^53 would come back changed, so it is no id. */
function isId(value: unknown, limits: JsonRpcLimits): value is JsonRpcId {
  if (typeof value === 'string') return value.length <= limits.maxIdLength;
  if (typeof value === 'number') {
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  }
  return value === null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isParams = (value: unknown): value is JsonRpcParams =>
  typeof value === 'object' && value !== null;

const isError = (value: unknown): value is JsonRpcError =>
  isObject(value) && Number.isSafeInteger(value['code']) && typeof value['message'] === 'string';
