import type { ReportBlock, RtpPacket, SenderReport } from '../rtp/packet.js';

/** An ICE server as in RTCIceServer (W3C WebRTC §4.2.4). */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

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
export interface TransportStates {
  readonly connection: 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';
  readonly iceConnection:
    | 'new'
    | 'checking'
    | 'connected'
    | 'completed'
    | 'failed'
    | 'disconnected'
    | 'closed';
  readonly iceGathering: 'new' | 'gathering' | 'complete';
  readonly signaling:
    | 'stable'
    | 'have-local-offer'
    | 'have-remote-offer'
    | 'have-local-pranswer'
    | 'have-remote-pranswer'
    | 'closed';
}

/**
 * What a transport tells its owner. Handlers are called synchronously, never before `createTransport` has
 * returned, and must not throw.
 */
export interface TransportHandlers {
  /** A local change wants a new offer (coalesced; never while one is being made). */
  negotiationNeeded(): void;
  /** A local candidate to trickle to the other side; `candidate: ''` once gathering is complete. */
  iceCandidate(candidate: IceCandidate): void;
  /** One of the four states changed. */
  stateChange(states: TransportStates): void;
  /** An RTP packet of the remote audio stream, as it came: duplicates, reordering and loss included. */
  audioPacket(packet: RtpPacket): void;
  /** A sender report of the remote audio stream. */
  senderReport(report: SenderReport): void;
  /** The other side's view of the audio we send. */
  reportBlock(block: ReportBlock): void;
  /** The control channel can carry messages. */
  channelOpen(): void;
  /** The control channel is gone. */
  channelClose(): void;
  /** A message of the control channel; text as string. */
  message(data: string | Uint8Array): void;
}

/** What a transport needs to be made. */
export interface TransportConfig {
  /** STUN and TURN servers; empty means host candidates only and no packet to anyone else. */
  readonly iceServers: readonly IceServer[];
}

/** A packet to be sent. */
export type OutgoingPacket = Pick<
  RtpPacket,
  'sequenceNumber' | 'timestamp' | 'marker' | 'payload' | 'captureTime'
>;

/** A sender report to be sent. */
export type OutgoingReport = Omit<SenderReport, 'ssrc' | 'echo'>;

/**
 * One peer connection as the media code needs it: one audio m-line both ways (Opus, 48 kHz clock) and one
 * reliable, ordered data channel labelled `control`. Present from the start, so that the first offer/answer
 * round carries all.
 */
export interface Transport {
  readonly states: TransportStates;
  /** SSRC of the outgoing audio stream. */
  readonly audioSsrc: number;
  /** Bytes accepted by `sendMessage` and not yet handed to the network. */
  readonly bufferedAmount: number;
  /** Makes and sets the local offer or answer that the signaling state asks for, and returns it. */
  setLocalDescription(): Promise<SessionDescription>;
  /** Sets the remote description; an offer that meets a local offer rolls the local one back (JSEP §4.1.10.2). */
  setRemoteDescription(description: SessionDescription): Promise<void>;
  /**
   * Has ICE begin anew with the next offer, for which it asks (RFC 8445 §2.4). Nothing is sent from the moment of
   * that offer until a pair of the new ICE session is nominated; everything else lives on.
   */
  restartIce(): void;
  /** Adds a remote candidate, also before the remote description. Stale or malformed ones are ignored. */
  addIceCandidate(candidate: IceCandidate): Promise<void>;
  /**
   * Sends one audio packet. SSRC and payload type are the transport's own; sequence number, timestamp and
   * marker go out as given, the capture time where it was negotiated. Returns false, sending nothing, while the transport is not connected.
   */
  sendAudio(packet: OutgoingPacket): boolean;
  /** Sends an RTCP sender report for the outgoing audio. Returns false while not connected. */
  sendSenderReport(report: OutgoingReport): boolean;
  /** Sends a non-empty message on the control channel. Returns false, sending nothing, while it is not open. */
  sendMessage(data: string | Uint8Array): boolean;
  /** Round-trip time measured by RTCP, in microseconds, or undefined while unknown. */
  roundTripTime(): number | undefined;
  /** Closes everything and releases every socket and timer. Idempotent. No handler is called afterwards. */
  close(): Promise<void>;
}

/** A WebRTC implementation. Making it is where slow one-time work (keys, JIT) is done. */
export interface Backend {
  readonly name: string;
  /**
   * Checks a configuration before a transport is made with it.
   * @throws an error with a `code` that says what to correct, such as `INVALID_ICE_SERVER`.
   */
  validate(config: TransportConfig): void;
  /** Makes a transport; throws what {@link validate} throws. */
  createTransport(config: TransportConfig, handlers: TransportHandlers): Transport;
}
