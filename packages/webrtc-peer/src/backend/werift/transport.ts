import type { RTCCertificate } from 'werift';
import type {
  DataChannelHandlers,
  DataChannelOptions,
  IceServer,
  Transport,
  TransportCandidate,
  TransportConfig,
  TransportDataChannel,
  TransportHandlers,
  TransportParameters,
  TransportStates,
  TransportStatistics,
} from '../transport.js';
import { parseCandidate, type CheckableCandidate } from './candidate.js';
import { newCounters, type TransportCounters } from './counters.js';
import { DataChannels, MAX_MESSAGE_SIZE } from './data-channels.js';
import { DtlsAssociation, type DtlsRole } from './dtls-association.js';
import { TransportClosedError, TransportParametersError } from './errors.js';
import { MAX_REMOTE_CANDIDATES } from './ice-guard.js';
import { resolveIceServers, type ResolvedIceServers } from './ice-servers.js';
import { IceSession } from './ice-session.js';
import { MediaPackets } from './media-packets.js';
import { checkParameters } from './parameters.js';
import { CLOSED_STATES, readStates, sameStates } from './states.js';

type Type = 'offer' | 'answer';

/** How long the pair before a restart is listened to: the other side goes over to the new one by its own checks. */
const RETIREMENT_MS = 1_000;

/** A transport over werift's ICE, DTLS, SRTP and SCTP, and what it did not carry. */
export class WeriftTransport implements Transport {
  /** Counts by reason what was refused, ignored or lost. */
  readonly counters: TransportCounters = newCounters();
  readonly #handlers: TransportHandlers;
  readonly #certificate: RTCCertificate;
  readonly #dtls: DtlsAssociation;
  readonly #media: MediaPackets;
  readonly #channels: DataChannels;
  readonly #ended: Promise<never>;
  #end: (reason: Error) => void = () => {};
  #servers: ResolvedIceServers;
  /** The ICE session in use, and the one that a restart has begun. */
  #present: IceSession | undefined;
  #next: IceSession | undefined;
  #retired: IceSession | undefined;
  #retirement: NodeJS.Timeout | undefined;
  #restarts = false;
  /** Sessions whose parameters were given out: what they find from then on is trickled. */
  readonly #described = new WeakSet<IceSession>();
  #role: DtlsRole | undefined;
  #sctpRole: DtlsRole = 'client';
  #offer: TransportParameters | undefined;
  #earlyCandidates: CheckableCandidate[] = [];
  #states: TransportStates;
  /** Parameters are given and taken one after the other. */
  #lastOperation: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(config: TransportConfig, handlers: TransportHandlers, certificate: RTCCertificate) {
    this.#servers = resolveIceServers(config.iceServers);
    this.#handlers = handlers;
    this.#certificate = certificate;
    const send = (datagram: Buffer): Promise<void> =>
      this.#present?.send(datagram) ?? Promise.resolve();
    this.#dtls = new DtlsAssociation(certificate, send, {
      stateChange: () => this.#dtlsChanged(),
      data: (packet) => this.#channels.receive(packet),
    });
    this.#media = new MediaPackets((datagram) => void send(datagram), handlers, this.counters);
    this.#channels = new DataChannels(
      (packet) => this.#dtls.send(packet),
      (channel) => handlers.dataChannel(channel),
      this.counters,
    );
    this.#ended = new Promise((_, reject) => {
      this.#end = reject;
    });
    this.#ended.catch(() => {});
    this.#states = this.states;
  }

  get states(): TransportStates {
    if (this.#closing !== undefined) return CLOSED_STATES;
    return readStates(this.#present, this.#next, this.#dtls);
  }

  get statistics(): TransportStatistics {
    return {
      mediaBytesSent: this.#media.bytesSent,
      mediaBytesReceived: this.#media.bytesReceived,
      mediaPacketsDiscarded: this.counters.packetsDiscarded,
      selectedPair: this.#present?.selectedPair,
    };
  }

  getLocal(type: Type): Promise<TransportParameters> {
    return this.#operate(() => (type === 'offer' ? this.#makeOffer() : this.#makeAnswer()));
  }

  setRemote(type: Type, parameters: TransportParameters): Promise<void> {
    return this.#operate(async () => {
      checkParameters(type, parameters);
      if (type === 'offer') await this.#takeOffer(parameters);
      else this.#takeAnswer(parameters);
    });
  }

  restartIce(iceServers?: readonly IceServer[]): void {
    if (iceServers !== undefined) this.#servers = resolveIceServers(iceServers);
    this.#restarts = true;
  }

  addRemoteCandidate({ candidate, usernameFragment }: TransportCandidate): void {
    // That there are no more changes nothing: peer-reflexive ones may still come (RFC 8863 §4).
    if (candidate === '' || this.#closing !== undefined) return;
    const parsed = parseCandidate(candidate);
    const ignored = this.counters.candidatesIgnored;
    if (!parsed.ok) {
      ignored[parsed.reason]++;
      return;
    }
    const ufrag = usernameFragment ?? parsed.value.usernameFragment;
    const value = { ...parsed.value, usernameFragment: ufrag };
    const session = [this.#next, this.#present].find(
      (one) => one?.remoteUsernameFragment !== undefined && isFor(ufrag, one),
    );
    const isExpected = (this.#next ?? this.#present)?.remoteUsernameFragment === undefined;
    if (session !== undefined) session.addRemote(value);
    else if (!isExpected) ignored.stale++;
    else if (this.#earlyCandidates.length >= MAX_REMOTE_CANDIDATES) ignored['too-many']++;
    else this.#earlyCandidates.push(value);
  }

  sendRtp(packet: Uint8Array): boolean {
    return this.#media.sendRtp(packet, this.#isConnected());
  }

  sendRtcp(packet: Uint8Array): boolean {
    return this.#media.sendRtcp(packet, this.#isConnected());
  }

  createDataChannel(
    options: DataChannelOptions,
    handlers: DataChannelHandlers,
  ): TransportDataChannel {
    return this.#channels.create(options, handlers);
  }

  /**
   * See `Transport.close`. Sockets are gone when it resolves; retransmission timers of a DTLS handshake that
   * ran less than half a second ago run out by themselves.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#end(new TransportClosedError());
    this.#media.close();
    await this.#channels.close();
    this.#dtls.close();
    clearTimeout(this.#retirement);
    const sessions = [this.#present, this.#next, this.#retired];
    await Promise.all(sessions.map((session) => session?.close()));
  }

  async #makeOffer(): Promise<TransportParameters> {
    if (this.#restarts && this.#present !== undefined) {
      this.#dropNext();
      this.#next = this.#createSession();
    }
    this.#restarts = false;
    this.#present ??= this.#createSession();
    return this.#describe(this.#next ?? this.#present, 'actpass');
  }

  async #makeAnswer(): Promise<TransportParameters> {
    const offer = this.#offer;
    const session = this.#next ?? this.#present;
    if (offer === undefined || session === undefined)
      throw new TransportParametersError('there is no offer to answer');
    this.#role ??= offer.setup === 'active' ? 'server' : 'client';
    const setup = this.#role === 'client' ? 'active' : 'passive';
    const parameters = await this.#describe(session, setup);
    this.#offer = undefined;
    this.#begin(session, offer.iceLite, 'server');
    return parameters;
  }

  async #takeOffer(offer: TransportParameters): Promise<void> {
    this.#trust(offer);
    // An offer of our own that would have restarted ICE is void.
    if (this.#next?.state === 'new') {
      this.#dropNext();
      this.#restarts = true;
    }
    const present = (this.#present ??= this.#createSession());
    if (present.remoteUsernameFragment === undefined || isSame(offer, present))
      this.#setRemote(present, offer);
    else if (this.#next !== undefined && isSame(offer, this.#next)) this.#next.setRemote(offer);
    else {
      this.#dropNext();
      // Its own credentials are new already: that is all that a restart of our own would have made.
      this.#restarts = false;
      this.#next = this.#createSession();
      this.#setRemote(this.#next, offer);
    }
    this.#offer = offer;
  }

  #takeAnswer(answer: TransportParameters): void {
    const session = this.#next ?? this.#present;
    if (session === undefined || this.#offer !== undefined)
      throw new TransportParametersError('there is no offer that it answers');
    if (session.remoteUsernameFragment !== undefined && !isSame(answer, session))
      throw new TransportParametersError('it has new ICE credentials, but the offer had not');
    this.#trust(answer);
    this.#role ??= answer.setup === 'active' ? 'server' : 'client';
    this.#setRemote(session, answer);
    this.#begin(session, true, 'client');
  }

  /** Takes what an offer or answer tells of the other side besides ICE. */
  #trust({ fingerprints, maxMessageSize }: TransportParameters): void {
    if (!this.#dtls.setRemote(fingerprints))
      throw new TransportParametersError(
        'its certificate is another one; make a new connection instead',
      );
    this.#channels.setRemote(maxMessageSize);
  }

  #setRemote(session: IceSession, remote: TransportParameters): void {
    session.setRemote(remote);
    const early = this.#earlyCandidates;
    this.#earlyCandidates = [];
    for (const candidate of early) session.addRemote(candidate);
  }

  async #describe(
    session: IceSession,
    setup: TransportParameters['setup'],
  ): Promise<TransportParameters> {
    await session.gather();
    const { usernameFragment, password, candidates, gathering } = session;
    this.#described.add(session);
    if (gathering === 'complete') this.#tellGathered(session);
    return {
      usernameFragment,
      password,
      iceLite: false,
      fingerprints: this.#certificate.getFingerprints(),
      setup,
      candidates,
      maxMessageSize: MAX_MESSAGE_SIZE,
    };
  }

  #begin(session: IceSession, controlling: boolean, sctpRole: DtlsRole): void {
    if (this.#dtls.state === 'new') this.#sctpRole = sctpRole;
    void session.start(controlling);
  }

  #createSession(): IceSession {
    const session = new IceSession(this.#servers, this.counters, {
      candidate: (candidate) => this.#found(session, candidate),
      stateChange: () => this.#iceChanged(session),
      datagram: (datagram) => this.#received(datagram),
    });
    return session;
  }

  #dropNext(): void {
    void this.#next?.close();
    this.#next = undefined;
  }

  #found(session: IceSession, candidate: string | undefined): void {
    // What was found before is part of the parameters.
    if (this.#closing !== undefined || !this.#described.has(session)) return;
    if (candidate === undefined) this.#tellGathered(session);
    else this.#handlers.iceCandidate({ candidate, usernameFragment: session.usernameFragment });
  }

  /** After the parameters have been handed out, or their receiver would get the end before the beginning. */
  #tellGathered(session: IceSession): void {
    const { usernameFragment } = session;
    setImmediate(() => {
      if (this.#closing === undefined && (session === this.#present || session === this.#next))
        this.#handlers.iceCandidate({ candidate: '', usernameFragment });
    });
  }

  #received(datagram: Buffer): void {
    const first = datagram[0] ?? 0;
    // RFC 7983 §7
    if (first >= 20 && first <= 63) this.#dtls.receive(datagram);
    else if (first >= 128 && first <= 191) this.#media.receive(datagram);
  }

  #iceChanged(session: IceSession): void {
    if (session.state === 'connected') {
      if (session === this.#next) {
        this.#retire();
        this.#present = session;
        this.#next = undefined;
      }
      if (session === this.#present && this.#role !== undefined) this.#dtls.start(this.#role);
    }
    this.#statesChanged();
  }

  #retire(): void {
    void this.#retired?.close();
    const retired = this.#present;
    this.#retired = retired;
    clearTimeout(this.#retirement);
    this.#retirement = setTimeout(() => void retired?.close(), RETIREMENT_MS);
  }

  #dtlsChanged(): void {
    if (this.#dtls.state === 'connected' && this.#role !== undefined) {
      const config = this.#dtls.srtpConfig();
      if (config !== undefined) this.#media.start(config);
      this.#channels.start(this.#sctpRole, this.#role);
    }
    this.#statesChanged();
  }

  #statesChanged(): void {
    if (this.#closing !== undefined) return;
    const { states } = this;
    if (sameStates(states, this.#states)) return;
    this.#states = states;
    this.#handlers.stateChange(states);
  }

  #isConnected(): boolean {
    return (
      this.#closing === undefined &&
      this.#present?.state === 'connected' &&
      this.#dtls.state === 'connected'
    );
  }

  async #operate<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#lastOperation.then(() => {
      if (this.#closing !== undefined) throw new TransportClosedError();
      return operation();
    });
    this.#lastOperation = result.catch(() => {});
    return Promise.race([result, this.#ended]);
  }
}

const isFor = (usernameFragment: string | undefined, session: IceSession): boolean =>
  usernameFragment === undefined || usernameFragment === session.remoteUsernameFragment;

const isSame = (
  { usernameFragment, password }: TransportParameters,
  session: IceSession,
): boolean =>
  usernameFragment === session.remoteUsernameFragment && password === session.remotePassword;
