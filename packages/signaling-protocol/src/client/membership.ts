import type { JsonRpcError, JsonRpcParams, RpcEvent, RpcOutcome } from '../json-rpc/index.js';
import { decodeValue, METHODS } from '../messages/index.js';
import type { ResultOf } from '../messages/index.js';
import { NEVER } from '../time.js';
import type { Micros } from '../time.js';
import type { ReceivedOffer } from './engine-io.js';
import { RpcError, SignalingError } from './errors.js';
import { closedError, notConnected, notKept, notResumed } from './failures.js';
import { Incoming } from './incoming.js';
import { checkArgument } from './options.js';
import type { ClientSettings } from './options.js';
import type { Outlet } from './outlet.js';
import { OwnRequests } from './own-requests.js';
import { MAX_REQUESTS, NO_ANSWER, Session } from './session.js';
import type { Lost } from './session.js';
import type { SessionDescription } from './types.js';
import { descriptionParams, iceServersEvent } from './wire.js';

/** How the server took an announcement. */
export interface AnnouncementListener {
  announced(now: Micros): void;
  refused(now: Micros, error: RpcError): void;
}

/** This client in its room: its place there, what it asks and is told, over lost connections. */
export class Membership {
  readonly #settings: ClientSettings;
  readonly #outlet: Outlet;
  readonly #listener: AnnouncementListener;
  readonly #requests = new OwnRequests();
  readonly #incoming: Incoming;
  /** There from the opening of a socket until its end, or as long as there is a place to resume. */
  #session: Session | undefined;
  #aliveId: number | undefined;
  #closed = false;

  constructor(settings: ClientSettings, outlet: Outlet, listener: AnnouncementListener) {
    this.#settings = settings;
    this.#outlet = outlet;
    this.#listener = listener;
    this.#incoming = new Incoming(outlet);
  }

  get nextDeadline(): Micros {
    return this.#session?.nextDeadline ?? NEVER;
  }

  /** When a draining server wants to be left. */
  get leaveAt(): Micros {
    return this.#incoming.leaveAt;
  }

  /** Whether there is a place that may be taken again after the connection. */
  get canResume(): boolean {
    return this.#session?.canResume === true;
  }

  /** A socket is open: asks for the place, the earlier one if there is one. */
  announce(now: Micros): void {
    this.#session ??= new Session(this.#settings, this.#outlet);
    this.#session.announce(now, this.#settings.announcement);
  }

  receive(now: Micros, text: string): void {
    for (const event of this.#session?.receive(now, text) ?? []) this.#take(now, event);
  }

  /** Reports requests that were not answered in time, and refuses such offers. */
  expire(now: Micros): void {
    for (const id of this.#session?.expire(now) ?? []) {
      this.#settle(id, { ok: false, error: NO_ANSWER });
    }
  }

  /** Has the server say something. */
  askForLife(now: Micros): void {
    if (this.#aliveId !== undefined) this.#session?.forget(this.#aliveId);
    this.#aliveId = this.#session?.request(now, 'server.info', {});
  }

  /** The connection is gone, because of `cause`: keeps what can be resumed, and fails the rest. */
  suspend(cause: SignalingError): void {
    const session = this.#session;
    if (session === undefined) return;
    if (this.#aliveId !== undefined) session.forget(this.#aliveId);
    this.#aliveId = undefined;
    session.suspend();
    this.#incoming.suspend(session);
    if (!session.canResume) this.#end(cause);
  }

  /** Leaves for good. */
  close(): void {
    this.#closed = true;
    this.#end(closedError());
  }

  /** Sends an offer; returns the id under which its end is reported. */
  offer(now: Micros, to: string, offer: SessionDescription): string {
    const requestId = this.#requests.nextRequestId('offer');
    const params = checkArgument(METHODS['peer.offer'].toHub, 'the offer', {
      to,
      ...descriptionParams(offer, requestId),
    });
    this.#requests.add(this.#request(now, 'peer.offer', params), 'offer', requestId);
    return requestId;
  }

  /** Asks who is in the room; returns the id under which the end of that is reported. */
  list(now: Micros): string {
    const requestId = this.#requests.nextRequestId('list');
    this.#requests.add(this.#request(now, 'peer.list', {}), 'list', requestId);
    return requestId;
  }

  abandon(requestId: string): void {
    const rpcId = this.#requests.abandon(requestId);
    if (rpcId !== undefined) this.#session?.forget(rpcId);
  }

  /** Accepts an offer; false if it is too late. */
  answer({ call, requestId }: ReceivedOffer, answer: SessionDescription): boolean {
    const params = descriptionParams(answer, requestId);
    const result = checkArgument(METHODS['peer.offer'].result, 'the answer', params);
    return this.#session?.reply(call, { ok: true, result }) ?? false;
  }

  /** Refuses an offer; false if it is too late. */
  reject({ call }: ReceivedOffer, error: JsonRpcError): boolean {
    return this.#session?.reply(call, { ok: false, error }) ?? false;
  }

  /** Sends a notification; false if there is no place to send it from. */
  notify(
    method: 'peer.ice_candidate' | 'peer.state_changed' | 'peer.disconnect',
    params: Readonly<Record<string, unknown>>,
  ): boolean {
    const checked = checkArgument(METHODS[method].toHub, method, params);
    if (this.#session?.isSeated !== true) return false;
    this.#session.notify(method, checked);
    return true;
  }

  #request(now: Micros, method: 'peer.offer' | 'peer.list', params: JsonRpcParams): number {
    if (this.#closed) throw closedError();
    if (this.#session?.isSeated !== true) throw notConnected();
    if (this.#requests.size < MAX_REQUESTS) {
      const id = this.#session.request(now, method, params);
      if (id !== undefined) return id;
    }
    throw new SignalingError('TOO_MANY_REQUESTS', 'too many requests wait; await some of them');
  }

  #take(now: Micros, event: RpcEvent): void {
    const session = this.#session;
    if (session === undefined) return;
    switch (event.kind) {
      case 'request':
        this.#incoming.take(now, session, event.method, event.params, event.call);
        return;
      case 'notification':
        this.#incoming.take(now, session, event.method, event.params, undefined);
        return;
      case 'response':
        if (event.id === session.announceId) this.#announced(now, session, event.outcome);
        else this.#settle(event.id, event.outcome);
        return;
      case 'send':
        session.send(event.text);
        return;
      case 'dropped':
        this.#outlet.drop(event.reason);
    }
  }

  #announced(now: Micros, session: Session, outcome: RpcOutcome): void {
    const decoded = outcome.ok
      ? decodeValue(METHODS['peer.announce'].result, outcome.result, 'the result of peer.announce')
      : outcome;
    if (!decoded.ok) {
      this.#listener.refused(now, new RpcError(decoded.error));
      return;
    }
    this.#listener.announced(now);
    const { resume_token, received_seq } = decoded.value;
    const resumed = session.canResume && decoded.value.resumed === true;
    const lost = resumed
      ? session.resume(resume_token, received_seq)
      : this.#begin(session, decoded.value);
    if (decoded.value.ice !== undefined) this.#outlet.push(iceServersEvent(decoded.value.ice));
    const { peers } = this.#incoming;
    this.#outlet.push({ kind: 'event', name: 'connected', event: { peers, resumed } });
    this.#report(lost);
    if (resumed) this.#incoming.resume(now, session);
  }

  /** A place that was not there before: what was under way in an earlier one is lost. */
  #begin(asked: Session, result: ResultOf<'peer.announce'>): Lost {
    const lost = asked.end();
    this.#end(notResumed(this.#settings.url));
    this.#session = asked.canResume ? new Session(this.#settings, this.#outlet) : asked;
    this.#session.begin(result.resume_token);
    this.#incoming.begin(result.peers, result.presence_version);
    return lost;
  }

  #report({ requests, others: messages }: Lost): void {
    for (const id of requests) {
      const output = this.#requests.fail(id, notKept(this.#settings.url));
      if (output !== undefined) this.#outlet.push(output);
    }
    if (messages > 0) this.#outlet.push({ kind: 'event', name: 'lost', event: { messages } });
  }

  #settle(id: number, outcome: RpcOutcome): void {
    if (this.#incoming.settle(id, outcome)) return;
    const output = this.#requests.settle(id, outcome);
    if (output !== undefined) this.#outlet.push(output);
  }

  /** There is no place any more. */
  #end(error: SignalingError): void {
    this.#session = undefined;
    for (const output of this.#requests.failAll(error)) this.#outlet.push(output);
  }
}
