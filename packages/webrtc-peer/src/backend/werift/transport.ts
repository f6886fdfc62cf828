import {
  IceCandidate as WeriftIceCandidate,
  RTCPeerConnection,
  useSdesMid,
  type RTCCertificate,
} from 'werift';
import type {
  IceCandidate,
  OutgoingPacket,
  OutgoingReport,
  SessionDescription,
  Transport,
  TransportConfig,
  TransportHandlers,
  TransportStates,
} from '../transport.js';
import { AudioStream, absCaptureTime, opus } from './audio-stream.js';
import { parseCandidate, type CheckableCandidate } from './candidate.js';
import { ControlChannel } from './control-channel.js';
import { newCounters, type TransportCounters } from './counters.js';
import { beginHandshakeAtOnce, endHandshake } from './dtls-handshake.js';
import { DescriptionError, TransportClosedError } from './errors.js';
import { hostAddresses } from './host-addresses.js';
import { IceGathering } from './ice-gathering.js';
import { resolveIceServers } from './ice-servers.js';
import { MAX_REMOTE_CANDIDATES, prepareRemoteSdp } from './remote-description.js';
import { SessionOrigin } from './session-origin.js';
import { CLOSED_STATES, readStates, sameStates } from './states.js';

/** A transport over werift, and what it did not carry. */
export class WeriftTransport implements Transport {
  /** Counts by reason what was refused, ignored or lost. */
  readonly counters: TransportCounters = newCounters();
  readonly #handlers: TransportHandlers;
  readonly #pc: RTCPeerConnection;
  readonly #audio: AudioStream;
  readonly #control: ControlChannel;
  readonly #gathering: IceGathering;
  readonly #origin = new SessionOrigin();
  readonly #ended: Promise<never>;
  #end: (reason: Error) => void = () => {};
  #earlyCandidates: CheckableCandidate[] = [];
  #states: TransportStates;
  /** Descriptions are made and set one after the other (W3C WebRTC §4.4.1.2). */
  #lastOperation: Promise<unknown> = Promise.resolve();
  #operations = 0;
  #negotiationCheck: NodeJS.Immediate | undefined;
  #gatheringEnd: NodeJS.Immediate | undefined;
  #gatheringEnded = false;
  /** The next offer is to have new ICE credentials. */
  #restarting = false;
  /** Our username fragment of the ICE session whose checks were begun after a restart. */
  #checked: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(config: TransportConfig, handlers: TransportHandlers, certificate: RTCCertificate) {
    const servers = resolveIceServers(config.iceServers);
    const addresses = hostAddresses();
    const pc = new RTCPeerConnection({
      // Without it each m-line of an offer opens sockets of its own, and those not used are never closed.
      bundlePolicy: 'max-bundle',
      certificates: [certificate],
      codecs: { audio: [opus()], video: [] },
      headerExtensions: { audio: [useSdesMid(), absCaptureTime()], video: [] },
      iceServers: servers.list,
      iceAdditionalHostAddresses: addresses.added,
      iceFilterStunResponse: (request, [host, port]) =>
        this.#isForUs(String(request.getAttributeValue('USERNAME')), host, port),
    });
    this.#handlers = handlers;
    this.#pc = pc;
    this.#audio = new AudioStream(pc, handlers, this.counters);
    this.#control = new ControlChannel(pc, handlers, this.counters);
    const { dtls } = this.#audio;
    // An empty list would make werift ask a public STUN server.
    if (!servers.stun) delete dtls.iceTransport.connection.stunServer;
    this.#gathering = new IceGathering(dtls.iceTransport, {
      hosts: addresses.found.length + addresses.added.length,
      stun: servers.stun,
      turn: servers.turn,
    });
    beginHandshakeAtOnce(dtls);
    this.#ended = new Promise((_, reject) => {
      this.#end = reject;
    });
    this.#ended.catch(() => {});
    this.#states = readStates(pc, dtls);
    this.#follow();
    this.#checkNegotiationNeeded();
  }

  get states(): TransportStates {
    return this.#closing === undefined ? readStates(this.#pc, this.#audio.dtls) : CLOSED_STATES;
  }

  get audioSsrc(): number {
    return this.#audio.ssrc;
  }

  get bufferedAmount(): number {
    return this.#control.bufferedAmount;
  }

  /** Rejects with `TransportClosedError` once closed, and with `DescriptionError` where there is nothing to answer. */
  setLocalDescription(): Promise<SessionDescription> {
    return this.#operate(async () => {
      try {
        if (this.#pc.signalingState === 'stable') this.#restarting = false;
        await this.#pc.setLocalDescription();
      } catch (cause) {
        throw new DescriptionError('setting the local description', cause);
      }
      const description = this.#pc.localDescription;
      if (description === null) throw new TransportClosedError();
      const sdp = this.#origin.stamp(description.sdp);
      return { type: description.type as SessionDescription['type'], sdp };
    });
  }

  /** Rejects with `TransportClosedError` once closed, and with `DescriptionError` if the description is unusable. */
  setRemoteDescription(description: SessionDescription): Promise<void> {
    return this.#operate(async () => {
      const { type } = description;
      if (type === 'offer' && this.#pc.signalingState === 'have-local-offer') {
        this.#audio.forgetOffer();
        this.#control.forgetOffer();
      }
      if (type === 'answer' && this.#pc.signalingState === 'have-local-offer') {
        this.#control.openAsOfferer();
      }
      const sdp = prepareRemoteSdp(description.sdp, this.#earlyCandidates, this.counters);
      this.#earlyCandidates = [];
      try {
        await this.#pc.setRemoteDescription({ type, sdp });
      } catch (cause) {
        throw new DescriptionError('setting the remote description', cause);
      }
      this.#audio.remoteDescriptionSet(type);
    });
  }

  restartIce(): void {
    if (this.#closing !== undefined) return;
    this.#restarting = true;
    this.#pc.restartIce();
    this.#checkNegotiationNeeded();
  }

  async addIceCandidate(candidate: IceCandidate): Promise<void> {
    // That there are no more changes nothing: peer-reflexive ones may still come (RFC 8863 §4).
    if (candidate.candidate === '' || this.#closing !== undefined) return;
    const parsed = parseCandidate(candidate.candidate);
    const ignored = this.counters.candidatesIgnored;
    if (!parsed.ok) {
      ignored[parsed.reason]++;
      return;
    }
    const usernameFragment = candidate.usernameFragment ?? parsed.value.usernameFragment;
    const { iceTransport } = this.#audio.dtls;
    const { remoteUsername, remoteCandidates } = iceTransport.connection;
    const { address, port, attribute } = parsed.value;
    if (remoteUsername === '') {
      if (this.#earlyCandidates.length >= MAX_REMOTE_CANDIDATES) ignored['too-many']++;
      else this.#earlyCandidates.push({ ...parsed.value, usernameFragment });
    } else if (usernameFragment !== undefined && usernameFragment !== remoteUsername)
      ignored.stale++;
    else if (remoteCandidates.some((known) => known.host === address && known.port === port)) {
      ignored.duplicate++;
    } else if (remoteCandidates.length >= MAX_REMOTE_CANDIDATES) ignored['too-many']++;
    else
      await iceTransport.addRemoteCandidate(WeriftIceCandidate.fromJSON({ candidate: attribute }));
  }

  sendAudio(packet: OutgoingPacket): boolean {
    return this.#audio.send(packet);
  }

  sendSenderReport(report: OutgoingReport): boolean {
    return this.#audio.sendReport(report);
  }

  sendMessage(data: string | Uint8Array): boolean {
    return this.#control.send(data);
  }

  roundTripTime(): number | undefined {
    return this.#audio.roundTripTime;
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
    clearImmediate(this.#negotiationCheck);
    clearImmediate(this.#gatheringEnd);
    this.#audio.close();
    await this.#control.close();
    endHandshake(this.#audio.dtls);
    this.#gathering.abort();
    await this.#pc.close();
    await this.#gathering.close();
  }

  #follow(): void {
    const pc = this.#pc;
    const { dtls } = this.#audio;
    const changed = (): void => this.#statesChanged();
    pc.connectionStateChange.subscribe(changed);
    pc.iceConnectionStateChange.subscribe(changed);
    pc.iceGatheringStateChange.subscribe(changed);
    pc.signalingStateChange.subscribe(changed);
    dtls.onStateChange.subscribe(changed);
    pc.onIceCandidate.subscribe((candidate) => {
      if (candidate === undefined) {
        this.#gatheringEnded = true;
        this.#announceGatheringEnd();
        return;
      }
      // Found while a description is made, it is part of that description.
      if (this.#closing !== undefined || this.#operations > 0) return;
      this.#handlers.iceCandidate({
        candidate: candidate.candidate,
        sdpMid: candidate.sdpMid ?? null,
        sdpMLineIndex: candidate.sdpMLineIndex ?? null,
        usernameFragment: candidate.usernameFragment ?? null,
      });
    });
  }

  #statesChanged(): void {
    if (this.#closing !== undefined) return;
    const states = readStates(this.#pc, this.#audio.dtls);
    if (sameStates(states, this.#states)) return;
    this.#states = states;
    this.#handlers.stateChange(states);
  }

  /** After the description has been handed out, or its receiver would get the end before the beginning. */
  #announceGatheringEnd(): void {
    if (!this.#gatheringEnded || this.#operations > 0 || this.#closing !== undefined) return;
    this.#gatheringEnded = false;
    this.#gatheringEnd = setImmediate(() => {
      const media = this.#pc.getTransceivers()[0];
      this.#handlers.iceCandidate({
        candidate: '',
        sdpMid: media?.mid ?? null,
        sdpMLineIndex: media?.mLineIndex ?? 0,
        usernameFragment: this.#audio.dtls.iceTransport.connection.localUsername,
      });
    });
  }

  async #operate<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new TransportClosedError();
    this.#operations++;
    const result = this.#lastOperation.then(() => {
      if (this.#closing !== undefined) throw new TransportClosedError();
      return operation();
    });
    this.#lastOperation = result.catch(() => {});
    try {
      return await Promise.race([result, this.#ended]);
    } finally {
      this.#operations--;
      this.#resumeIce();
      this.#announceGatheringEnd();
      this.#checkNegotiationNeeded();
    }
  }

  /** Begins the checks of an ICE restart: werift does so only for a connection that has no DTLS yet. */
  #resumeIce(): void {
    const { dtls } = this.#audio;
    const { iceTransport } = dtls;
    if (this.#operations > 0 || this.#closing !== undefined) return;
    if (this.#pc.signalingState !== 'stable' || dtls.state !== 'connected') return;
    const { localUsername, remoteUsername, nominated } = iceTransport.connection;
    if (nominated !== undefined || remoteUsername === '' || localUsername === this.#checked) return;
    this.#checked = localUsername;
    // What failed is told by the ICE state.
    iceTransport.start().catch(() => {});
  }

  /**
   * Tells once, in a turn of its own, that an offer is due (W3C WebRTC §4.7.3). werift's own event comes once
   * per m-line, and again for an offer that was rolled back and answered.
   */
  #checkNegotiationNeeded(): void {
    if (this.#negotiationCheck !== undefined || this.#closing !== undefined) return;
    this.#negotiationCheck = setImmediate(() => {
      this.#negotiationCheck = undefined;
      const negotiated = this.#audio.negotiated && this.#control.negotiated;
      const needed = !negotiated || this.#restarting;
      if (!needed || this.#operations > 0 || this.#pc.signalingState !== 'stable') return;
      this.#handlers.negotiationNeeded();
    });
  }

  /** Checks by those who do not know our username fragment are not answered (RFC 8445 §7.3), nor by too many. */
  #isForUs(username: string, host: string, port: number): boolean {
    const { localUsername, remoteCandidates } = this.#audio.dtls.iceTransport.connection;
    if (!username.startsWith(`${localUsername}:`)) return false;
    if (remoteCandidates.length < MAX_REMOTE_CANDIDATES) return true;
    return remoteCandidates.some((known) => known.host === host && known.port === port);
  }
}
