import { ErrorCode } from '../error-codes.js';
import { notificationText } from '../json-rpc/index.js';
import type {
  JsonRpcError,
  JsonRpcParams,
  RpcCall,
  RpcEvent,
  RpcOutcome,
  RpcPeer,
} from '../json-rpc/index.js';
import { decodeForClient, decodeValue, METHODS } from '../messages/index.js';
import type { ClientCall, WirePeerInfo } from '../messages/index.js';
import { OutputQueue } from '../output-queue.js';
import { after, milliseconds, NEVER } from '../time.js';
import type { Micros } from '../time.js';
import { backoff, STABLE_AFTER } from './backoff.js';
import {
  announceError,
  closedError,
  notConnected,
  notResumed,
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
import { OwnRequests } from './own-requests.js';
import { Presence } from './presence.js';
import type { PresenceChange } from './presence.js';
import { MAX_REQUESTS, sessionRpc } from './session-rpc.js';
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

const NO_ANSWER: JsonRpcError = {
  code: ErrorCode.TIMEOUT,
  message: 'no answer came in time; offer again',
};

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
  /** There from the opening of a socket until its end, or as long as there is a place to resume. */
  #rpc: RpcPeer | undefined;
  /** Takes the same place again after the connection was lost. */
  #resumeToken: string | undefined;
  /** Answers given while the connection is lost, for when it is resumed. */
  #heldTexts: string[] = [];
  /** When dialing or announcing has taken too long, or waiting is over. */
  #deadline = NEVER;
  readonly #requests = new OwnRequests();
  readonly #presence = new Presence();
  #announceId: number | undefined;
  /** The request for the list of peers that is to fill a gap. */
  #catchUpId: number | undefined;
  /** When a draining server wants to be left. */
  #leaveAt = NEVER;
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
    const own = this.#state === 'announced' ? this.#leaveAt : this.#deadline;
    return Math.min(own, this.#rpc?.nextDeadline ?? NEVER) as Micros;
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
    this.#state = 'announcing';
    this.#rpc ??= sessionRpc(this.#settings);
    const resume_token = this.#resumeToken;
    const last_seq = this.#rpc.receivedSeq;
    const request = this.#rpc.request(now, 'peer.announce', {
      ...this.#settings.announcement,
      resume: true,
      ...(resume_token === undefined ? {} : { resume_token, last_seq }),
    });
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
    this.#expire(now);
    if (this.#state === 'announced') this.#leaveIfDue(now);
    else if (now < this.#deadline) return;
    else if (this.#state === 'waiting') this.#dial(now);
    else if (this.#state === 'dialing' || this.#state === 'announcing') {
      this.#outputs.push({ kind: 'hang-up' });
      this.#lose(now, timeoutError(this.#settings));
    }
  }

  /**
   * Sends an offer; `answered` or `request-failed` with the id returned here will follow. Throws
   * `INVALID_ARGUMENT`, `NOT_CONNECTED`, `TOO_MANY_REQUESTS` or `CLOSED`.
   */
  offer(now: Micros, to: string, offer: SessionDescription): string {
    const requestId = this.#requests.nextRequestId('offer');
    const params = checkArgument(METHODS['peer.offer'].toHub, 'the offer', {
      to,
      ...descriptionParams(offer, requestId),
    });
    this.#requests.add(this.#request(now, 'peer.offer', params), 'offer', requestId);
    return requestId;
  }

  /**
   * Asks who is in the room; `listed` or `request-failed` with the id returned here will follow.
   * Throws `NOT_CONNECTED`, `TOO_MANY_REQUESTS` or `CLOSED`.
   */
  list(now: Micros): string {
    const requestId = this.#requests.nextRequestId('list');
    this.#requests.add(this.#request(now, 'peer.list', {}), 'list', requestId);
    return requestId;
  }

  /** Gives up an own request; nothing more is heard of it. */
  abandon(requestId: string): void {
    const rpcId = this.#requests.abandon(requestId);
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
    this.#failRequests(closedError());
    if (state !== 'idle' && state !== 'waiting') this.#outputs.push({ kind: 'hang-up' });
    this.#state = 'closed';
    this.#rpc = undefined;
    this.#heldTexts = [];
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
        this.#receiveCall(now, event.method, event.params, event.call);
        return;
      case 'notification':
        this.#receiveCall(now, event.method, event.params, undefined);
        return;
      case 'response':
        if (event.id === this.#announceId) this.#announced(now, event.outcome);
        else if (event.id === this.#catchUpId) this.#catchUp(event.outcome);
        else this.#settle(event.id, event.outcome);
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
    this.#announceId = undefined;
    const { peers, presence_version, resume_token, resumed = false } = decoded.value;
    if (!resumed) this.#beginSession(peers, presence_version, resume_token);
    this.#event({
      kind: 'event',
      name: 'connected',
      event: { peers: this.#presence.peers, resumed },
    });
    for (const text of this.#heldTexts) this.#send(text);
    this.#heldTexts = [];
  }

  /** A place that was not there before: what was under way in an earlier one is lost. */
  #beginSession(
    peers: readonly WirePeerInfo[],
    version: number | undefined,
    token: string | undefined,
  ): void {
    if (this.#resumeToken !== undefined) {
      this.#failRequests(notResumed(this.#settings.url));
      this.#heldTexts = [];
      this.#rpc = sessionRpc(this.#settings);
    }
    this.#resumeToken = token;
    this.#catchUpId = undefined;
    this.#presence.reset(peers, version);
  }

  /** Sends a request of the application; returns its JSON-RPC id. */
  #request(now: Micros, method: 'peer.offer' | 'peer.list', params: JsonRpcParams): number {
    if (this.#state === 'closed') throw closedError();
    if (this.#state !== 'announced' || this.#rpc === undefined) throw notConnected();
    const request =
      this.#requests.size < MAX_REQUESTS ? this.#rpc.request(now, method, params) : undefined;
    if (request === undefined) {
      throw new SignalingError('TOO_MANY_REQUESTS', 'too many requests wait; await some of them');
    }
    this.#send(request.text);
    return request.id;
  }

  #receiveCall(
    now: Micros,
    method: string,
    params: JsonRpcParams | undefined,
    call: RpcCall | undefined,
  ): void {
    const decoded = decodeForClient(method, params);
    const rpc = this.#rpc;
    if (rpc === undefined) return;
    if (!decoded.ok) {
      if (call === undefined) this.#drop('invalid-notification');
      else this.#reply(rpc, call, decoded);
    } else if (decoded.value.method !== 'peer.offer') {
      this.#tell(now, decoded.value);
      if (call !== undefined) this.#reply(rpc, call, { ok: true, result: null });
    } else if (call === undefined) this.#drop('invalid-notification');
    else {
      const { from, request_id: requestId } = decoded.value.params;
      const offer = { from, requestId, ...descriptionFrom(decoded.value.params), call, rpc };
      this.#outputs.push({ kind: 'offer', offer });
    }
  }

  #tell(now: Micros, call: Exclude<ClientCall, { readonly method: 'peer.offer' }>): void {
    switch (call.method) {
      case 'peer.announced':
        this.#change(now, this.#presence.announced(peerInfoFrom(call.params), call.params.version));
        return;
      case 'peer.left': {
        const { peer_id: peerId, reason, version } = call.params;
        this.#change(now, this.#presence.left(peerId, reason, version));
        return;
      }
      case 'server.draining': {
        const { reconnect_after_ms: reconnectAfterMs } = call.params;
        this.#leaveAt = after(now, milliseconds(reconnectAfterMs));
        this.#event({ kind: 'event', name: 'draining', event: { reconnectAfterMs } });
        return;
      }
      case 'peer.ice_candidate':
      case 'peer.state_changed':
      case 'peer.disconnect':
      case 'server.ice_servers':
        this.#event(eventFrom(call));
    }
  }

  #change(now: Micros, change: PresenceChange): void {
    if (change === 'known') this.#drop('known-presence');
    else if (change !== 'gap') this.#event(change);
    else if (this.#catchUpId === undefined) {
      const request = this.#rpc?.request(now, 'peer.list', {});
      this.#catchUpId = request?.id;
      if (request !== undefined) this.#send(request.text);
    }
  }

  #catchUp(outcome: RpcOutcome): void {
    this.#catchUpId = undefined;
    for (const event of this.#presence.catchUp(outcome)) this.#event(event);
  }

  #settle(id: number, outcome: RpcOutcome): void {
    const output = this.#requests.settle(id, outcome);
    if (output !== undefined) this.#outputs.push(output);
  }

  /** Leaves a draining server at the time it gave, for whoever answers now. */
  #leaveIfDue(now: Micros): void {
    if (now < this.#leaveAt) return;
    this.#outputs.push({ kind: 'hang-up' });
    this.#disconnected(lostError(this.#settings.url, { code: 1000, reason: 'draining' }));
    this.#dial(now);
  }

  /** Keeps what can be resumed, and fails what cannot. */
  #disconnected(cause: SignalingError): void {
    this.#leaveAt = NEVER;
    if (this.#announceId !== undefined) this.#rpc?.forget(this.#announceId);
    if (this.#catchUpId !== undefined) this.#rpc?.forget(this.#catchUpId);
    this.#announceId = undefined;
    this.#catchUpId = undefined;
    if (this.#resumeToken !== undefined) return;
    this.#rpc = undefined;
    this.#failRequests(cause);
  }

  #expire(now: Micros): void {
    const rpc = this.#rpc;
    for (const timeout of rpc?.expire(now) ?? []) {
      if (timeout.kind === 'request-timeout') {
        if (timeout.id === this.#catchUpId) this.#catchUpId = undefined;
        this.#settle(timeout.id, { ok: false, error: NO_ANSWER });
      } else if (rpc !== undefined) this.#reply(rpc, timeout.call, { ok: false, error: NO_ANSWER });
    }
  }

  /** The connection, or the attempt at one, has failed: report, and try again if ever announced. */
  #lose(now: Micros, cause: SignalingError): void {
    const wasAnnounced = this.#state === 'announced';
    this.#disconnected(cause);
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

  #failRequests(error: SignalingError): void {
    for (const output of this.#requests.failAll(error)) this.#outputs.push(output);
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
    if (text === undefined) return true;
    if (this.#state === 'announced' || this.#resumeToken === undefined) this.#send(text);
    else if (this.#heldTexts.length < MAX_REQUESTS) this.#heldTexts.push(text);
    else {
      this.#drop('too-many-calls');
      return false;
    }
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
