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
import { newCounters, type TransportCounters } from './counters.js';
import { DataChannels, MAX_MESSAGE_SIZE } from './data-channels.js';
import { DtlsAssociation, type DtlsRole } from './dtls-association.js';
import { TransportClosedError, TransportParametersError } from '../errors.js';
import { resolveIceServers } from './ice-servers.js';
import { IceSessions, type LocalIce } from './ice-sessions.js';
import { MediaPackets } from './media-packets.js';
import { checkParameters } from './parameters.js';
import { CLOSED_STATES, readStates, sameStates } from './states.js';

type Type = 'offer' | 'answer';

/** A transport over werift's ICE, DTLS, SRTP and SCTP, and what it did not carry. */
export class WeriftTransport implements Transport {
  /** Counts by reason what was refused, ignored or lost. */
  readonly counters: TransportCounters = newCounters();
  readonly #handlers: TransportHandlers;
  readonly #certificate: RTCCertificate;
  readonly #ice: IceSessions;
  readonly #dtls: DtlsAssociation;
  readonly #media: MediaPackets;
  readonly #channels: DataChannels;
  readonly #ended: Promise<never>;
  #end: (reason: Error) => void = () => {};
  /** The offer of the other side that is not answered yet. */
  #offer: TransportParameters | undefined;
  /** Which end of DTLS this side is, and of SCTP; both stay what they are at first. */
  #dtlsRole: DtlsRole | undefined;
  #sctpRole: DtlsRole | undefined;
  #states: TransportStates;
  /** Parameters are given and taken one after the other. */
  #lastOperation: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(config: TransportConfig, handlers: TransportHandlers, certificate: RTCCertificate) {
    const servers = resolveIceServers(config.iceServers);
    this.#handlers = handlers;
    this.#certificate = certificate;
    this.#ice = new IceSessions(servers, this.counters, {
      candidate: (candidate) => handlers.iceCandidate(candidate),
      stateChange: () => this.#statesChanged(),
      connected: () => {
        if (this.#dtlsRole !== undefined) this.#dtls.start(this.#dtlsRole);
      },
      datagram: (datagram) => this.#received(datagram),
    });
    const send = (datagram: Buffer): Promise<void> => this.#ice.send(datagram);
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
    return this.#closing === undefined ? readStates(this.#ice, this.#dtls) : CLOSED_STATES;
  }

  get statistics(): TransportStatistics {
    return {
      mediaBytesSent: this.#media.bytesSent,
      mediaBytesReceived: this.#media.bytesReceived,
      mediaPacketsDiscarded: this.counters.packetsDiscarded,
      selectedPair: this.#ice.selectedPair,
    };
  }

  getLocal(type: Type): Promise<TransportParameters> {
    return this.#operate(async () => {
      if (type === 'offer') return this.#describe(await this.#ice.offer(), 'actpass');
      const offer = this.#offer;
      if (offer === undefined) throw new TransportParametersError('there is no offer to answer');
      this.#dtlsRole ??= offer.setup === 'active' ? 'server' : 'client';
      this.#sctpRole ??= 'server';
      const local = await this.#ice.answer(offer.iceLite);
      this.#offer = undefined;
      return this.#describe(local, this.#dtlsRole === 'client' ? 'active' : 'passive');
    });
  }

  setRemote(type: Type, parameters: TransportParameters): Promise<void> {
    return this.#operate(async () => {
      checkParameters(type, parameters);
      if (type === 'answer' && this.#offer !== undefined)
        throw new TransportParametersError('there is no offer that it answers');
      if (!this.#dtls.setRemote(parameters.fingerprints))
        throw new TransportParametersError(
          'its certificate is another one; make a new connection instead',
        );
      this.#channels.setRemote(parameters.maxMessageSize);
      if (type === 'offer') {
        this.#ice.takeOffer(parameters);
        this.#offer = parameters;
        return;
      }
      this.#dtlsRole ??= parameters.setup === 'active' ? 'server' : 'client';
      this.#sctpRole ??= 'client';
      this.#ice.takeAnswer(parameters);
    });
  }

  restartIce(iceServers?: readonly IceServer[]): void {
    this.#ice.restart(iceServers && resolveIceServers(iceServers));
  }

  addRemoteCandidate(candidate: TransportCandidate): void {
    // That there are no more changes nothing: peer-reflexive ones may still come (RFC 8863 §4).
    if (candidate.candidate !== '' && this.#closing === undefined) this.#ice.addRemote(candidate);
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
    await this.#ice.close();
  }

  #describe(local: LocalIce, setup: TransportParameters['setup']): TransportParameters {
    return {
      ...local,
      iceLite: false,
      fingerprints: this.#certificate.getFingerprints(),
      setup,
      maxMessageSize: MAX_MESSAGE_SIZE,
    };
  }

  #received(datagram: Buffer): void {
    const first = datagram[0] ?? 0;
    // RFC 7983 §7
    if (first >= 20 && first <= 63) this.#dtls.receive(datagram);
    else if (first >= 128 && first <= 191) this.#media.receive(datagram);
  }

  #dtlsChanged(): void {
    if (this.#dtls.state === 'connected') {
      const config = this.#dtls.srtpConfig();
      if (config !== undefined) this.#media.start(config);
      this.#channels.start(this.#sctpRole ?? 'client', this.#dtlsRole ?? 'client');
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
    const isOpen = this.#closing === undefined && this.#dtls.state === 'connected';
    return isOpen && this.#ice.state === 'connected';
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
