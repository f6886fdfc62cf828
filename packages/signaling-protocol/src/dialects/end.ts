import { ErrorCode } from '../error-codes.js';
import { notificationText, requestText, RpcPeer } from '../json-rpc/index.js';
import type {
  JsonRpcError,
  JsonRpcLimits,
  JsonRpcParams,
  RpcCall,
  RpcEvent,
  RpcOutcome,
  RpcPeerOptions,
} from '../json-rpc/index.js';
import { milliseconds } from '../time.js';
import type { Micros } from '../time.js';
import type { DialectOptions, DialectOutput } from './dialect.js';
import type { Drops } from './drops.js';

/** WebSocket close code for a message beyond the limit (RFC 6455 §7.4.1), the hub's own too. */
const MESSAGE_TOO_LARGE = 1009;

/** A call that one of the two sides made; a notification has no `call`. */
export interface ReceivedCall {
  readonly method: string;
  readonly params: JsonRpcParams | undefined;
  readonly call: RpcCall | undefined;
}

/** Where an {@link End} is, and how it speaks. */
interface EndOptions extends RpcPeerOptions {
  readonly to: 'hub' | 'client';
  readonly outputs: DialectOutput[];
  readonly drops: Drops;
  readonly wireId?: ((id: number) => string) | undefined;
}

/** The end towards the client; `wireId` makes the ids of its own requests, default the number. */
export const clientEnd = (
  outputs: DialectOutput[],
  drops: Drops,
  { messageLimits: limits, offerTimeout: requestTimeout = OFFER_TIMEOUT }: DialectOptions,
  wireId?: (id: number) => string,
): End => new End({ to: 'client', outputs, drops, limits, requestTimeout, wireId });

/** The end towards the hub, whose texts are as long as they need to be. */
export const hubEnd = (
  outputs: DialectOutput[],
  drops: Drops,
  { offerTimeout: callTimeout = OFFER_TIMEOUT }: DialectOptions,
): End => new End({ to: 'hub', outputs, drops, limits: NO_LIMITS, callTimeout });

const OFFER_TIMEOUT = milliseconds(10_000);

const NO_LIMITS: JsonRpcLimits = {
  maxMessageBytes: Number.MAX_SAFE_INTEGER,
  maxBatch: Number.MAX_SAFE_INTEGER,
  maxDepth: Number.MAX_SAFE_INTEGER,
  maxIdLength: Number.MAX_SAFE_INTEGER,
};

/** One of the two JSON-RPC ends of a dialect; requests both ways, each with what follows on it. */
export class End {
  readonly #to: 'hub' | 'client';
  readonly #outputs: DialectOutput[];
  readonly #drops: Drops;
  readonly #wireId: ((id: number) => string) | undefined;
  readonly #rpc: RpcPeer;
  readonly #asked = new Map<number, (outcome: RpcOutcome) => void>();
  #now = 0 as Micros;

  constructor({ to, outputs, drops, wireId, ...options }: EndOptions) {
    this.#to = to;
    this.#outputs = outputs;
    this.#drops = drops;
    this.#wireId = wireId;
    this.#rpc = new RpcPeer(options);
  }

  /** Whether a request waits for its response. */
  get isWaiting(): boolean {
    return this.#asked.size > 0;
  }

  /** Moves the clock; requests that were not answered in time fail, calls not answered are void. */
  advance(now: Micros): void {
    if (now > this.#now) this.#now = now;
    for (const timeout of this.#rpc.expire(this.#now)) {
      if (timeout.kind === 'call-timeout') this.forget(timeout.call);
      else this.#settle(timeout.id, { ok: false, error: NO_ANSWER });
    }
  }

  /** Takes a text of this side: its calls go to `take`, its responses to whoever asked. */
  receive(text: string, take: (received: ReceivedCall) => void): void {
    for (const event of this.#rpc.receive(this.#now, text)) this.#handle(event, take);
  }

  /** Makes a request of this side; too many at once fail at once. */
  ask(method: string, params: JsonRpcParams, done: (outcome: RpcOutcome) => void): void {
    const request = this.#rpc.request(this.#now, method, params);
    if (request === undefined) {
      done({ ok: false, error: BUSY });
      return;
    }
    const { id, text } = request;
    this.#asked.set(id, done);
    this.#send(this.#wireId === undefined ? text : requestText(this.#wireId(id), method, params));
  }

  /** Sends a notification. */
  tell(method: string, params: JsonRpcParams): void {
    this.#send(notificationText(method, params));
  }

  /** Sends a text that the JSON-RPC engine would not write. */
  say(text: string): void {
    this.#send(text);
  }

  /** Passes a call of the other end on as it is. */
  pass({ method, params, call }: ReceivedCall, done: (outcome: RpcOutcome) => void): void {
    if (call === undefined) this.tell(method, params ?? {});
    else this.ask(method, params ?? {}, done);
  }

  respond(call: RpcCall | undefined, result: unknown): void {
    if (call !== undefined) this.#send(this.#rpc.respond(call, result));
  }

  reject(call: RpcCall | undefined, error: JsonRpcError): void {
    if (call !== undefined) this.#send(this.#rpc.reject(call, error));
  }

  /** Whether `call` is still to be answered. */
  isPending(call: RpcCall): boolean {
    return this.#rpc.isPending(call);
  }

  /** Leaves `call` unanswered for good: nobody waits for it any more. */
  forget(call: RpcCall): void {
    this.#rpc.reject(call, NO_ANSWER);
  }

  #handle(event: RpcEvent, take: (received: ReceivedCall) => void): void {
    switch (event.kind) {
      case 'request':
        take(event);
        return;
      case 'notification':
        take({ method: event.method, params: event.params, call: undefined });
        return;
      case 'response':
        this.#settle(event.id, event.outcome);
        return;
      case 'send':
        this.#send(event.text);
        return;
      case 'dropped':
        this.#drops.add(event.reason);
        if (event.reason === 'message-too-large') {
          this.#outputs.push({ to: 'close', code: MESSAGE_TOO_LARGE, reason: event.reason });
        }
    }
  }

  #settle(id: number, outcome: RpcOutcome): void {
    const done = this.#asked.get(id);
    this.#asked.delete(id);
    done?.(outcome);
  }

  #send(text: string | undefined): void {
    if (text !== undefined) this.#outputs.push({ to: this.#to, text });
  }
}

const NO_ANSWER: JsonRpcError = {
  code: ErrorCode.TIMEOUT,
  message: 'the peer gave no answer in time; offer again',
};

const BUSY: JsonRpcError = {
  code: ErrorCode.TOO_MANY_REQUESTS,
  message: 'too many requests wait for their answers; wait before sending more',
};
