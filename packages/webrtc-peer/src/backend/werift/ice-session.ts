import { Candidate, Connection, parseIceServers } from 'werift';
import type { TransportParameters, TransportStates, TransportStatistics } from '../transport.js';
import { parseCandidate, type CheckableCandidate } from '../candidate.js';
import type { TransportCounters } from './counters.js';
import { hostAddresses } from './host-addresses.js';
import { guardChecks, MAX_REMOTE_CANDIDATES } from './ice-guard.js';
import type { ResolvedIceServers } from './ice-servers.js';
import { agentOf } from './internals.js';

/** What an ICE session tells; nothing once it is closed. */
export interface IceSessionHandlers {
  /** A local candidate, with `candidate:` in front, or none: that was the last. */
  candidate(candidate: string | undefined): void;
  /** One of its states changed. */
  stateChange(): void;
  /** What is no STUN arrived. */
  datagram(datagram: Buffer): void;
}

/** ICE credentials and candidates of the other side. */
export type RemoteIce = Pick<
  TransportParameters,
  'usernameFragment' | 'password' | 'iceLite' | 'candidates'
>;

/**
 * One ICE session (RFC 8445 §2.4): its credentials, sockets, candidates and checks. A restart is another one, so that
 * it gathers what there is by then, while the pair that was nominated before is used until it has its own.
 */
export class IceSession {
  readonly #connection: Connection;
  readonly #handlers: IceSessionHandlers;
  readonly #counters: TransportCounters;
  readonly #hosts: number;
  #gathering: TransportStates['iceGathering'] = 'new';
  #gathered: Promise<void> = Promise.resolve();
  #hostsGathered: Promise<void> | undefined;
  #state: 'new' | 'checking' | 'connected' | 'failed' = 'new';
  #closed = false;

  constructor(
    servers: ResolvedIceServers,
    counters: TransportCounters,
    handlers: IceSessionHandlers,
  ) {
    const { found, added } = hostAddresses();
    const { stunServer, turnServer, turnUsername, turnPassword, turnTransport } = parseIceServers(
      servers.list,
    );
    const connection = new Connection(false, {
      additionalHostAddresses: added,
      ...(stunServer && { stunServer }),
      ...(turnServer && { turnServer }),
      ...(turnUsername !== undefined && { turnUsername }),
      ...(turnPassword !== undefined && { turnPassword }),
      ...(turnTransport && { turnTransport }),
    });
    // Without one given, werift asks a public STUN server.
    if (!servers.stun) delete connection.stunServer;
    guardChecks(connection, () => {
      counters.checksIgnored++;
    });
    connection.onData.subscribe((datagram) => {
      if (!this.#closed) handlers.datagram(datagram);
    });
    connection.stateChanged.subscribe((state) => {
      if (state === 'failed') this.#enter('failed');
    });
    connection.onIceCandidate.subscribe((candidate) => this.#found(candidate));
    this.#connection = connection;
    this.#handlers = handlers;
    this.#counters = counters;
    this.#hosts = found.length + added.length;
  }

  get usernameFragment(): string {
    return this.#connection.localUsername;
  }

  get password(): string {
    return this.#connection.localPassword;
  }

  /** Local candidates found by now, without `candidate:`. */
  get candidates(): string[] {
    return this.#connection.localCandidates.map((candidate) => this.#attribute(candidate));
  }

  get gathering(): TransportStates['iceGathering'] {
    return this.#gathering;
  }

  /** `connected` as soon as data can be sent, `failed` too when the other side's consent ended (RFC 7675). */
  get state(): 'new' | 'checking' | 'connected' | 'failed' {
    return this.#state;
  }

  /** Username fragment of the other side, undefined while it is not known. */
  get remoteUsernameFragment(): string | undefined {
    const { remoteUsername } = this.#connection;
    return remoteUsername === '' ? undefined : remoteUsername;
  }

  get remotePassword(): string {
    return this.#connection.remotePassword;
  }

  get selectedPair(): TransportStatistics['selectedPair'] {
    const pair = this.#connection.nominated;
    return (
      pair && {
        localType: pair.localCandidate.type,
        remoteType: pair.remoteCandidate.type,
        remoteAddress: pair.remoteCandidate.host,
        roundTripTime: pair.rtt,
      }
    );
  }

  /** Begins to gather. Resolves when the host candidates are there; what servers are asked for comes later. */
  gather(): Promise<void> {
    this.#hostsGathered ??= this.#gather();
    return this.#hostsGathered;
  }

  /** Takes the other side's credentials, which are those of all of its candidates. */
  setRemote({ usernameFragment, password, iceLite, candidates }: RemoteIce): void {
    this.#connection.setRemoteParams({ usernameFragment, password, iceLite });
    for (const line of candidates) {
      const parsed = parseCandidate(line);
      if (parsed.ok) this.addRemote(parsed.value);
      else this.#counters.candidatesIgnored[parsed.reason]++;
    }
  }

  /** Has a remote candidate checked; one of another session, known already or too many is counted. */
  addRemote({ address, port, attribute, usernameFragment }: CheckableCandidate): void {
    const { remoteCandidates, remoteUsername } = this.#connection;
    const ignored = this.#counters.candidatesIgnored;
    const isKnown = remoteCandidates.some(({ host, port: at }) => host === address && at === port);
    if (usernameFragment !== undefined && usernameFragment !== remoteUsername) ignored.stale++;
    else if (isKnown) ignored.duplicate++;
    else if (remoteCandidates.length >= MAX_REMOTE_CANDIDATES) ignored['too-many']++;
    else void this.#connection.addRemoteCandidate(Candidate.fromSdp(attribute));
  }

  /** Begins the checks, once both sides' credentials are known. */
  async start(controlling: boolean): Promise<void> {
    if (this.#state !== 'new' || this.#closed) return;
    this.#connection.iceControlling = controlling;
    this.#enter('checking');
    try {
      await this.#connection.connect();
      this.#enter('connected');
    } catch {
      this.#enter('failed');
    }
  }

  /** Sends to the other side over the nominated pair; without one it is lost, as any datagram may be. */
  send(datagram: Buffer): Promise<void> {
    return this.#connection.send(datagram).catch(() => {});
  }

  /** Closes all sockets. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const connection = this.#connection;
    // A cancelled transaction never settles, and the STUN query behind it would keep its timer for 5 s.
    for (const { transactions } of agentOf(connection).protocols)
      for (const transaction of Object.values(transactions ?? {})) transaction.failWithTimeout();
    await connection.close();
    // Sockets may have been opened in the meantime.
    const later = this.#gathered.then(() => connection.close());
    // An allocation on a silent TURN server cannot be cut short; what it leaves is closed when it gives up.
    if (connection.turnServer === undefined) await later;
  }

  #gather(): Promise<void> {
    this.#gathering = 'gathering';
    this.#handlers.stateChange();
    const hosts = new Promise<void>((resolve) => {
      let bound = 0;
      const { unSubscribe } = this.#connection.onIceCandidate.subscribe(({ type }) => {
        if (type !== 'host' || ++bound < this.#hosts) return;
        unSubscribe();
        resolve();
      });
    });
    this.#gathered = this.#connection.gatherCandidates().then(() => {
      if (this.#closed) return;
      this.#gathering = 'complete';
      this.#handlers.candidate(undefined);
      this.#handlers.stateChange();
    });
    return Promise.race([this.#gathered, hosts]);
  }

  #found(candidate: Candidate): void {
    if (this.#closed) return;
    // werift pairs a relayed candidate only with remote ones that come after it.
    if (candidate.type === 'relay')
      for (const remote of this.#connection.remoteCandidates)
        agentOf(this.#connection).pairRemoteCandidate(remote);
    this.#handlers.candidate(`candidate:${this.#attribute(candidate)}`);
  }

  #attribute(candidate: Candidate): string {
    const { foundation, priority, host, port, type, relatedAddress, relatedPort } = candidate;
    const related =
      relatedAddress === undefined ? '' : ` raddr ${relatedAddress} rport ${relatedPort ?? 0}`;
    const ufrag = this.#connection.localUsername;
    return `${foundation} 1 udp ${priority} ${host} ${port} typ ${type}${related} ufrag ${ufrag}`;
  }

  #enter(state: 'checking' | 'connected' | 'failed'): void {
    if (this.#closed || this.#state === state) return;
    this.#state = state;
    this.#handlers.stateChange();
  }
}
