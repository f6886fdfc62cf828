import type { AudioPathReport, OpusEngine } from '@rm/codecs';
import {
  ClockOffsetEstimator,
  type DelayPolicy,
  type Micros,
  type PlayoutAlignment,
  micros,
  reportExchange,
} from '@rm/rtp-sync';
import type { IncomingOffer } from '@rm/signaling-protocol';
import type {
  Backend,
  IceCandidate,
  IceServer,
  Transport,
  TransportStates,
} from '../backend/transport.js';
import type { FlightRecorder } from '../capture/flight-recorder.js';
import type { Clock } from '../clock/clock.js';
import type { JsonValue } from '../data/control-message.js';
import { CLOCK_RATE } from '../media/audio-format.js';
import { AudioReceiver } from '../media/audio-receiver.js';
import { AudioSender } from '../media/audio-sender.js';
import { Negotiator } from '../negotiation/negotiator.js';
import type { SenderReport } from '../rtp/packet.js';
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
  sendStates(states: TransportStates): void;
  /** Asks the signaling server for a sign of life; resolves when it came, rejects when it does not. */
  probe(): Promise<unknown>;
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
  /** What the peer reports of the path to it. */
  reported(report: AudioPathReport): void;
}

/** What a link is made with. */
export interface LinkOptions {
  /** Whether this side makes the first offer. */
  readonly initiator: boolean;
  /** Whether this side gives way when both offer at once; the two sides must differ. */
  readonly polite: boolean;
  readonly backend: Backend;
  readonly opus: OpusEngine;
  readonly iceServers: readonly IceServer[];
  readonly policy: DelayPolicy;
  /** Where the peer's sound is put in step with that of others. */
  readonly alignment: PlayoutAlignment;
  readonly clock: Clock;
  readonly random: () => number;
  /** Longest time to `connected`. */
  readonly connectTimeout: Micros;
  /** Where what is received is remembered for a later look, under the peer's id. */
  readonly flightRecorder?: FlightRecorder | undefined;
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
  readonly #transport: Transport;
  readonly #negotiator: Negotiator;
  readonly #deadline: Micros;
  readonly #unixOrigin: Micros;
  readonly sender: AudioSender;
  #receiver: AudioReceiver | undefined;
  /** The other side's clock by RTCP, for those who do not answer our pings. */
  readonly #offsetByReports = new ClockOffsetEstimator();
  /** A report that came while the decoder was loading. */
  #earlyReport: SenderReport | undefined;
  readonly #control: Control;
  #recovery: Recovery | undefined;
  #state: LinkState = 'connecting';
  #closed: Promise<void> = Promise.resolve();

  constructor(options: LinkOptions) {
    this.#options = options;
    const { clock } = options;
    this.#deadline = micros(clock.now() + options.connectTimeout);
    this.#unixOrigin = clock.unixOrigin;
    this.#transport = options.backend.createTransport(
      { iceServers: options.iceServers },
      {
        negotiationNeeded: () => this.#negotiator.needed(),
        iceCandidate: (candidate) => options.signaling.sendCandidate(candidate),
        stateChange: (states) => this.#stateChanged(states),
        audioPacket: (packet) => {
          const now = clock.now();
          this.#heard(now);
          options.flightRecorder?.packet(options.peerId, packet, now);
          this.#receiver?.packet(packet, now);
        },
        senderReport: (report) => this.#senderReport(report),
        reportBlock: ({ fractionLost }) => {
          this.#heard(clock.now());
          const { roundTrip } = this;
          options.events.reported({
            fractionLost,
            roundTrip: roundTrip === undefined ? undefined : micros(roundTrip),
          });
        },
        channelOpen: () => {
          this.#control.opened(clock.now());
        },
        channelClose: () => this.close('peer-closed', 'the control channel was closed'),
        message: (data) => {
          const now = clock.now();
          this.#heard(now);
          this.#control.received(data, now);
        },
      },
    );
    this.#negotiator = new Negotiator({
      initiator: options.initiator,
      polite: options.polite,
      transport: this.#transport,
      sendOffer: (sdp) => options.signaling.offer(sdp),
      giveUp: (reason) => this.close('failed', reason),
    });
    this.#control = new Control({
      clock,
      send: (text) => this.#state !== 'closed' && this.#transport.sendMessage(text),
      message: (payload) => options.events.message(payload),
    });
    this.sender = new AudioSender(this.#transport, clock.unixOrigin, options.random);
    void this.#openReceiver();
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

  /** The receiving side, once its decoder is loaded. */
  get receiver(): AudioReceiver | undefined {
    return this.#receiver;
  }

  /** Id of the other side's session (SDP `o=` line); undefined before its first description. */
  get remoteSession(): string | undefined {
    return this.#negotiator.remoteSession;
  }

  /** Round trip in microseconds, of the latest ping or by RTCP. */
  get roundTrip(): number | undefined {
    return this.#control.roundTrip ?? this.#transport.roundTripTime();
  }

  /** Control messages of the other side that could not be read. */
  get malformedMessages(): number {
    return this.#control.malformed;
  }

  /** Control messages that could not be sent. */
  get messagesDropped(): number {
    return this.#control.dropped;
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

  /** Does what is due: connect timeout, heartbeat. */
  tick(now: Micros): void {
    if (this.#state === 'connecting' && now >= this.#deadline)
      this.close(
        'timeout',
        `not connected within ${this.#options.connectTimeout / 1000} ms (ICE ${this.#transport.states.iceConnection})`,
      );
    else {
      this.#control.tick(now);
      this.#recover(now);
    }
  }

  /** Closes the connection and releases everything. Idempotent. */
  close(reason: LinkCloseReason, detail: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#negotiator.close();
    this.#receiver?.close();
    this.#closed = this.#transport.close();
    this.#options.events.closed(reason, detail);
  }

  /** Resolves when everything that {@link close} gave up is gone. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  async #openReceiver(): Promise<void> {
    const { opus, policy, alignment } = this.#options;
    try {
      const decoder = await opus.createDecoder({ sampleRate: CLOCK_RATE, channels: 1 });
      if (this.#state === 'closed') {
        decoder.close();
        return;
      }
      this.#receiver = new AudioReceiver({
        decoder,
        policy,
        aligned: alignment.join(),
        unixOrigin: this.#unixOrigin,
        clockOffset: (nowUnix) =>
          this.#control.offset(nowUnix) ?? this.#offsetByReports.estimate(nowUnix),
      });
      if (this.#earlyReport !== undefined) this.#receiver.senderReport(this.#earlyReport);
    } catch (error) {
      this.close('failed', `no decoder: ${text(error)}`);
    }
  }

  #senderReport(report: SenderReport): void {
    const ntp = { seconds: report.ntpSeconds, fraction: report.ntpFraction };
    const now = this.#options.clock.now();
    this.#options.flightRecorder?.senderReport(report, now);
    const nowUnix = micros(this.#unixOrigin + now);
    const exchange = report.echo && reportExchange(ntp, report.echo, nowUnix);
    if (exchange !== undefined) this.#offsetByReports.add(exchange);
    if (this.#receiver === undefined) this.#earlyReport = report;
    else this.#receiver.senderReport(report);
  }

  #stateChanged(states: TransportStates): void {
    if (this.#state === 'closed') return;
    this.#options.signaling.sendStates(states);
    if (states.connection === 'connected' && this.#state === 'connecting') {
      this.#state = 'connected';
      this.#recovery = new Recovery(this.#options.initiator, this.#options.clock.now());
      this.#options.events.connected();
    } else if (states.connection === 'failed') this.close('failed', 'ICE or DTLS failed');
    else if (states.connection === 'closed') this.close('peer-closed', 'the transport was closed');
  }

  /** Anything came from the other side: the connection is there. */
  #heard(now: Micros): void {
    if (this.#recovery?.heard(now) !== true || this.#state !== 'restoring') return;
    this.#state = 'connected';
    this.#options.events.connected();
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
        this.#transport.restartIce();
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
