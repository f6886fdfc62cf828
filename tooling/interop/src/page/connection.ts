import {
  ErrorCode,
  type IceCandidate,
  type IncomingOffer,
  RpcError,
  type SessionDescription,
  type SignalingClient,
} from '@rm/signaling-protocol';
import { ControlChannel, type JsonValue } from './control-channel.js';

/** A track to be sent, and the stream it is said to belong to. */
export interface SentMedia {
  readonly track: MediaStreamTrack;
  readonly stream?: MediaStream;
}

/** What a {@link Connection} is made with. */
export interface ConnectionOptions {
  readonly peerId: string;
  readonly signaling: SignalingClient;
  /** What is sent to the peer. */
  readonly media: Iterable<SentMedia>;
  /** Which video codecs may be sent and received; default all of the browser. */
  readonly videoCodec: string | undefined;
  readonly events: ConnectionEvents;
}

/** What a connection tells. */
export interface ConnectionEvents {
  /** The states of the connection changed; said in words. */
  changed(states: string): void;
  /** A track of the peer, and the stream it is said to belong to; told again when it comes back. */
  track(track: MediaStreamTrack, stream: MediaStream | undefined): void;
  channelOpened(): void;
  /** Both sides offered at once. */
  glare(outcome: 'went first' | 'gave way'): void;
  message(payload: JsonValue): void;
  /** The other side is gone, or cannot be reached; the connection is closed. */
  ended(reason: string): void;
}

/** Candidates kept until the first description of the peer; it trickles a few dozen at most. */
const MAX_EARLY_CANDIDATES = 128;

/**
 * The RTCPeerConnection with one peer: perfect negotiation (W3C WebRTC §10.7) where an offer is a
 * request and the answer its result. When both offer at once, the one with the greater id gives way.
 */
export class Connection {
  readonly peerId: string;
  readonly pc: RTCPeerConnection = new RTCPeerConnection();
  readonly control: ControlChannel;
  readonly #options: ConnectionOptions;
  readonly #polite: boolean;
  #offersUnderWay = 0;
  #described = false;
  #early: RTCIceCandidateInit[] = [];

  constructor(options: ConnectionOptions) {
    const { peerId, signaling, events, media } = options;
    const { pc } = this;
    this.peerId = peerId;
    this.#options = options;
    this.#polite = signaling.peerId > peerId;
    this.control = new ControlChannel({
      opened: () => events.channelOpened(),
      closed: () => this.#end('the control channel was closed'),
      message: (payload) => events.message(payload),
    });
    pc.addEventListener('negotiationneeded', () => void this.#offer());
    pc.addEventListener('icecandidate', ({ candidate }) => this.#sendCandidate(candidate));
    pc.addEventListener('track', ({ track, streams }) =>
      // The one before it, if any, is all that is to be played together.
      events.track(track, streams.at(-1)),
    );
    pc.addEventListener('datachannel', ({ channel }) => {
      if (channel.label === 'control') this.control.use(channel);
    });
    for (const change of ['connectionstatechange', 'iceconnectionstatechange'] as const)
      pc.addEventListener(change, () => this.#stateChanged());
    for (const each of media) this.send(each);
  }

  /** Begins to send a track. */
  send({ track, stream }: SentMedia): void {
    this.pc.addTrack(track, ...(stream === undefined ? [] : [stream]));
    this.#limitVideoCodecs();
  }

  /** Ends what {@link send} began. */
  unsend(track: MediaStreamTrack): void {
    const sender = this.#senderOf(track);
    if (sender !== undefined) this.pc.removeTrack(sender);
  }

  /** Sends another track in the place of one, which the peer is not told of. */
  async replace(track: MediaStreamTrack, by: MediaStreamTrack): Promise<void> {
    await this.#senderOf(track)?.replaceTrack(by);
  }

  /** Answers an offer of the peer, or refuses it while an own offer is under way and this side does not give way. */
  async offered(offer: IncomingOffer): Promise<void> {
    if (this.#offersUnderWay > 0) {
      this.#options.events.glare(this.#polite ? 'gave way' : 'went first');
      if (!this.#polite) {
        offer.reject(ErrorCode.NEGOTIATION_IN_PROGRESS, 'an offer of this page is under way');
        return;
      }
    }
    try {
      await this.#setRemote({ type: 'offer', sdp: offer.sdp });
      this.#limitVideoCodecs();
      await this.pc.setLocalDescription();
      offer.answer({ sdp: this.pc.localDescription!.sdp, canTrickle: true });
    } catch (error) {
      if (this.pc.signalingState !== 'closed')
        offer.reject(ErrorCode.OFFER_INVALID, String(error).slice(0, 256));
    }
  }

  /** Takes a candidate of the peer, also before its description. */
  candidate({ usernameFragment, ...candidate }: IceCandidate): void {
    const given: RTCIceCandidateInit = {
      ...candidate,
      ...(usernameFragment != null && { usernameFragment }),
    };
    if (this.#described) this.#add(given);
    else if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(given);
  }

  /**
   * Whether an offer of the peer would take back the first one of this side. A new connection is to answer it: after
   * such a rollback Chromium does not always gather candidates.
   */
  get isToGiveWay(): boolean {
    return this.#polite && this.#offersUnderWay > 0 && !this.#described;
  }

  /** Whether an offer is of another RTCPeerConnection than the one this is connected to (RFC 8829 §5.2.2). */
  isReplacedBy(sdp: string): boolean {
    const known = this.pc.remoteDescription;
    return known !== null && sessionIdOf(known.sdp) !== sessionIdOf(sdp);
  }

  /** Ends the connection without a word to the other side but what the browser says by itself. */
  close(): void {
    this.pc.close();
  }

  async #offer(): Promise<void> {
    const { pc } = this;
    // After an offer of the peer it is the peer who opens the channel.
    if (!this.#described) this.control.open(pc);
    try {
      const answer = await this.#answerToOffer();
      // The offer may have been taken back for one of the peer.
      if (answer !== undefined && pc.signalingState === 'have-local-offer')
        await this.#setRemote({ type: 'answer', sdp: answer.sdp });
    } catch (error) {
      const glare = error instanceof RpcError && error.code === ErrorCode.NEGOTIATION_IN_PROGRESS;
      if (!glare || !this.#polite) this.#end(`the offer failed: ${String(error)}`);
    }
  }

  /** Makes an offer and sends it; what the peer offers before it has answered is glare. */
  async #answerToOffer(): Promise<SessionDescription | undefined> {
    this.#offersUnderWay++;
    try {
      await this.pc.setLocalDescription();
      const description = this.pc.localDescription;
      // Meanwhile the peer's offer may have come, and been answered by this connection or another.
      if (description?.type !== 'offer' || this.pc.signalingState === 'closed') return undefined;
      const offer = { sdp: description.sdp, canTrickle: true };
      return await this.#options.signaling.offer(this.peerId, offer);
    } finally {
      this.#offersUnderWay--;
    }
  }

  /** Candidates may follow at once: the browser does one thing after another (W3C WebRTC §4.4.1.2). */
  #setRemote(description: RTCSessionDescriptionInit): Promise<void> {
    const done = this.pc.setRemoteDescription(description);
    this.#described = true;
    for (const candidate of this.#early.splice(0)) this.#add(candidate);
    return done;
  }

  #add(candidate: RTCIceCandidateInit): void {
    // Those of an offer that was refused fit no description.
    this.pc.addIceCandidate(candidate).catch(() => undefined);
  }

  #sendCandidate(candidate: RTCIceCandidate | null): void {
    const {
      candidate: text = '',
      sdpMid = null,
      sdpMLineIndex = 0,
      usernameFragment = null,
    } = candidate ?? {};
    this.#options.signaling.sendCandidate(this.peerId, {
      candidate: text,
      sdpMid,
      sdpMLineIndex,
      usernameFragment,
    });
  }

  #stateChanged(): void {
    const { connectionState, iceConnectionState, iceGatheringState, signalingState } = this.pc;
    this.#options.signaling.sendState(this.peerId, {
      connectionState,
      iceConnectionState,
      iceGatheringState,
      signalingState,
    });
    this.#options.events.changed(`${connectionState} (ICE ${iceConnectionState})`);
    if (connectionState === 'failed') this.#end('ICE or DTLS failed');
  }

  #end(reason: string): void {
    if (this.pc.signalingState === 'closed') return;
    this.pc.close();
    this.#options.events.ended(reason);
  }

  #senderOf(track: MediaStreamTrack): RTCRtpSender | undefined {
    return this.pc.getSenders().find((sender) => sender.track === track);
  }

  #limitVideoCodecs(): void {
    const { videoCodec } = this.#options;
    if (videoCodec === undefined) return;
    const wanted = [`video/${videoCodec}`, 'video/rtx'].map((name) => name.toLowerCase());
    const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
    const chosen = codecs.filter(({ mimeType }) => wanted.includes(mimeType.toLowerCase()));
    for (const transceiver of this.pc.getTransceivers())
      if (transceiver.receiver.track.kind === 'video') transceiver.setCodecPreferences(chosen);
  }
}

const sessionIdOf = (sdp: string): string | undefined => /^o=\S+ (\d+) /m.exec(sdp)?.[1];
