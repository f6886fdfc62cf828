import type { CodecDescription } from '@rm/codecs';
import type {
  Backend,
  DataChannelHandlers,
  DataChannelOptions,
  IceServer,
  Transport,
  TransportCandidate,
  TransportDataChannel,
  TransportStates,
} from '../backend/transport.js';
import type { Direction, MediaKind, SessionContent } from './description.js';
import { DescriptionError, PeerConnectionClosedError } from './errors.js';
import { MediaSession } from './media-session.js';
import { parseSdp } from './parse-sdp.js';
import { Transceiver } from './transceiver.js';
import { writeSdp } from './write-sdp.js';

/** An SDP offer or answer. */
export interface SessionDescription {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

/** A trickled ICE candidate; the empty string as `candidate` says that there are no more (RFC 8838). */
export interface IceCandidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
  readonly usernameFragment: string | null;
}

/** The four states of a peer connection, with the W3C values. */
export interface PeerConnectionStates extends TransportStates {
  readonly signaling: 'stable' | 'have-local-offer' | 'have-remote-offer' | 'closed';
}

/** What a peer connection tells its owner. Handlers must not throw; none is called after `close()`. */
export interface PeerConnectionHandlers {
  /** A local change wants a new offer (coalesced; never while one is being made). */
  negotiationNeeded(): void;
  /** A local candidate to trickle to the other side; `candidate: ''` once gathering is complete. */
  iceCandidate(candidate: IceCandidate): void;
  /** One of the four states changed. */
  stateChange(states: PeerConnectionStates): void;
  /** An offer or answer took effect: what transceivers have negotiated may be new. */
  negotiated(): void;
  rtp(packet: Uint8Array): void;
  rtcp(packet: Uint8Array): void;
  dataChannel(channel: TransportDataChannel): DataChannelHandlers | undefined;
}

/** What a peer connection is made with. */
export interface PeerConnectionOptions {
  readonly backend: Backend;
  readonly iceServers: readonly IceServer[];
  /** What this side can receive and send, in its order of preference. */
  readonly codecs: (kind: MediaKind) => readonly CodecDescription[];
  /** Canonical name of this side's streams (RFC 7022). */
  readonly cname: string;
  /** Random numbers of 0…1, for the session id, SSRCs and track ids. */
  readonly random: () => number;
}

/** What a transceiver is to be. */
export interface AddTransceiverOptions {
  readonly direction?: Direction;
  readonly streamIds?: readonly string[];
}

const TWO_32 = 2 ** 32;

/**
 * A peer connection (W3C WebRTC §4.4): offers and answers of our own over a backend's transport, so that what is
 * negotiated is the same whichever backend carries it.
 */
export class PeerConnection {
  readonly #options: PeerConnectionOptions;
  readonly #handlers: PeerConnectionHandlers;
  readonly #transport: Transport;
  readonly #media: MediaSession;
  readonly #sessionId: string;
  #version = 0;
  #signaling: PeerConnectionStates['signaling'] = 'stable';
  /** ICE is to begin anew with the next offer; it was to with one that was rolled back. */
  #restarting: 'wanted' | 'rolled-back' | undefined;
  /** Whether the offer that is not answered yet restarts ICE. */
  #restartOffered = false;
  /** The section whose transport is used, which candidates are said to be of. */
  #tag = { mid: '0', index: 0 };
  #lastOperation: Promise<unknown> = Promise.resolve();
  #operations = 0;
  #checking = false;
  #candidates: TransportCandidate[] = [];
  #closing: Promise<void> | undefined;

  /** @throws what `Backend.validate` throws. */
  constructor(options: PeerConnectionOptions, handlers: PeerConnectionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#sessionId = `${this.#randomWord()}${String(this.#randomWord()).padStart(10, '0')}`;
    this.#media = new MediaSession({
      codecs: options.codecs,
      accept: (kind) => this.addTransceiver(kind, { direction: 'recvonly' }),
    });
    this.#transport = options.backend.createTransport(
      { iceServers: options.iceServers },
      {
        iceCandidate: (candidate) => {
          this.#candidates.push(candidate);
          if (this.#operations === 0) this.#tellCandidates();
        },
        stateChange: () => this.#tellStates(),
        rtp: (packet) => handlers.rtp(packet),
        rtcp: (packet) => handlers.rtcp(packet),
        dataChannel: (channel) => handlers.dataChannel(channel),
      },
    );
    this.checkNegotiationNeeded();
  }

  get states(): PeerConnectionStates {
    return { ...this.#transport.states, signaling: this.#signaling };
  }

  get transceivers(): readonly Transceiver[] {
    return this.#media.transceivers;
  }

  /** The transport below, to send RTP and RTCP with and for its statistics. */
  get transport(): Pick<Transport, 'sendRtp' | 'sendRtcp' | 'statistics'> {
    return this.#transport;
  }

  /** Adds media of a kind; `sendrecv` and in no stream if not said otherwise. It asks for a negotiation. */
  addTransceiver(kind: MediaKind, options: AddTransceiverOptions = {}): Transceiver {
    const { direction = 'sendrecv', streamIds = [] } = options;
    const init = {
      direction,
      streamIds,
      trackId: this.#randomId(),
      ssrc: this.#randomWord(),
      rtxSsrc: kind === 'video' ? this.#randomWord() : undefined,
    };
    const transceiver = new Transceiver(kind, init, () => this.checkNegotiationNeeded());
    this.#media.add(transceiver);
    this.checkNegotiationNeeded();
    return transceiver;
  }

  /** See `Transport.createDataChannel`. */
  createDataChannel(
    options: DataChannelOptions,
    handlers: DataChannelHandlers,
  ): TransportDataChannel {
    return this.#transport.createDataChannel(options, handlers);
  }

  /** Makes and sets the local offer or answer that the signaling state asks for, and returns it. */
  setLocalDescription(): Promise<SessionDescription> {
    return this.#operate(async () => {
      const type = this.#signaling === 'have-remote-offer' ? 'answer' : 'offer';
      const restarting = this.#restarting;
      if (type === 'offer') {
        if (restarting === 'rolled-back') this.#transport.restartIce();
        this.#restarting = undefined;
      }
      const transport = await this.#transport.getLocal(type);
      this.#ensureOpen();
      const { media, bundle } =
        type === 'offer' ? this.#media.createOffer() : this.#media.createAnswer();
      if (type === 'offer') {
        const again = this.#signaling === 'have-local-offer' && this.#restartOffered;
        this.#restartOffered = again || restarting !== undefined;
      }
      const index = media.findIndex(({ mid }) => mid === bundle[0]);
      if (index >= 0) this.#tag = { mid: media[index]!.mid, index };
      const { cname } = this.#options;
      const version = this.#version++;
      const content = { sessionId: this.#sessionId, version, media, transport, bundle, cname };
      this.#signal(type === 'offer' ? 'have-local-offer' : 'stable');
      if (type === 'answer') this.#handlers.negotiated();
      return { type, sdp: writeSdp(content) };
    });
  }

  /**
   * Sets the remote description; an offer that meets a local offer rolls the local one back (JSEP §4.1.10.2).
   * Rejects with `DescriptionError` (`INVALID_DESCRIPTION`) for one that cannot be used, which changes nothing.
   */
  setRemoteDescription({ type, sdp }: SessionDescription): Promise<void> {
    return this.#operate(async () => {
      const parsed = parseSdp(sdp);
      if (!parsed.ok) throw new DescriptionError(type, parsed.reason);
      const content = parsed.value;
      if (type === 'answer' && this.#signaling !== 'have-local-offer')
        throw new DescriptionError(type, 'there is no offer that it answers');
      if (type === 'offer') await this.#takeOffer(content);
      else await this.#takeAnswer(content);
    });
  }

  /** Adds a remote candidate, also before the remote description. Stale or malformed ones are ignored. */
  addIceCandidate({ candidate, usernameFragment }: IceCandidate): Promise<void> {
    if (this.#closing === undefined)
      this.#transport.addRemoteCandidate({
        candidate,
        usernameFragment: usernameFragment ?? undefined,
      });
    return Promise.resolve();
  }

  /** Has ICE begin anew with the next offer, for which it asks, and with other servers if given. */
  restartIce(iceServers?: readonly IceServer[]): void {
    if (this.#closing !== undefined) return;
    this.#transport.restartIce(iceServers);
    this.#restarting = 'wanted';
    this.checkNegotiationNeeded();
  }

  /** Closes everything and releases every socket and timer. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#transport.close();
    this.#signaling = 'closed';
    return this.#closing;
  }

  async #takeOffer(offer: SessionContent): Promise<void> {
    const fault = this.#media.offerFault(offer);
    if (fault !== undefined) throw new DescriptionError('offer', fault);
    await this.#transport.setRemote('offer', offer.transport);
    this.#ensureOpen();
    this.#media.takeOffer(offer);
    if (this.#signaling === 'have-local-offer' && this.#restartOffered)
      this.#restarting = 'rolled-back';
    this.#signal('have-remote-offer');
  }

  async #takeAnswer(answer: SessionContent): Promise<void> {
    const fault =
      this.#media.answerFault(answer) ??
      (answer.transport.setup === 'actpass'
        ? 'it does not say who begins DTLS (a=setup)'
        : undefined);
    if (fault !== undefined) throw new DescriptionError('answer', fault);
    await this.#transport.setRemote('answer', answer.transport);
    this.#ensureOpen();
    this.#media.takeAnswer(answer);
    this.#signal('stable');
    this.#handlers.negotiated();
  }

  /** Descriptions are made and set one after the other (W3C WebRTC §4.4.1.2). */
  async #operate<T>(operation: () => Promise<T>): Promise<T> {
    this.#operations++;
    const before = this.#lastOperation;
    const run = (async () => {
      await before.catch(() => undefined);
      this.#ensureOpen();
      try {
        return await operation();
      } catch (error) {
        this.#ensureOpen();
        throw error;
      }
    })();
    this.#lastOperation = run;
    try {
      return await run;
    } finally {
      this.#operations--;
      // After the description has been handed out, or its receiver would get the end before the beginning.
      queueMicrotask(() => {
        queueMicrotask(() => this.#tellCandidates());
        this.checkNegotiationNeeded();
      });
    }
  }

  #ensureOpen(): void {
    if (this.#closing !== undefined) throw new PeerConnectionClosedError();
  }

  #tellCandidates(): void {
    if (this.#operations > 0 || this.#closing !== undefined) return;
    for (const { candidate, usernameFragment } of this.#candidates.splice(0))
      this.#handlers.iceCandidate({
        candidate,
        sdpMid: this.#tag.mid,
        sdpMLineIndex: this.#tag.index,
        usernameFragment: usernameFragment ?? null,
      });
  }

  #signal(state: PeerConnectionStates['signaling']): void {
    if (state === this.#signaling) return;
    this.#signaling = state;
    this.#tellStates();
  }

  #tellStates(): void {
    if (this.#closing === undefined) this.#handlers.stateChange(this.states);
  }

  /** Tells once, in a turn of its own, that an offer is due, if one is (W3C WebRTC §4.7.3). */
  checkNegotiationNeeded(): void {
    if (this.#checking) return;
    this.#checking = true;
    queueMicrotask(() => {
      this.#checking = false;
      if (this.#closing !== undefined || this.#operations > 0) return;
      if (this.#signaling !== 'stable') return;
      if (this.#restarting !== undefined || this.#media.negotiationNeeded)
        this.#handlers.negotiationNeeded();
    });
  }

  #randomWord(): number {
    // Zero is no SSRC that others expect
    return 1 + Math.floor(this.#options.random() * (TWO_32 - 2));
  }

  #randomId(): string {
    const words = [0, 0, 0, 0].map(() => this.#randomWord().toString(16).padStart(8, '0'));
    return words.join('');
  }
}
