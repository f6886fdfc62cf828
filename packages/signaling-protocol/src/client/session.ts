import { ErrorCode } from '../error-codes.js';
import { notificationText, RpcPeer } from '../json-rpc/index.js';
import type {
  JsonRpcError,
  JsonRpcParams,
  RpcCall,
  RpcEvent,
  RpcOutcome,
} from '../json-rpc/index.js';
import type { HubMethod } from '../messages/index.js';
import { Outbox } from '../outbox.js';
import { milliseconds } from '../time.js';
import type { Micros } from '../time.js';
import type { ClientSettings } from './options.js';
import type { Outlet } from './outlet.js';

/** Own requests of the application that may wait for their responses. */
export const MAX_REQUESTS = 256;

/** Time the application has to answer an offer; the server waits no longer either. */
const ANSWER_TIME: Micros = milliseconds(10_000);

/**
 * Nesting accepted from the server, above what it accepts from clients: it repeats their data
 * deeper inside its own messages.
 */
const MAX_DEPTH = 64;

/** How much is kept until it is known to have arrived; a server keeps as much for its peers. */
const KEPT = { messages: 256, bytes: 262_144 };

/** What an own request fails with when its time is over, or a received one that was not answered. */
export const NO_ANSWER: JsonRpcError = {
  code: ErrorCode.TIMEOUT,
  message: 'no answer came in time; offer again',
};

/** Own messages that never reached the server and are not sent again. */
export interface Lost {
  /** Ids of the requests among them. */
  readonly requests: readonly number[];
  /** How many there are besides. */
  readonly others: number;
}

/**
 * A place in a room from its announcement to its end, lost connections included. If the server can
 * resume it, what is sent is numbered and kept, held back while there is no connection, and what
 * has not arrived is sent again on the next one.
 */
export class Session {
  readonly #rpc: RpcPeer;
  readonly #outlet: Outlet;
  readonly #outbox = new Outbox(KEPT);
  /** Number of the message of each waiting request, by its id. */
  readonly #seqs = new Map<number, number>();
  #announceId: number | undefined;
  /** The token that was chosen for the place before there is one. */
  readonly #chosen: ClientSettings['resumeToken'];
  #token: string | undefined;
  #online = false;
  /** Number of the last message that was given to a socket. */
  #written = 0;
  /** Number of the last message that was returned as lost. */
  #lost = 0;

  constructor({ maxMessageBytes, offerTimeout, resumeToken }: ClientSettings, outlet: Outlet) {
    this.#outlet = outlet;
    this.#chosen = resumeToken;
    this.#rpc = new RpcPeer({
      limits: { maxMessageBytes, maxDepth: MAX_DEPTH },
      // Room for announcement, catching up and keep-alive beside the application's own.
      maxPendingRequests: MAX_REQUESTS + 3,
      requestTimeout: offerTimeout,
      callTimeout: ANSWER_TIME,
    });
  }

  get nextDeadline(): Micros {
    return this.#rpc.nextDeadline;
  }

  /** Whether it may outlive its connection. */
  get canResume(): boolean {
    return this.#token !== undefined;
  }

  /** Whether what is sent now reaches the place, at once or when it is resumed. */
  get isSeated(): boolean {
    return this.#online || this.canResume;
  }

  /** Id of the announcement under way. */
  get announceId(): number | undefined {
    return this.#announceId;
  }

  /** Asks for the place, for the first time or again. */
  announce(now: Micros, announcement: Readonly<Record<string, unknown>>): void {
    const resume_token = this.#token ?? this.#chosen?.text;
    // Of a place that an earlier process left behind nothing is known here.
    const isKnown = this.#token !== undefined || this.#chosen?.outlives === false;
    const request = this.#rpc.request(now, 'peer.announce', {
      ...announcement,
      resume: true,
      ...(resume_token !== undefined && { resume_token }),
      ...(isKnown && { last_seq: this.#rpc.receivedSeq }),
    });
    this.#announceId = request?.id;
    if (request !== undefined) this.#write(request.text);
  }

  /** The place is given for the first time; with `token` it can be resumed. */
  begin(token: string | undefined): void {
    this.#announceId = undefined;
    this.#token = token;
    this.#online = true;
  }

  /**
   * The place is given again: sends what came after number `received`, which a server that does
   * not say has all that was given to a socket. Returns what could not be kept for so long.
   */
  resume(token: string | undefined, received: number = this.#written): Lost {
    this.begin(token ?? this.#token);
    const known = Math.max(received, this.#lost);
    const from = Math.max(known, this.#outbox.oldest - 1);
    if (from > known) this.#lost = from;
    for (const text of this.#outbox.after(from) ?? []) this.#write(text);
    const requests = this.#forgetWithin(known, from);
    return { requests, others: from - known - requests.length };
  }

  /** The connection is gone. */
  suspend(): void {
    if (this.#announceId !== undefined) this.forget(this.#announceId);
    this.#announceId = undefined;
    if (this.#online) this.#written = this.#outbox.newest;
    this.#online = false;
  }

  /** The place is gone as well; returns what was held back for it. */
  end(): Lost {
    const { oldest, newest } = this.#outbox;
    const from = Math.max(this.#written, oldest - 1);
    const kept = this.#outbox.after(from)?.length ?? 0;
    const requests = this.#forgetWithin(this.#written, newest);
    return { requests, others: from - this.#written + kept - requests.length };
  }

  /** Takes a received text. */
  receive(now: Micros, text: string): readonly RpcEvent[] {
    const events = this.#rpc.receive(now, text);
    for (const event of events) if (event.kind === 'response') this.#seqs.delete(event.id);
    return events;
  }

  /** Refuses the calls that nobody answered in time; returns the ids of such own requests. */
  expire(now: Micros): number[] {
    const ids: number[] = [];
    for (const timeout of this.#rpc.expire(now)) {
      if (timeout.kind === 'call-timeout')
        this.reply(timeout.call, { ok: false, error: NO_ANSWER });
      else {
        this.forget(timeout.id);
        ids.push(timeout.id);
      }
    }
    return ids;
  }

  /** Sends a request; returns its id, `undefined` if too many wait already. */
  request(now: Micros, method: HubMethod, params: JsonRpcParams): number | undefined {
    const request = this.#rpc.request(now, method, params);
    if (request === undefined) return undefined;
    this.send(request.text);
    if (this.canResume) this.#seqs.set(request.id, this.#outbox.newest);
    return request.id;
  }

  /** Gives up an own request: it is not sent again, and its response means nothing. */
  forget(id: number): void {
    this.#rpc.forget(id);
    const seq = this.#seqs.get(id);
    if (seq !== undefined) this.#outbox.withdraw(seq);
    this.#seqs.delete(id);
  }

  notify(method: HubMethod, params: JsonRpcParams): void {
    this.send(notificationText(method, params));
  }

  /** Answers a received request; false if its time is over, or its place another. */
  reply(call: RpcCall, outcome: RpcOutcome): boolean {
    if (!this.#rpc.isPending(call)) return false;
    const text = outcome.ok
      ? this.#rpc.respond(call, outcome.result)
      : this.#rpc.reject(call, outcome.error);
    // Nothing to send yet while other members of a batch are unanswered.
    if (text !== undefined) this.send(text);
    return true;
  }

  send(text: string): void {
    if (!this.canResume) this.#write(text);
    else {
      const numbered = this.#outbox.keep(text);
      if (this.#online) this.#write(numbered);
    }
  }

  #write(text: string): void {
    this.#outlet.push({ kind: 'send', text });
  }

  /** Forgets the requests with numbers after `from` up to `to`; returns their ids. */
  #forgetWithin(from: number, to: number): number[] {
    const ids: number[] = [];
    for (const [id, seq] of this.#seqs) if (seq > from && seq <= to) ids.push(id);
    for (const id of ids) this.forget(id);
    return ids;
  }
}
