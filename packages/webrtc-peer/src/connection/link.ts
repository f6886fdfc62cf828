import { type AudioPathReport, type CodecDescription, describeOpus } from '@rm/codecs';
import { ClockOffsetEstimator, type Micros, micros, reportExchange } from '@rm/rtp-sync';
import type { IncomingOffer } from '@rm/signaling-protocol';
import type {
  Backend,
  DataChannelHandlers,
  IceServer,
  TransportDataChannel,
} from '../backend/transport.js';
import type { FlightRecorder } from '../capture/flight-recorder.js';
import type { Clock } from '../clock/clock.js';
import type { JsonValue } from '../data/control-message.js';
import { DataChannel, DataChannelError } from '../data/data-channel.js';
import { FRAMED_PROTOCOL } from '../data/message-frames.js';
import type { AudioReceiver } from '../media/audio-receiver.js';
import type { AudioSender } from '../media/audio-sender.js';
import { PeerMedia, type PeerMediaOptions } from '../media/peer-media.js';
import { Negotiator } from '../negotiation/negotiator.js';
import type { SenderReport } from '../rtp/packet.js';
import type { MediaKind } from '../session/description.js';
import {
  type IceCandidate,
  PeerConnection,
  type PeerConnectionStates,
} from '../session/peer-connection.js';
import { Control } from './control.js';
import { Recovery } from './recovery.js';

/**
 * Where a connection to one peer stands. `restoring` is one that has fallen silent and may come back: what is sent
 * still goes out.
 */
export type LinkState = 'connecting' | 'connected' | 'restoring' | 'closed';

/**
 * Why a connection ended: `closed` by this side, `peer-left` the room, `peer-closed` this connection, `replaced`
 * by a new one of the same peer, `timeout` before it was connected, `silent` for too long, or `failed`.
 */
export type LinkCloseReason =
  | 'closed'
  | 'peer-left'
  | 'peer-closed'
  | 'replaced'
  | 'timeout'
  | 'silent'
  | 'failed';

/** How a link reaches the other side before it is connected. */
export interface LinkSignaling {
  /** Sends an offer; resolves with the SDP of the answer. */
  offer(sdp: string): Promise<string>;
  sendCandidate(candidate: IceCandidate): void;
  sendStates(states: PeerConnectionStates): void;
  /** Asks the signaling server for a sign of life; resolves when it came, rejects when it does not. */
  probe(): Promise<unknown>;
}

/** What a data channel is to be. */
export interface OpenChannelOptions {
  /** Name for the other side; `control` is taken. */
  readonly label: string;
  /** Whether messages arrive in the order of sending; default true. */
  readonly ordered?: boolean;
  /** How often a lost message is sent again, 0…65,535; default until it arrives. */
  readonly maxRetransmits?: number;
  /** For how many ms a lost message is sent again, 0…65,535; default until it arrives. */
  readonly maxPacketLifeTime?: number;
  /** Sub-protocol, for peers that do not frame messages as nodes do; default `rm.data.v1`. */
  readonly protocol?: string;
}

/** What a link tells its owner. */
export interface LinkEvents {
  /** Media and messages can flow, for the first time or again. */
  connected(): void;
  /** Nothing has been heard of the peer for four seconds. The link tries to come back by itself. */
  lost(detail: string): void;
  /** The last event. `detail` says more than the reason, for a log. */
  closed(reason: LinkCloseReason, detail: string): void;
  message(payload: JsonValue): void;
  /** The peer opened a data channel, which is open. */
  channelOpened(channel: DataChannel): void;
  /** What the peer reports of the path to it. */
  reported(report: AudioPathReport): void;
}

/** Opus as every node takes it; what was lost is asked for again where it can come in time. */
const OPUS: readonly CodecDescription[] = [{ ...describeOpus(), feedback: ['nack'] }];
/** Label of the data channel for messages and heartbeat. */
const CONTROL_LABEL = 'control';

/** What a link is made with. */
export interface LinkOptions extends Pick<
  PeerMediaOptions,
  'cname' | 'opus' | 'videoCodecs' | 'policy' | 'alignment' | 'encodedVideo'
> {
  /** Whether this side makes the first offer. */
  readonly initiator: boolean;
  /** Whether this side gives way when both offer at once; the two sides must differ. */
  readonly polite: boolean;
  readonly backend: Backend;
  readonly iceServers: readonly IceServer[];
  readonly clock: Clock;
  readonly random: () => number;
  /** Longest time to `connected`. */
  readonly connectTimeout: Micros;
  /** Where what is received is remembered for a later look, under the peer's id. */
  readonly flightRecorder?: FlightRecorder | undefined;
  /** Which pictures are taken and sent, in order of preference. */
  readonly videoFormats: readonly CodecDescription[];
  /** Who is at the other side. */
  readonly peerId: string;
  readonly signaling: LinkSignaling;
  readonly events: LinkEvents;
}

/**
 * The connection to one peer: negotiation, transport, audio both ways, control messages and heartbeat.
 *
 * It has no timer: its owner calls {@link tick} on the media clock.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #connection: PeerConnection;
  readonly #media: PeerMedia;
  readonly #negotiator: Negotiator;
  readonly #deadline: Micros;
  /** The other side's clock by RTCP, for those who do not answer our pings. */
  readonly #offsetByReports = new ClockOffsetEstimator();
  readonly #control: Control;
  #channel: TransportDataChannel | undefined;
  #iceServers: readonly IceServer[];
  #recovery: Recovery | undefined;
  #state: LinkState = 'connecting';
  #closed: Promise<void> = Promise.resolve();

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#iceServers = options.iceServers;
    const { clock, random, cname } = options;
    const { unixOrigin } = clock;
    this.#deadline = micros(clock.now() + options.connectTimeout);
    const codecs = (kind: MediaKind): readonly CodecDescription[] =>
      kind === 'audio' ? OPUS : options.videoFormats;
    const connection = new PeerConnection(
      { backend: options.backend, iceServers: options.iceServers, codecs, cname, random },
      {
        negotiationNeeded: () => this.#negotiator.needed(),
        iceCandidate: (candidate) => options.signaling.sendCandidate(candidate),
        stateChange: (states) => this.#stateChanged(states),
        negotiated: () => this.#media.negotiated(),
        rtp: (packet) => this.#media.session.rtp(packet, this.#heard()),
        rtcp: (packet) => this.#media.session.rtcp(packet, this.#heard()),
        dataChannel: (channel) => this.#channelOpened(channel),
      },
    );
    this.#connection = connection;
    this.#media = new PeerMedia({
      ...options,
      connection,
      unixOrigin,
      now: () => clock.now(),
      clockOffset: (nowUnix) =>
        this.#control.offset(nowUnix) ?? this.#offsetByReports.estimate(nowUnix),
      packet: (packet, now) => options.flightRecorder?.packet(options.peerId, packet, now),
      senderReport: (report, now) => this.#senderReport(report, now),
      reported: (report) =>
        options.events.reported({ ...report, roundTrip: this.roundTrip ?? report.roundTrip }),
    });
    this.#control = new Control({
      clock,
      send: (text) => this.#state !== 'closed' && (this.#channel?.send(text) ?? false),
      message: (payload) => options.events.message(payload),
    });
    if (options.initiator) {
      const channel = { label: CONTROL_LABEL, protocol: '', ordered: true };
      this.#channel = connection.createDataChannel(channel, this.#controlHandlers());
    }
    this.#negotiator = new Negotiator({
      initiator: options.initiator,
      polite: options.polite,
      connection,
      sendOffer: (sdp) => options.signaling.offer(sdp),
      afterIo: (fn) => void clock.afterIo(fn),
      giveUp: (reason) => this.close('failed', reason),
    });
    this.#media.audio
      .open()
      .catch((error: unknown) => this.close('failed', `no decoder: ${text(error)}`));
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Whether the peer was said to be lost, and has not been heard since. */
  get lost(): boolean {
    return this.#recovery?.lost ?? false;
  }

  /** Whether what is sent goes out, as far as is known. */
  get open(): boolean {
    return this.#state === 'connected' || this.#state === 'restoring';
  }

  /** What is sent to the peer. */
  get sender(): AudioSender {
    return this.#media.audio.sender;
  }

  /** The receiving side, once its decoder is loaded. */
  get receiver(): AudioReceiver | undefined {
    return this.#media.audio.receiver;
  }

  /** All that is sent and received. */
  get media(): PeerMedia {
    return this.#media;
  }

  /** Id of the other side's session (SDP `o=` line); undefined before its first description. */
  get remoteSession(): string | undefined {
    return this.#negotiator.remoteSession;
  }

  /** Round trip of the latest ping or by RTCP. */
  get roundTrip(): Micros | undefined {
    return this.#control.roundTrip ?? this.#media.session.roundTripTime;
  }

  /** Control messages of the other side that could not be read. */
  get malformedMessages(): number {
    return this.#control.malformed;
  }

  /** Control messages that could not be sent. */
  get messagesDropped(): number {
    return this.#control.dropped;
  }

  /** For the next ICE restart. */
  set iceServers(servers: readonly IceServer[]) {
    this.#iceServers = servers;
  }

  offerReceived(offer: IncomingOffer): void {
    this.#negotiator.offerReceived(offer);
  }

  candidateReceived(candidate: IceCandidate): void {
    this.#negotiator.candidateReceived(candidate);
  }

  /** Sends a message of the application. Returns false, counting it as dropped, when it cannot be sent now. */
  sendMessage(payload: JsonValue): boolean {
    return this.#control.sendMessage(payload);
  }

  /**
   * Opens a data channel to the peer, also before there is a connection.
   * @throws DataChannelError (`INVALID_CHANNEL`) for options out of range.
   */
  openChannel(options: OpenChannelOptions): DataChannel {
    const { label, ordered = true, protocol = FRAMED_PROTOCOL, ...limits } = options;
    if (label === CONTROL_LABEL)
      throw new DataChannelError('INVALID_CHANNEL', `label '${label}' is taken: give another`);
    return new DataChannel(this.#options.peerId, (handlers) =>
      this.#connection.createDataChannel({ label, protocol, ordered, ...limits }, handlers),
    );
  }

  /** Does what is due: connect timeout, heartbeat, RTCP. */
  tick(now: Micros): void {
    if (this.#state === 'connecting' && now >= this.#deadline)
      this.close(
        'timeout',
        `not connected within ${this.#options.connectTimeout / 1000} ms (ICE ${this.#connection.states.iceConnection})`,
      );
    else {
      this.#control.tick(now);
      this.#media.tick(now);
      this.#recover(now);
    }
  }

  /** Closes the connection and releases everything. Idempotent. */
  close(reason: LinkCloseReason, detail: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#negotiator.close();
    this.#media.close(this.#options.clock.now());
    this.#closed = this.#connection.close();
    this.#options.events.closed(reason, detail);
  }

  /** Resolves when everything that {@link close} gave up is gone. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  #channelOpened(channel: TransportDataChannel): DataChannelHandlers | undefined {
    if (channel.label !== CONTROL_LABEL) return this.#otherChannelOpened(channel);
    const handlers = this.#controlHandlers();
    this.#channel ??= channel;
    this.#control.opened(this.#options.clock.now());
    return handlers;
  }

  #otherChannelOpened(channel: TransportDataChannel): DataChannelHandlers {
    let handlers!: DataChannelHandlers;
    const opened = new DataChannel(this.#options.peerId, (given) => {
      handlers = given;
      return channel;
    });
    this.#options.events.channelOpened(opened);
    return handlers;
  }

  #controlHandlers(): DataChannelHandlers {
    return {
      open: () => this.#control.opened(this.#options.clock.now()),
      close: () => this.close('peer-closed', 'the control channel was closed'),
      message: (data) => this.#control.received(data, this.#heard()),
      drained: () => {},
    };
  }

  #senderReport(report: SenderReport, now: Micros): void {
    const { flightRecorder, clock } = this.#options;
    const ntp = { seconds: report.ntpSeconds, fraction: report.ntpFraction };
    flightRecorder?.senderReport(report, now);
    const nowUnix = micros(clock.unixOrigin + now);
    const exchange = report.echo && reportExchange(ntp, report.echo, nowUnix);
    if (exchange !== undefined) this.#offsetByReports.add(exchange);
  }

  #stateChanged(states: PeerConnectionStates): void {
    if (this.#state === 'closed') return;
    this.#options.signaling.sendStates(states);
    if (states.connection === 'connected' && this.#state === 'connecting') {
      this.#state = 'connected';
      this.#recovery = new Recovery(this.#options.initiator, this.#options.clock.now());
      this.#options.events.connected();
    } else if (states.connection === 'failed') this.close('failed', 'ICE or DTLS failed');
    else if (states.connection === 'closed') this.close('peer-closed', 'the transport was closed');
  }

  /** Anything came from the other side: the connection is there. Returns when. */
  #heard(): Micros {
    const now = this.#options.clock.now();
    if (this.#recovery?.heard(now) === true && this.#state === 'restoring') {
      this.#state = 'connected';
      this.#options.events.connected();
    }
    return now;
  }

  /** Does what may save a connection that has fallen silent. */
  #recover(now: Micros): void {
    const recovery = this.#recovery;
    switch (recovery?.poll(now)) {
      case 'probe-signaling':
        this.#options.signaling.probe().then(
          () => recovery.signalingAnswered(this.#options.clock.now()),
          () => undefined,
        );
        break;
      case 'restart-ice':
        if (this.#options.backend.restartsIce) this.#connection.restartIce(this.#iceServers);
        else this.close('silent', 'nothing was heard, and the backend restarts no ICE');
        break;
      case 'tell-lost':
        this.#state = 'restoring';
        this.#options.events.lost('nothing was heard for 4 s');
        break;
      case 'give-up':
        this.close('silent', `nothing was heard for ${recovery.silence(now) / 1e6} s`);
        break;
      case 'wait':
      case undefined:
    }
  }
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
