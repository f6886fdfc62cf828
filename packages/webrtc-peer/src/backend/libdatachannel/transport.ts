import { networkInterfaces } from 'node:os';
import {
  type DataChannel as NativeChannel,
  PeerConnection,
  type Track,
  Video,
} from 'node-datachannel';
import type {
  DataChannelHandlers,
  DataChannelOptions,
  DtlsSetup,
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
import { TransportClosedError, TransportParametersError } from '../errors.js';
import { bindAddress } from './bind-address.js';
import { checkChannelOptions } from '../channel-options.js';
import { newCounters, type TransportCounters } from './counters.js';
import { type ChannelOwner, DataChannel, MAX_MESSAGE_SIZE } from './data-channel.js';
import { MEDIA_ID, readLocalDescription, writeRemoteDescription } from './descriptions.js';
import { IceRestartError } from './errors.js';
import { nativeIceServers } from './ice-servers.js';
import { MediaPackets } from './media-packets.js';
import { checkParameters, type CheckedParameters } from './parameters.js';
import { RemoteCandidates } from './remote-candidates.js';
import { CLOSED_STATES, type NativeStates, readStates, sameStates } from './states.js';

type Type = 'offer' | 'answer';

/** The stream of the channel that is never used, the last there is. */
const ANCHOR_STREAM = 1023;

/**
 * A transport over one peer connection of libdatachannel's, which negotiates once: one track that carries the packets
 * of all media, and data channels. What is negotiated later is none of its concern.
 */
export class LibdatachannelTransport implements Transport {
  readonly counters: TransportCounters = newCounters();
  readonly #handlers: TransportHandlers;
  readonly #native: PeerConnection;
  readonly #track: Track;
  readonly #anchor: NativeChannel;
  readonly #media: MediaPackets;
  readonly #candidates: RemoteCandidates;
  readonly #channels = new Set<DataChannel>();
  readonly #owner: ChannelOwner & { maxMessageSize: number };
  readonly #released: Promise<void>;
  readonly #nativeStates: NativeStates = {
    ice: 'new',
    gathering: 'new',
    connection: 'new',
    isTrackOpen: false,
  };
  /** Local candidates that the other side was told of. */
  readonly #told = new Set<string>();
  #states: TransportStates;
  /** SCTP is there. */
  #isAssociated = false;
  #isOffered = false;
  #awaitsAnswer = false;
  /** The offer that is not answered yet. */
  #offer: CheckedParameters | undefined;
  /** This side's DTLS role; undefined until both sides' parameters are known. */
  #setup: 'active' | 'passive' | undefined;
  /** The other side's parameters, once libdatachannel has them. */
  #remote: CheckedParameters | undefined;
  #closing: Promise<void> | undefined;

  constructor({ iceServers }: TransportConfig, handlers: TransportHandlers) {
    this.#handlers = handlers;
    const address = bindAddress(networkInterfaces());
    this.#native = new PeerConnection('', {
      iceServers: nativeIceServers(iceServers),
      disableAutoNegotiation: true,
      forceMediaTransport: true,
      maxMessageSize: MAX_MESSAGE_SIZE,
      ...(address !== undefined && { bindAddress: address }),
    });
    const section = new Video(MEDIA_ID, 'SendRecv');
    section.addVP8Codec(96);
    this.#track = this.#native.addTrack(section);
    // An offer without a data channel has no section for them, and then none can ever be opened.
    this.#anchor = this.#native.createDataChannel('', { negotiated: true, id: ANCHOR_STREAM });
    this.#media = new MediaPackets(this.#track, handlers, this.counters);
    this.#candidates = new RemoteCandidates(this.counters, (candidate) => this.#use(candidate));
    this.#owner = {
      counters: this.counters,
      maxMessageSize: 0,
      forget: (channel) => this.#channels.delete(channel),
    };
    this.#released = new Promise((resolve) => this.#listen(resolve));
    this.#states = readStates(this.#nativeStates);
  }

  get states(): TransportStates {
    return this.#closing === undefined ? this.#states : CLOSED_STATES;
  }

  get statistics(): TransportStatistics {
    const pair = this.#closing === undefined ? this.#native.getSelectedCandidatePair() : null;
    return {
      mediaBytesSent: this.#media.bytesSent,
      mediaBytesReceived: this.#media.bytesReceived,
      mediaPacketsDiscarded: this.counters.packetsDiscarded,
      selectedPair:
        pair === null
          ? undefined
          : {
              localType: pair.local.type,
              remoteType: pair.remote.type,
              remoteAddress: pair.remote.address,
              // libjuice does not tell it.
              roundTripTime: undefined,
            },
    };
  }

  async getLocal(type: Type): Promise<TransportParameters> {
    await this.#turn();
    return type === 'offer' ? this.#makeOffer() : this.#makeAnswer();
  }

  async setRemote(type: Type, parameters: TransportParameters): Promise<void> {
    await this.#turn();
    const remote = checkParameters(type, parameters);
    if (this.#remote !== undefined) checkUnchanged(this.#remote, remote);
    if (type === 'offer') {
      this.#offer = remote;
      this.#awaitsAnswer = false;
    } else {
      if (!this.#awaitsAnswer)
        throw new TransportParametersError('there is no offer that it answers');
      if (this.#remote === undefined) this.#connect('answer', remote);
      this.#awaitsAnswer = false;
    }
    if (this.#remote !== undefined) this.#follow(remote);
  }

  /** @throws `IceRestartError` (`ICE_RESTART_UNAVAILABLE`) always: see `Backend.restartsIce`. */
  restartIce(_iceServers?: readonly IceServer[]): never {
    throw new IceRestartError();
  }

  addRemoteCandidate(candidate: TransportCandidate): void {
    if (this.#closing === undefined) this.#candidates.add(candidate);
  }

  sendRtp(packet: Uint8Array): boolean {
    return this.#media.sendRtp(packet, this.states.connection === 'connected');
  }

  sendRtcp(packet: Uint8Array): boolean {
    return this.#media.sendRtcp(packet, this.states.connection === 'connected');
  }

  createDataChannel(
    options: DataChannelOptions,
    handlers: DataChannelHandlers,
  ): TransportDataChannel {
    checkChannelOptions(options);
    const channel = new DataChannel(options, 'connecting', this.#owner);
    this.#channels.add(channel);
    if (this.#closing !== undefined) channel.silence();
    else {
      channel.tell(handlers);
      if (this.#nativeStates.connection === 'closed') channel.close();
      else if (this.#isAssociated) this.#open(channel);
    }
    return channel;
  }

  /** See `Transport.close`. Resolves when libdatachannel has let go of it. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = this.#released;
      for (const channel of this.#channels) channel.silence();
      this.#anchor.close();
      this.#track.close();
      this.#native.close();
    }
    return this.#closing;
  }

  #makeOffer(): TransportParameters {
    if (this.#remote === undefined && !this.#isOffered) {
      this.#isOffered = true;
      this.#native.setLocalDescription('offer');
    }
    this.#offer = undefined;
    this.#awaitsAnswer = true;
    return this.#describe('actpass');
  }

  #makeAnswer(): TransportParameters {
    const offer = this.#offer;
    if (offer === undefined) throw new TransportParametersError('there is no offer to answer');
    if (this.#remote === undefined) this.#connect('offer', offer);
    this.#offer = undefined;
    this.#follow(offer);
    return this.#describe(this.#setup ?? 'passive');
  }

  /** Gives libdatachannel the other side's description: it rolls an own offer back, and begins to connect. */
  #connect(type: Type, remote: CheckedParameters): void {
    // The offerer knows all when it has the answer: were the answerer to begin, its first flight would often come before
    // the other side has a path, and again only after a second.
    const setup = remote.setup === 'actpass' ? 'active' : remote.setup;
    try {
      this.#native.setRemoteDescription(writeRemoteDescription({ ...remote, setup }), type);
    } catch (cause) {
      throw new TransportParametersError(cause instanceof Error ? cause.message : String(cause));
    }
    this.#remote = remote;
    this.#setup = setup === 'active' ? 'passive' : 'active';
    if (type === 'offer') this.#native.setLocalDescription('answer');
    this.#candidates.begin(remote.usernameFragment);
  }

  /** Takes what may differ from one description of the other side to the next. */
  #follow({ candidates, usernameFragment, maxMessageSize }: CheckedParameters): void {
    this.#owner.maxMessageSize = maxMessageSize;
    for (const candidate of candidates)
      this.#candidates.add({ candidate: `candidate:${candidate}`, usernameFragment });
  }

  #describe(setup: DtlsSetup): TransportParameters {
    const parameters = { ...this.#readLocal(), setup };
    for (const candidate of parameters.candidates) this.#told.add(candidate);
    return parameters;
  }

  #readLocal(): Omit<TransportParameters, 'setup'> {
    const description = this.#native.localDescription();
    if (description === null) throw new TransportClosedError();
    return readLocalDescription(description.sdp);
  }

  #use(candidate: string): void {
    try {
      this.#native.addRemoteCandidate(candidate, MEDIA_ID);
    } catch {
      // It has closed itself, which is about to be told.
    }
  }

  #listen(released: () => void): void {
    const native = this.#native;
    const states = this.#nativeStates;
    native.onStateChange((state) => {
      states.connection = state;
      this.#statesChanged();
      if (state !== 'closed') return;
      released();
      // After what its channels have still to tell.
      setImmediate(() => {
        for (const channel of this.#channels) channel.ended();
      });
    });
    native.onIceStateChange((state) => {
      states.ice = state;
      this.#statesChanged();
    });
    native.onLocalCandidate(() => this.#tellCandidates());
    native.onGatheringStateChange((state) => {
      states.gathering = state;
      this.#statesChanged();
      if (state === 'complete') this.#tellGathered();
    });
    native.onDataChannel((channel) => this.#accept(channel));
    this.#track.onMessage((packet) => {
      if (this.#closing === undefined) this.#media.receive(packet);
    });
    this.#track.onOpen(() => {
      states.isTrackOpen = true;
      this.#statesChanged();
    });
    this.#anchor.onOpen(() => this.#associated());
    // Those who do not listen to the end are not let go of.
    this.#track.onClosed(() => {});
    this.#anchor.onClosed(() => {});
  }

  #tellCandidates(): void {
    if (this.#closing !== undefined) return;
    const { candidates, usernameFragment } = this.#readLocal();
    for (const candidate of candidates) {
      if (this.#told.has(candidate)) continue;
      this.#told.add(candidate);
      this.#handlers.iceCandidate({ candidate: `candidate:${candidate}`, usernameFragment });
    }
  }

  #tellGathered(): void {
    this.#tellCandidates();
    if (this.#closing !== undefined) return;
    const { usernameFragment } = this.#readLocal();
    this.#handlers.iceCandidate({ candidate: '', usernameFragment });
  }

  #statesChanged(): void {
    if (this.#closing !== undefined) return;
    const states = readStates(this.#nativeStates);
    if (sameStates(states, this.#states)) return;
    this.#states = states;
    this.#handlers.stateChange(states);
  }

  #associated(): void {
    this.#isAssociated = true;
    for (const channel of this.#channels) this.#open(channel);
  }

  #open(channel: DataChannel): void {
    const { label, protocol, ordered, maxRetransmits, maxPacketLifeTime, state } = channel;
    if (state !== 'connecting' || this.#closing !== undefined) return;
    try {
      const native = this.#native.createDataChannel(label, {
        protocol,
        unordered: !ordered,
        ...(maxRetransmits !== undefined && { maxRetransmits }),
        ...(maxPacketLifeTime !== undefined && { maxPacketLifeTime }),
      });
      channel.attach(native);
    } catch {
      // All streams are taken.
      channel.close();
    }
  }

  #accept(native: NativeChannel): void {
    const [label, protocol] = [native.getLabel(), native.getProtocol()];
    // How the other side has it deliver is obeyed, but not told.
    const options = { label, protocol, ordered: true };
    const channel = new DataChannel(options, 'open', this.#owner);
    this.#channels.add(channel);
    channel.attach(native);
    if (this.#closing !== undefined) {
      channel.silence();
      return;
    }
    const handlers = this.#handlers.dataChannel(channel);
    if (handlers === undefined) channel.close();
    else channel.tell(handlers);
  }

  /** Operations begin in turn, and not before who asked for one has had the chance to close. */
  async #turn(): Promise<void> {
    await Promise.resolve();
    if (this.#closing !== undefined) throw new TransportClosedError();
  }
}

/** @throws `TransportParametersError` for another ICE session or certificate than the one in use. */
const checkUnchanged = (present: CheckedParameters, next: CheckedParameters): void => {
  if (
    present.usernameFragment !== next.usernameFragment ||
    present.password !== next.password ||
    present.fingerprint.value !== next.fingerprint.value
  )
    throw new TransportParametersError(
      'it restarts ICE or has another certificate, which needs a new connection',
    );
};
