import { ErrorCode } from '../error-codes.js';
import { notificationText, RpcPeer } from '../json-rpc/index.js';
import type {
  JsonRpcError,
  JsonRpcParams,
  RpcCall,
  RpcEvent,
  RpcOutcome,
} from '../json-rpc/index.js';
import { decodeForClient, decodeValue, METHODS } from '../messages/index.js';
import { OutputQueue } from '../output-queue.js';
import { after, milliseconds, NEVER } from '../time.js';
import type { Micros } from '../time.js';
import { backoff, STABLE_AFTER } from './backoff.js';
import {
  announceError,
  closedError,
  notConnected,
  lostError,
  timeoutError,
  unreachable,
} from './failures.js';
import type {
  ClientDrop,
  EngineEvent,
  EngineOutput,
  ReceivedOffer,
  SocketEnd,
} from './engine-io.js';
import { RpcError, SignalingError } from './errors.js';
import { checkArgument, clientSettings } from './options.js';
import type { ClientOptions, ClientSettings } from './options.js';
import { OwnOffers } from './own-offers.js';
import type { IceCandidate, PeerConnectionStates, SessionDescription } from './types.js';
import {
  candidateParams,
  descriptionFrom,
  descriptionParams,
  eventFrom,
  peerInfoFrom,
  statesParams,
} from './wire.js';

type State = 'idle' | 'dialing' | 'announcing' | 'announced' | 'waiting' | 'closed';

/** Time the application has to answer an offer; the server waits no longer either. */
const ANSWER_TIME: Micros = milliseconds(10_000);

const NO_ANSWER: JsonRpcError = {
  code: ErrorCode.TIMEOUT,
  message: 'no answer came in time; offer again',
};

/**
 * Nesting accepted from the server, above what it accepts from clients: it repeats their data
 * deeper inside its own messages.
 */
const MAX_DEPTH = 64;

/**
 * The brain of a signaling client, without I/O: announces, keeps announced through lost
 * connections, and relates answers to offers. Its driver reports sockets and time, and drains
 * {@link poll} after every call.
 */
export class ClientEngine {
  readonly #settings: ClientSettings;
  readonly #random: () => number;
  readonly #outputs = new OutputQueue<EngineOutput>();
  readonly #dropped = new Map<ClientDrop, number>();
  #state: State = 'idle';
  /** There from the opening of a socket until its end. */
  #rpc: RpcPeer | undefined;
  /** When dialing or announcing has taken too long, or waiting is over. */
  #deadline = NEVER;
  readonly #offers = new OwnOffers();
  #announceId: number | undefined;
  #everAnnounced = false;
  #announcedAt = 0 as Micros;
  #attempt = 0;

  /** `random` is uniform in [0, 1). Throws {@link SignalingError} `INVALID_ARGUMENT`. */
  constructor(options: ClientOptions, random: () => number) {
    this.#settings = clientSettings(options);
    this.#random = random;
  }

  /** When {@link advance} is due; `NEVER` while nothing waits. */
  get nextDeadline(): Micros {
    return this.#state === 'announced' ? (this.#rpc?.nextDeadline ?? NEVER) : this.#deadline;
  }

  /** Received messages without effect, counted by reason. */
  get dropped(): Readonly<Partial<Record<ClientDrop, number>>> {
    return Object.fromEntries(this.#dropped);
  }

  /** The next thing to do, removed; `undefined` when all is done. */
  poll(): EngineOutput | undefined {
    return this.#outputs.poll();
  }

  /** Starts the first connection; throws `ALREADY_CONNECTED` or `CLOSED`. */
  connect(now: Micros): void {
    if (this.#state === 'closed') throw closedError();
    if (this.#state !== 'idle') {
      throw new SignalingError('ALREADY_CONNECTED', 'connect() was called before; call it once');
    }
    this.#dial(now);
  }

  /** Gives up a first connection that has not come about, with `error`; else does nothing. */
  abandonConnect(error: unknown): void {
    if (this.#everAnnounced || (this.#state !== 'dialing' && this.#state !== 'announcing')) return;
    this.#failConnect(error);
    this.#outputs.push({ kind: 'hang-up' });
  }

  socketOpened(now: Micros): void {
    if (this.#state !== 'dialing') return;
    const { announcement, offerTimeout, maxMessageBytes } = this.#settings;
    this.#state = 'announcing';
    this.#rpc = new RpcPeer({
      limits: { maxMessageBytes, maxDepth: MAX_DEPTH },
      requestTimeout: offerTimeout,
      callTimeout: ANSWER_TIME,
    });
    const request = this.#rpc.request(now, 'peer.announce', announcement);
    this.#announceId = request?.id;
    if (request !== undefined) this.#send(request.text);
  }

  socketClosed(now: Micros, end: SocketEnd): void {
    if (this.#state === 'dialing' || this.#state === 'announcing') {
      this.#lose(now, unreachable(this.#settings.url, end));
    } else if (this.#state === 'announced') this.#lose(now, lostError(this.#settings.url, end));
  }

  /** Takes a received text. */
  receive(now: Micros, text: string): void {
    const rpc = this.#rpc;
    for (const event of rpc?.receive(now, text) ?? []) {
      if (this.#rpc !== rpc) return;
      this.#take(now, event);
    }
  }

  /** Counts a binary message, of which the protocol has none. */
  receiveBinary(): void {
    this.#drop('binary-message');
  }

  /** Does what is due at `now`. */
  advance(now: Micros): void {
    if (this.#state === 'announced') this.#expire(now);
    else if (now < this.#deadline) return;
    else if (this.#state === 'waiting') this.#dial(now);
    else if (this.#state === 'dialing' || this.#state === 'announcing') {
      this.#outputs.push({ kind: 'hang-up' });
      this.#lose(now, timeoutError(this.#settings));
    }
  }

  /**
   * Sends an offer; `answered` or `offer-failed` with the id returned here will follow. Throws
   * `INVALID_ARGUMENT`, `NOT_CONNECTED`, `TOO_MANY_REQUESTS` or `CLOSED`.
   */
  offer(now: Micros, to: string, offer: SessionDescription): string {
    const requestId = this.#offers.nextRequestId();
    const params = checkArgument(METHODS['peer.offer'].toHub, 'the offer', {
      to,
      ...descriptionParams(offer, requestId),
    });
    if (this.#state === 'closed') throw closedError();
    if (this.#state !== 'announced' || this.#rpc === undefined) throw notConnected();
    const request = this.#rpc.request(now, 'peer.offer', params);
    if (request === undefined) {
      throw new SignalingError('TOO_MANY_REQUESTS', 'too many offers wait; await some of them');
    }
    this.#offers.add(request.id, requestId);
    this.#send(request.text);
    return requestId;
  }

  /** Gives up an own offer; nothing more is heard of it. */
  abandonOffer(requestId: string): void {
    const rpcId = this.#offers.abandon(requestId);
    if (rpcId !== undefined) this.#rpc?.forget(rpcId);
  }

  /** Accepts a received offer; false if it is too late. Throws `INVALID_ARGUMENT`. */
  answer(offer: ReceivedOffer, answer: SessionDescription): boolean {
    const params = descriptionParams(answer, offer.requestId);
    const result = checkArgument(METHODS['peer.offer'].result, 'the answer', params);
    return this.#reply(offer.rpc, offer.call, { ok: true, result });
  }

  /** Refuses a received offer; false if it is too late. Throws `INVALID_ARGUMENT`. */
  reject(offer: ReceivedOffer, error: JsonRpcError): boolean {
    if (!Number.isSafeInteger(error.code)) {
      throw new SignalingError('INVALID_ARGUMENT', 'an error code is an integer; use ErrorCode');
    }
    return this.#reply(offer.rpc, offer.call, { ok: false, error });
  }

  /** Sends a candidate; false, and dropped, while not announced. Throws `INVALID_ARGUMENT`. */
  sendCandidate(to: string, candidate: IceCandidate): boolean {
    return this.#notify('peer.ice_candidate', candidateParams(to, candidate));
  }

  /** Tells `to` the states of the connection; returns and throws as {@link sendCandidate}. */
  sendState(to: string, states: PeerConnectionStates): boolean {
    return this.#notify('peer.state_changed', statesParams(to, states));
  }

  /** Tells `to` that the connection ends; returns and throws as {@link sendCandidate}. */
  sendDisconnect(to: string, reason: string): boolean {
    return this.#notify('peer.disconnect', { to, reason });
  }

  /** Leaves the room and ends everything; a second call does nothing. */
  close(reason: string): void {
    if (this.#state === 'closed') return;
    const state = this.#state;
    const connecting = !this.#everAnnounced && (state === 'dialing' || state === 'announcing');
    if (connecting) this.#failConnect(closedError());
    this.#failOffers(closedError());
    if (state !== 'idle' && state !== 'waiting') this.#outputs.push({ kind: 'hang-up' });
    this.#state = 'closed';
    this.#rpc = undefined;
    this.#deadline = NEVER;
    this.#event({ kind: 'event', name: 'close', event: { reason } });
  }

  #dial(now: Micros): void {
    this.#state = 'dialing';
    this.#deadline = after(now, this.#settings.connectTimeout);
    this.#outputs.push({ kind: 'dial' });
  }

  #take(now: Micros, event: RpcEvent): void {
    switch (event.kind) {
      case 'request':
        this.#receiveCall(event.method, event.params, event.call);
        return;
      case 'notification':
        this.#receiveCall(event.method, event.params, undefined);
        return;
      case 'response':
        if (event.id === this.#announceId) this.#announced(now, event.outcome);
        else this.#settleOffer(event.id, event.outcome);
        return;
      case 'send':
        this.#send(event.text);
        return;
      case 'dropped':
        this.#drop(event.reason);
    }
  }

  #announced(now: Micros, outcome: RpcOutcome): void {
    const decoded = outcome.ok
      ? decodeValue(METHODS['peer.announce'].result, outcome.result, 'the result of peer.announce')
      : outcome;
    if (!decoded.ok) {
      this.#outputs.push({ kind: 'hang-up' });
      this.#lose(now, announceError(this.#settings, new RpcError(decoded.error)));
      return;
    }
    this.#state = 'announced';
    this.#everAnnounced = true;
    this.#announcedAt = now;
    this.#deadline = NEVER;
    const peers = decoded.value.peers.map(peerInfoFrom);
    this.#event({ kind: 'event', name: 'connected', event: { peers } });
  }

  #receiveCall(method: string, params: JsonRpcParams | undefined, call: RpcCall | undefined): void {
    const decoded = decodeForClient(method, params);
    const rpc = this.#rpc;
    if (rpc === undefined) return;
    if (!decoded.ok) {
      if (call === undefined) this.#drop('invalid-notification');
      else this.#reply(rpc, call, decoded);
    } else if (decoded.value.method !== 'peer.offer') {
      this.#event(eventFrom(decoded.value));
      if (call !== undefined) this.#reply(rpc, call, { ok: true, result: null });
    } else if (call === undefined) this.#drop('invalid-notification');
    else {
      const { from, request_id: requestId } = decoded.value.params;
      const offer = { from, requestId, ...descriptionFrom(decoded.value.params), call, rpc };
      this.#outputs.push({ kind: 'offer', offer });
    }
  }

  #settleOffer(id: number, outcome: RpcOutcome): void {
    const output = this.#offers.settle(id, outcome);
    if (output !== undefined) this.#outputs.push(output);
  }

  #expire(now: Micros): void {
    const rpc = this.#rpc;
    for (const timeout of rpc?.expire(now) ?? []) {
      if (timeout.kind === 'request-timeout') {
        this.#settleOffer(timeout.id, { ok: false, error: NO_ANSWER });
      } else if (rpc !== undefined) this.#reply(rpc, timeout.call, { ok: false, error: NO_ANSWER });
    }
  }

  /** The connection, or the attempt at one, has failed: report, and try again if ever announced. */
  #lose(now: Micros, cause: SignalingError): void {
    const wasAnnounced = this.#state === 'announced';
    this.#rpc = undefined;
    this.#failOffers(cause);
    if (!this.#everAnnounced) {
      this.#failConnect(cause);
      return;
    }
    // A server that accepts and drops at once must not be dialed ever faster.
    if (wasAnnounced && now - this.#announcedAt >= STABLE_AFTER) this.#attempt = 0;
    this.#attempt++;
    const delay = backoff(this.#attempt, this.#random());
    this.#state = 'waiting';
    this.#deadline = after(now, delay);
    this.#event({
      kind: 'event',
      name: 'reconnecting',
      event: { attempt: this.#attempt, delayMs: delay / 1_000, cause },
    });
  }

  #failConnect(error: unknown): void {
    this.#state = 'idle';
    this.#rpc = undefined;
    this.#deadline = NEVER;
    this.#outputs.push({ kind: 'connect-failed', error });
  }

  #failOffers(error: SignalingError): void {
    for (const output of this.#offers.failAll(error)) this.#outputs.push(output);
  }

  #notify(
    method: 'peer.ice_candidate' | 'peer.state_changed' | 'peer.disconnect',
    params: Readonly<Record<string, unknown>>,
  ): boolean {
    const checked = checkArgument(METHODS[method].toHub, method, params);
    if (this.#state !== 'announced') return false;
    this.#send(notificationText(method, checked));
    return true;
  }

  /** Answers a received request; false if its time is over or its connection gone. */
  #reply(rpc: RpcPeer, call: RpcCall, reply: RpcOutcome): boolean {
    if (rpc !== this.#rpc || !rpc.isPending(call)) return false;
    const text = reply.ok ? rpc.respond(call, reply.result) : rpc.reject(call, reply.error);
    // Nothing to send yet while other members of a batch are unanswered.
    if (text !== undefined) this.#send(text);
    return true;
  }

  #send(text: string): void {
    this.#outputs.push({ kind: 'send', text });
  }

  #event(event: EngineEvent): void {
    this.#outputs.push(event);
  }

  #drop(reason: ClientDrop): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }
}
