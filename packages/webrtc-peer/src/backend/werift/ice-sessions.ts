import type {
  TransportCandidate,
  TransportParameters,
  TransportStates,
  TransportStatistics,
} from '../transport.js';
import { parseCandidate, type CheckableCandidate } from '../candidate.js';
import type { TransportCounters } from './counters.js';
import { TransportParametersError } from '../errors.js';
import { MAX_REMOTE_CANDIDATES } from './ice-guard.js';
import type { ResolvedIceServers } from './ice-servers.js';
import { IceSession, type RemoteIce } from './ice-session.js';

/** How long the pair before a restart is listened to: the other side goes over to the new one by its own checks. */
const RETIREMENT_MS = 1_000;

/** What the ICE of a transport tells; nothing once it is closed. */
export interface IceHandlers {
  /** A local candidate to trickle. */
  candidate(candidate: TransportCandidate): void;
  stateChange(): void;
  /** There is a pair to send over, the first one or a new one. */
  connected(): void;
  /** What is no STUN arrived. */
  datagram(datagram: Buffer): void;
}

/** Credentials and candidates of a session, to be told to the other side. */
export type LocalIce = Pick<TransportParameters, 'usernameFragment' | 'password' | 'candidates'>;

/**
 * The ICE of a transport: the session in use and, while ICE restarts, the next one, which takes its place once it has
 * a pair (RFC 8445 §9).
 */
export class IceSessions {
  readonly #counters: TransportCounters;
  readonly #handlers: IceHandlers;
  /** Sessions whose parameters were given out: what they find from then on is trickled. */
  readonly #described = new WeakSet<IceSession>();
  #servers: ResolvedIceServers;
  #present: IceSession | undefined;
  #next: IceSession | undefined;
  #retired: IceSession | undefined;
  #retirement: NodeJS.Timeout | undefined;
  /** The next offer is to have new credentials. */
  #restarts = false;
  #early: CheckableCandidate[] = [];
  #closed = false;

  constructor(servers: ResolvedIceServers, counters: TransportCounters, handlers: IceHandlers) {
    this.#servers = servers;
    this.#counters = counters;
    this.#handlers = handlers;
  }

  /** The state of ICE. Without a pair in use, a restart that checks decides. */
  get state(): IceSession['state'] {
    const state = this.#present?.state ?? 'new';
    const next = this.#next?.state ?? 'new';
    return next === 'new' || state === 'connected' ? state : next;
  }

  get gathering(): TransportStates['iceGathering'] {
    return this.#latest?.gathering ?? 'new';
  }

  get selectedPair(): TransportStatistics['selectedPair'] {
    return this.#present?.selectedPair;
  }

  /** Has the next offer begin ICE anew, with other servers if given. */
  restart(servers: ResolvedIceServers | undefined): void {
    this.#servers = servers ?? this.#servers;
    this.#restarts = true;
  }

  /** What an offer tells. */
  offer(): Promise<LocalIce> {
    if (this.#restarts && this.#present !== undefined) this.#begin();
    this.#restarts = false;
    return this.#describe(this.#latest ?? (this.#present = this.#create()));
  }

  /** What the answer to the offer that was taken tells. Checks begin. */
  async answer(isLite: boolean): Promise<LocalIce> {
    const session = this.#latest ?? (this.#present = this.#create());
    const local = await this.#describe(session);
    void session.start(isLite);
    return local;
  }

  /** Takes an offer; new credentials in it restart ICE, and an own offer to do so is void. */
  takeOffer(offer: RemoteIce): void {
    if (this.#next?.state === 'new') {
      this.#dropNext();
      this.#restarts = true;
    }
    const present = (this.#present ??= this.#create());
    const latest = this.#next ?? present;
    if (present.remoteUsernameFragment === undefined || isOf(offer, latest)) {
      this.#setRemote(latest, offer);
      return;
    }
    this.#setRemote(this.#begin(), offer);
    // Our credentials are new as well now: that is all that a restart of our own would have made.
    this.#restarts = false;
  }

  /** Takes an answer to our offer. Checks begin. */
  takeAnswer(answer: RemoteIce): void {
    const session = this.#latest;
    if (session === undefined)
      throw new TransportParametersError('there is no offer that it answers');
    if (session.remoteUsernameFragment !== undefined && !isOf(answer, session))
      throw new TransportParametersError('it has new ICE credentials, but the offer had not');
    this.#setRemote(session, answer);
    void session.start(true);
  }

  /** Adds a remote candidate, also one of parameters that are still to come. Useless ones are counted. */
  addRemote({ candidate, usernameFragment }: TransportCandidate): void {
    const parsed = parseCandidate(candidate);
    const ignored = this.#counters.candidatesIgnored;
    if (!parsed.ok) {
      ignored[parsed.reason]++;
      return;
    }
    const value = {
      ...parsed.value,
      usernameFragment: usernameFragment ?? parsed.value.usernameFragment,
    };
    const session = [this.#next, this.#present].find(
      (one) =>
        one?.remoteUsernameFragment !== undefined &&
        (value.usernameFragment ?? one.remoteUsernameFragment) === one.remoteUsernameFragment,
    );
    if (session !== undefined) session.addRemote(value);
    else if (this.#latest?.remoteUsernameFragment !== undefined) ignored.stale++;
    else if (this.#early.length >= MAX_REMOTE_CANDIDATES) ignored['too-many']++;
    else this.#early.push(value);
  }

  /** Sends to the other side; lost while there is no pair. */
  send(datagram: Buffer): Promise<void> {
    return this.#present?.send(datagram) ?? Promise.resolve();
  }

  /** Closes all sockets. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retirement);
    const sessions = [this.#present, this.#next, this.#retired];
    await Promise.all(sessions.flatMap((session) => session?.close() ?? []));
  }

  get #latest(): IceSession | undefined {
    return this.#next ?? this.#present;
  }

  #create(): IceSession {
    const session = new IceSession(this.#servers, this.#counters, {
      candidate: (candidate) => this.#found(session, candidate),
      stateChange: () => this.#changed(session),
      datagram: (datagram) => this.#handlers.datagram(datagram),
    });
    return session;
  }

  #begin(): IceSession {
    this.#dropNext();
    this.#next = this.#create();
    return this.#next;
  }

  #dropNext(): void {
    void this.#next?.close();
    this.#next = undefined;
  }

  #setRemote(session: IceSession, remote: RemoteIce): void {
    session.setRemote(remote);
    for (const candidate of this.#early.splice(0)) session.addRemote(candidate);
  }

  async #describe(session: IceSession): Promise<LocalIce> {
    await session.gather();
    const { usernameFragment, password, candidates } = session;
    const isFirst = !this.#described.has(session);
    this.#described.add(session);
    if (isFirst && session.gathering === 'complete') this.#tellGathered(session);
    return { usernameFragment, password, candidates };
  }

  #found(session: IceSession, candidate: string | undefined): void {
    // What was found before is part of the parameters.
    if (this.#closed || !this.#described.has(session)) return;
    if (candidate === undefined) this.#tellGathered(session);
    else this.#handlers.candidate({ candidate, usernameFragment: session.usernameFragment });
  }

  /** After the parameters have been handed out, or their receiver would get the end before the beginning. */
  #tellGathered(session: IceSession): void {
    const { usernameFragment } = session;
    setImmediate(() => {
      if (!this.#closed && (session === this.#present || session === this.#next))
        this.#handlers.candidate({ candidate: '', usernameFragment });
    });
  }

  #changed(session: IceSession): void {
    if (this.#closed) return;
    if (session.state === 'connected' && session === this.#next) {
      this.#retire();
      this.#present = session;
      this.#next = undefined;
    }
    if (session.state === 'connected' && session === this.#present) this.#handlers.connected();
    this.#handlers.stateChange();
  }

  #retire(): void {
    void this.#retired?.close();
    const retired = this.#present;
    this.#retired = retired;
    clearTimeout(this.#retirement);
    this.#retirement = setTimeout(() => void retired?.close(), RETIREMENT_MS);
  }
}

const isOf = ({ usernameFragment, password }: RemoteIce, session: IceSession): boolean =>
  usernameFragment === session.remoteUsernameFragment && password === session.remotePassword;
