import { ErrorCode } from '../error-codes.js';
import { after, NEVER } from '../time.js';
import type { Micros } from '../time.js';
import { DEFAULT_JSON_RPC_LIMITS } from './limits.js';
import type { JsonRpcLimits } from './limits.js';
import type { IncomingMessage, JsonRpcError, JsonRpcId, JsonRpcParams } from './message.js';
import { parseJsonRpc } from './parse.js';
import { parseFailureError } from './parse-failure.js';
import type { ParseFailure } from './parse.js';
import { batchText, errorText, requestText, resultText } from './serialize.js';

/** Options of {@link RpcPeer}. */
export interface RpcPeerOptions {
  /** Limits of received texts; default {@link DEFAULT_JSON_RPC_LIMITS}. */
  readonly limits?: Partial<JsonRpcLimits> | undefined;
  /** Own requests waiting for a response; the next one is refused. Default 256. */
  readonly maxPendingRequests?: number | undefined;
  /** Received requests waiting for an answer; the next one is answered as busy. Default 256. */
  readonly maxPendingCalls?: number | undefined;
  /** Time an own request waits for its response; default for ever. */
  readonly requestTimeout?: Micros | undefined;
  /** Time the owner has to answer a received request; default for ever. */
  readonly callTimeout?: Micros | undefined;
}

/** A received request, to be answered once with {@link RpcPeer.respond} or {@link RpcPeer.reject}. */
export interface RpcCall {
  readonly id: JsonRpcId;
  readonly deadline: Micros;
  readonly batch: PendingBatch | undefined;
}

/** Responses of a batch, kept until the last is known: they travel as one text (§6). */
export interface PendingBatch {
  readonly texts: string[];
  waiting: number;
}

/** How an own request ended. */
export type RpcOutcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: JsonRpcError };

/** Why a received message had no effect. */
export type RpcDrop =
  | ParseFailure
  | 'invalid-request'
  | 'broken-response'
  | 'unmatched-response'
  | 'too-many-calls'
  | 'duplicate';

/** What a received text asks of its receiver, in order. */
export type RpcEvent =
  | {
      readonly kind: 'request';
      readonly call: RpcCall;
      readonly method: string;
      readonly params: JsonRpcParams | undefined;
    }
  | {
      readonly kind: 'notification';
      readonly method: string;
      readonly params: JsonRpcParams | undefined;
    }
  | { readonly kind: 'response'; readonly id: number; readonly outcome: RpcOutcome }
  | { readonly kind: 'send'; readonly text: string }
  | { readonly kind: 'dropped'; readonly reason: RpcDrop };

/** A deadline that has passed. */
export type RpcTimeout =
  | { readonly kind: 'request-timeout'; readonly id: number }
  | { readonly kind: 'call-timeout'; readonly call: RpcCall };

/** An own request ready to be sent, and when it will have timed out. */
export interface RpcRequest {
  readonly id: number;
  readonly text: string;
  readonly deadline: Micros;
}

/**
 * One end of a JSON-RPC 2.0 connection, both directions, without I/O: texts in, events and texts
 * out. Own requests have an id space of their own; both tables are bounded.
 */
export class RpcPeer {
  readonly #limits: JsonRpcLimits;
  readonly #maxPendingRequests: number;
  readonly #maxPendingCalls: number;
  readonly #requestTimeout: Micros;
  readonly #callTimeout: Micros;
  /** Deadline by id; equal timeouts make insertion order deadline order. */
  readonly #requests = new Map<number, Micros>();
  readonly #calls = new Set<RpcCall>();
  #lastId = 0;
  #receivedSeq = 0;

  constructor(options: RpcPeerOptions = {}) {
    this.#limits = { ...DEFAULT_JSON_RPC_LIMITS, ...options.limits };
    this.#maxPendingRequests = options.maxPendingRequests ?? 256;
    this.#maxPendingCalls = options.maxPendingCalls ?? 256;
    this.#requestTimeout = options.requestTimeout ?? NEVER;
    this.#callTimeout = options.callTimeout ?? NEVER;
  }

  /** The soonest deadline of either table; `NEVER` if nothing waits. */
  get nextDeadline(): Micros {
    const request = first(this.#requests.values()) ?? NEVER;
    const call = first(this.#calls)?.deadline ?? NEVER;
    return request < call ? request : call;
  }

  /** The highest `seq` received; 0 if there was none. */
  get receivedSeq(): number {
    return this.#receivedSeq;
  }

  /** Takes one received text; never throws. Every request in it must be answered. */
  receive(now: Micros, text: string): RpcEvent[] {
    const parsed = parseJsonRpc(text, this.#limits);
    if (!parsed.ok) {
      const reply = errorText(null, parseFailureError(parsed.reason, this.#limits));
      return [
        { kind: 'dropped', reason: parsed.reason },
        { kind: 'send', text: reply },
      ];
    }
    const batch = parsed.value.batch ? { texts: [], waiting: 0 } : undefined;
    const events: RpcEvent[] = [];
    for (const message of parsed.value.messages) this.#take(now, message, batch, events);
    if (batch !== undefined && batch.waiting === 0 && batch.texts.length > 0) {
      events.push({ kind: 'send', text: batchText(batch.texts) });
    }
    return events;
  }

  /** Registers a request to send at `now`; `undefined` if too many wait already. */
  request(now: Micros, method: string, params: JsonRpcParams): RpcRequest | undefined {
    if (this.#requests.size >= this.#maxPendingRequests) return undefined;
    const id = ++this.#lastId;
    const deadline = after(now, this.#requestTimeout);
    this.#requests.set(id, deadline);
    return { id, text: requestText(id, method, params), deadline };
  }

  /** Gives up an own request: its response, should it come, is dropped as unmatched. */
  forget(id: number): void {
    this.#requests.delete(id);
  }

  /** Whether `call` still waits for its answer. */
  isPending(call: RpcCall): boolean {
    return this.#calls.has(call);
  }

  /**
   * Answers `call`. Returns the text to send; `undefined` while the rest of its batch is
   * unanswered, or if the call was answered or timed out before.
   */
  respond(call: RpcCall, result: unknown): string | undefined {
    return this.#finish(call, resultText(call.id, result));
  }

  /** Answers `call` with an error; returns as {@link respond} does. */
  reject(call: RpcCall, error: JsonRpcError): string | undefined {
    return this.#finish(call, errorText(call.id, error));
  }

  /**
   * What has timed out: own requests, which are removed, and received ones, which stay due until
   * they are answered or rejected.
   */
  expire(now: Micros): RpcTimeout[] {
    const timeouts: RpcTimeout[] = [];
    for (const [id, deadline] of this.#requests) {
      if (deadline > now) break;
      this.#requests.delete(id);
      timeouts.push({ kind: 'request-timeout', id });
    }
    for (const call of this.#calls) {
      if (call.deadline > now) break;
      timeouts.push({ kind: 'call-timeout', call });
    }
    return timeouts;
  }

  #take(
    now: Micros,
    message: IncomingMessage,
    batch: PendingBatch | undefined,
    events: RpcEvent[],
  ): void {
    const { seq } = message;
    if (seq !== undefined && seq <= this.#receivedSeq) {
      events.push({ kind: 'dropped', reason: 'duplicate' });
      return;
    }
    if (seq !== undefined) this.#receivedSeq = seq;
    switch (message.kind) {
      case 'request': {
        if (this.#calls.size >= this.#maxPendingCalls) {
          events.push({ kind: 'dropped', reason: 'too-many-calls' });
          this.#reply(errorText(message.id, BUSY), batch, events);
          return;
        }
        const call: RpcCall = {
          id: message.id,
          deadline: after(now, this.#callTimeout),
          batch,
        };
        this.#calls.add(call);
        if (batch !== undefined) batch.waiting++;
        events.push({ kind: 'request', call, method: message.method, params: message.params });
        return;
      }
      case 'notification':
        events.push({ kind: 'notification', method: message.method, params: message.params });
        return;
      case 'result':
        this.#settle(message.id, { ok: true, result: message.result }, events);
        return;
      case 'error':
        this.#settle(message.id, { ok: false, error: message.error }, events);
        return;
      case 'invalid': {
        const error = { code: ErrorCode.INVALID_REQUEST, message: message.message };
        events.push({ kind: 'dropped', reason: 'invalid-request' });
        this.#reply(errorText(message.id, error), batch, events);
        return;
      }
      case 'broken-response':
        events.push({ kind: 'dropped', reason: 'broken-response' });
    }
  }

  #settle(id: JsonRpcId, outcome: RpcOutcome, events: RpcEvent[]): void {
    if (typeof id === 'number' && this.#requests.delete(id)) {
      events.push({ kind: 'response', id, outcome });
    } else {
      events.push({ kind: 'dropped', reason: 'unmatched-response' });
    }
  }

  #reply(text: string, batch: PendingBatch | undefined, events: RpcEvent[]): void {
    if (batch === undefined) events.push({ kind: 'send', text });
    else batch.texts.push(text);
  }

  #finish(call: RpcCall, text: string): string | undefined {
    if (!this.#calls.delete(call)) return undefined;
    const { batch } = call;
    if (batch === undefined) return text;
    batch.texts.push(text);
    return --batch.waiting === 0 ? batchText(batch.texts) : undefined;
  }
}

const BUSY: JsonRpcError = {
  code: ErrorCode.TOO_MANY_REQUESTS,
  message: 'too many requests wait for their answers; wait before sending more',
};

function first<T>(values: Iterable<T>): T | undefined {
  for (const value of values) return value;
  return undefined;
}
