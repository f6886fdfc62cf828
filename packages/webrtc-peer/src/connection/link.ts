import { type CodecDescription, describeOpus } from '@rm/codecs';
import { ClockOffsetEstimator, type Micros, micros, reportExchange } from '@rm/rtp-sync';
import type { IncomingOffer } from '@rm/signaling-protocol';
import type { IceServer } from '../backend/transport.js';
import type { AudioReceiver } from '../media/audio-receiver.js';
import type { AudioSender } from '../media/audio-sender.js';
import { PeerMedia } from '../media/peer-media.js';
import { Negotiator } from '../negotiation/negotiator.js';
import type { SenderReport } from '../rtp/packet.js';
import type { MediaKind } from '../session/description.js';
import {
  type IceCandidate,
  PeerConnection,
  type PeerConnectionStates,
} from '../session/peer-connection.js';
import type { LinkCloseReason, LinkOptions, LinkState } from './link-options.js';
import { PeerChannels } from './peer-channels.js';
import { Recovery } from './recovery.js';

/** Opus as every node takes it; what was lost is asked for again where it can come in time. */
const OPUS: readonly CodecDescription[] = [{ ...describeOpus(), feedback: ['nack'] }];

/** States in which ICE has a pair to send over. */
const PATH_FOUND: readonly PeerConnectionStates['iceConnection'][] = ['connected', 'completed'];
/** Ends that the other side knows of, or that another connection follows: states of this one would confuse. */
const SETTLED: readonly LinkCloseReason[] = ['closed', 'peer-left', 'replaced'];

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
  readonly #channels: PeerChannels;
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
        dataChannel: (channel) => this.#channels.opened(channel),
      },
    );
    this.#connection = connection;
    this.#media = new PeerMedia({
      ...options,
      connection,
      unixOrigin,
      now: () => clock.now(),
      clockOffset: (nowUnix) =>
        this.#channels.offset(nowUnix) ?? this.#offsetByReports.estimate(nowUnix),
      packet: (packet, now) => options.flightRecorder?.packet(options.peerId, packet, now),
      senderReport: (report, now) => this.#senderReport(report, now),
      reported: (report) =>
        options.events.reported({ ...report, roundTrip: this.roundTrip ?? report.roundTrip }),
    });
    const { events } = options;
    this.#channels = new PeerChannels({
      ...options,
      connection,
      heard: () => this.#heard(),
      message: (payload) => events.message(payload),
      channelOpened: (channel) => events.channelOpened(channel),
      ended: () => this.close('peer-closed', 'the control channel was closed'),
    });
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
    return this.#channels.roundTrip ?? this.#media.session.roundTripTime;
  }

  /** Messages, and data channels of the application. */
  get channels(): PeerChannels {
    return this.#channels;
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

  /** Does what is due: connect timeout, heartbeat, RTCP. */
  tick(now: Micros): void {
    if (this.#state === 'connecting' && now >= this.#deadline)
      this.close(
        'timeout',
        `not connected within ${this.#options.connectTimeout / 1000} ms (ICE ${this.#connection.states.iceConnection})`,
      );
    else {
      this.#channels.tick(now);
      this.#media.session.measuredRoundTrip = this.#channels.roundTrip;
      this.#media.tick(now);
      this.#recover(now);
    }
  }

  /** Closes the connection and releases everything. Idempotent. */
  close(reason: LinkCloseReason, detail: string): void {
    if (this.#state === 'closed') return;
    this.#tellEnd(reason);
    this.#state = 'closed';
    this.#negotiator.close();
    this.#channels.close();
    this.#media.close(this.#options.clock.now());
    this.#closed = this.#connection.close();
    this.#options.events.closed(reason, detail);
  }

  /** Resolves when everything that {@link close} gave up is gone. */
  get closed(): Promise<void> {
    return this.#closed;
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
      const { initiator, backend, clock } = this.#options;
      this.#recovery = new Recovery(initiator, backend.restartsIce, clock.now());
      this.#options.events.connected();
    } else if (states.connection === 'failed')
      this.close('failed', states.iceConnection === 'failed' ? 'ICE failed' : 'DTLS failed');
    else if (states.connection === 'closed') this.close('peer-closed', 'the transport was closed');
  }

  /** Anything came from the other side: the connection is there. Returns when. */
  #heard(): Micros {
    const now = this.#options.clock.now();
    if (this.#recovery?.heard(now) === true && this.#state === 'restoring') {
      this.#state = 'connected';
      this.#options.signaling.sendStates(this.#connection.states);
      this.#options.events.connected();
    }
    return now;
  }

  /** Publishes how the connection ends where nobody else does: the transport below is closed without a word. */
  #tellEnd(reason: LinkCloseReason): void {
    const { states } = this.#connection;
    const { signaling } = this.#options;
    const isConnected = PATH_FOUND.includes(states.iceConnection);
    if (reason === 'timeout')
      signaling.sendStates({
        ...states,
        connection: 'failed',
        ...(!isConnected && { iceConnection: 'failed' }),
      });
    if (!SETTLED.includes(reason))
      signaling.sendStates({
        connection: 'closed',
        iceConnection: 'closed',
        iceGathering: states.iceGathering,
        signaling: 'closed',
      });
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
        // An offer that is not answered yet says why nothing is heard: the other side has no network at all.
        if (this.#negotiator.stable) this.#connection.restartIce(this.#iceServers);
        break;
      case 'tell-lost':
        this.#state = 'restoring';
        this.#options.signaling.sendStates({
          ...this.#connection.states,
          connection: 'disconnected',
          iceConnection: 'disconnected',
        });
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
