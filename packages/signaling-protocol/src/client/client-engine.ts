import type { JsonRpcError } from '../json-rpc/index.js';
import { CloseCode } from '../close-code.js';
import { after, NEVER } from '../time.js';
import type { Micros } from '../time.js';
import { Backoff } from './backoff.js';
import type { ClientDrop, EngineOutput, ReceivedOffer, SocketEnd } from './engine-io.js';
import { SignalingError } from './errors.js';
import {
  announceError,
  closedError,
  invalidUrl,
  lostError,
  silentError,
  timeoutError,
  unreachable,
} from './failures.js';
import { KeepAlive } from './keep-alive.js';
import { Membership } from './membership.js';
import { clientSettings } from './options.js';
import type { ClientOptions, ClientSettings } from './options.js';
import { Outlet } from './outlet.js';
import type { IceCandidate, PeerConnectionStates, SessionDescription } from './types.js';
import { candidateParams, statesParams } from './wire.js';

type State = 'idle' | 'dialing' | 'announcing' | 'announced' | 'waiting' | 'closed';

/** Close codes after which the place is not ours any more: removed by an admin, taken over. */
const FINAL: ReadonlySet<number> = new Set([CloseCode.REMOVED, CloseCode.TAKEN_OVER]);

/**
 * The brain of a signaling client, without I/O: announces, keeps announced through lost
 * connections, and relates answers to offers. Its driver reports sockets and time, and drains
 * {@link poll} after every call.
 */
export class ClientEngine {
  readonly #settings: ClientSettings;
  readonly #outlet = new Outlet();
  readonly #membership: Membership;
  readonly #keepAlive: KeepAlive;
  readonly #backoff: Backoff;
  #state: State = 'idle';
  /** When dialing or announcing has taken too long, or waiting is over; else without meaning. */
  #deadline = NEVER;
  #everAnnounced = false;

  /**
   * `random` is uniform in [0, 1); `resumeToken`, which nobody can guess, is used if the options
   * give none. Throws {@link SignalingError} `INVALID_ARGUMENT`.
   */
  constructor(options: ClientOptions, random: () => number, resumeToken?: string) {
    this.#settings = clientSettings(options, resumeToken);
    this.#membership = new Membership(this.#settings, this.#outlet, {
      announced: (now) => this.#announced(now),
      refused: (now, error) => this.#giveUp(now, announceError(this.#settings, error)),
    });
    this.#keepAlive = new KeepAlive(this.#settings.keepAlive);
    this.#backoff = new Backoff(random);
  }

  /** When {@link advance} is due; `NEVER` while nothing waits. */
  get nextDeadline(): Micros {
    const { nextDeadline, leaveAt } = this.#membership;
    return Math.min(
      nextDeadline,
      ...(this.#state === 'announced' ? [leaveAt, this.#keepAlive.deadline] : [this.#deadline]),
    ) as Micros;
  }

  /** Received messages without effect, counted by reason. */
  get dropped(): Readonly<Partial<Record<ClientDrop, number>>> {
    return this.#outlet.dropped;
  }

  /** The next thing to do, removed; `undefined` when all is done. */
  poll(): EngineOutput | undefined {
    return this.#outlet.poll();
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
    if (this.#everAnnounced || !this.#isConnecting) return;
    this.#hangUp();
    this.#membership.suspend(closedError());
    this.#failConnect(error);
  }

  /** The socket could not even be made, because of `error`. */
  dialFailed(now: Micros, error: unknown): void {
    if (this.#state === 'dialing') this.#lose(now, invalidUrl(this.#settings.url, error));
  }

  socketOpened(now: Micros): void {
    if (this.#state !== 'dialing') return;
    this.#state = 'announcing';
    this.#membership.announce(now);
  }

  socketClosed(now: Micros, end: SocketEnd): void {
    if (this.#isConnecting) this.#lose(now, unreachable(this.#settings.url, end));
    else if (this.#state === 'announced') {
      // To come back would be against the admin's will, or take the place from oneself.
      if (FINAL.has(end.code)) this.close(end.reason === '' ? `code ${end.code}` : end.reason);
      else this.#lose(now, lostError(this.#settings.url, end));
    }
  }

  /** Takes a received text. */
  receive(now: Micros, text: string): void {
    this.#keepAlive.heard(now);
    this.#membership.receive(now, text);
  }

  /** Counts a binary message, of which the protocol has none. */
  receiveBinary(now: Micros): void {
    this.#keepAlive.heard(now);
    this.#outlet.drop('binary-message');
  }

  /** Does what is due at `now`. */
  advance(now: Micros): void {
    this.#membership.expire(now);
    if (this.#state === 'announced') this.#advanceAnnounced(now);
    else if (now < this.#deadline) return;
    else if (this.#state === 'waiting') this.#dial(now);
    else if (this.#isConnecting) this.#giveUp(now, timeoutError(this.#settings));
  }

  /**
   * Sends an offer, now or when the place is resumed; `answered` or `request-failed` with the id
   * returned here will follow. Throws `INVALID_ARGUMENT`, `NOT_CONNECTED`, `TOO_MANY_REQUESTS` or
   * `CLOSED`.
   */
  offer(now: Micros, to: string, offer: SessionDescription): string {
    return this.#membership.offer(now, to, offer);
  }

  /**
   * Asks who is in the room, now or when the place is resumed; `listed` or `request-failed` with
   * the id returned here will follow. Throws `NOT_CONNECTED`, `TOO_MANY_REQUESTS` or `CLOSED`.
   */
  list(now: Micros): string {
    return this.#membership.list(now);
  }

  /** Gives up an own request; nothing more is heard of it. */
  abandon(requestId: string): void {
    this.#membership.abandon(requestId);
  }

  /** Accepts a received offer; false if it is too late. Throws `INVALID_ARGUMENT`. */
  answer(offer: ReceivedOffer, answer: SessionDescription): boolean {
    return this.#membership.answer(offer, answer);
  }

  /** Refuses a received offer; false if it is too late. Throws `INVALID_ARGUMENT`. */
  reject(offer: ReceivedOffer, error: JsonRpcError): boolean {
    if (!Number.isSafeInteger(error.code)) {
      throw new SignalingError('INVALID_ARGUMENT', 'an error code is an integer; use ErrorCode');
    }
    return this.#membership.reject(offer, error);
  }

  /**
   * Sends a candidate, now or when the place is resumed; false, and dropped, if there is neither a
   * connection nor a place to resume. Throws `INVALID_ARGUMENT`.
   */
  sendCandidate(to: string, candidate: IceCandidate): boolean {
    return this.#membership.notify('peer.ice_candidate', candidateParams(to, candidate));
  }

  /** Tells `to` the states of the connection; returns and throws as {@link sendCandidate}. */
  sendState(to: string, states: PeerConnectionStates): boolean {
    return this.#membership.notify('peer.state_changed', statesParams(to, states));
  }

  /** Tells `to` that the connection ends; returns and throws as {@link sendCandidate}. */
  sendDisconnect(to: string, reason: string): boolean {
    return this.#membership.notify('peer.disconnect', { to, reason });
  }

  /** Leaves the room and ends everything; a second call does nothing. */
  close(reason: string): void {
    if (this.#state === 'closed') return;
    if (this.#isConnecting || this.#state === 'announced') {
      this.#outlet.push({ kind: 'hang-up', goodbye: true });
    }
    if (this.#isConnecting && !this.#everAnnounced) this.#failConnect(closedError());
    this.#membership.close();
    this.#state = 'closed';
    this.#deadline = NEVER;
    this.#outlet.push({ kind: 'event', name: 'close', event: { reason } });
  }

  get #isConnecting(): boolean {
    return this.#state === 'dialing' || this.#state === 'announcing';
  }

  #dial(now: Micros): void {
    this.#state = 'dialing';
    this.#deadline = after(now, this.#settings.connectTimeout);
    this.#outlet.push({ kind: 'dial' });
  }

  #announced(now: Micros): void {
    this.#state = 'announced';
    this.#everAnnounced = true;
    this.#backoff.announced(now);
  }

  #advanceAnnounced(now: Micros): void {
    if (now >= this.#membership.leaveAt) {
      // Not a loss to back off from: whoever answers now is asked at once.
      this.#hangUp();
      this.#membership.suspend(
        lostError(this.#settings.url, { code: 1000, reason: 'the server drains' }),
      );
      this.#dial(now);
      return;
    }
    const due = this.#keepAlive.due(now);
    if (due === 'ask') this.#membership.askForLife(now);
    else if (due === 'give-up') this.#giveUp(now, silentError(this.#settings.url));
  }

  /** Ends a connection that is of no use. */
  #giveUp(now: Micros, cause: SignalingError): void {
    this.#hangUp();
    this.#lose(now, cause);
  }

  /** Closes the socket, in good order unless its place is to be taken again. */
  #hangUp(): void {
    this.#outlet.push({ kind: 'hang-up', goodbye: !this.#membership.canResume });
  }

  /** The connection, or the attempt at one, has failed: report, and try again if ever announced. */
  #lose(now: Micros, cause: SignalingError): void {
    this.#membership.suspend(cause);
    if (!this.#everAnnounced) {
      this.#failConnect(cause);
      return;
    }
    const { attempt, delay } = this.#backoff.failed(now);
    this.#state = 'waiting';
    this.#deadline = after(now, delay);
    const event = { attempt, delayMs: delay / 1_000, cause };
    this.#outlet.push({ kind: 'event', name: 'reconnecting', event });
  }

  #failConnect(error: unknown): void {
    this.#state = 'idle';
    this.#deadline = NEVER;
    this.#outlet.push({ kind: 'connect-failed', error });
  }
}
