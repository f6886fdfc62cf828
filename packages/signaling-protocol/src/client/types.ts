import type {
  ConnectionState,
  IceConnectionState,
  IceGatheringState,
  IceServer,
  LeaveReason,
  SignalingState,
} from '../messages/index.js';
import type { SignalingError } from './errors.js';

/** Another peer in the room, as it announced itself. */
export interface PeerInfo {
  readonly peerId: string;
  readonly capabilities: readonly string[];
  readonly userData: Readonly<Record<string, unknown>>;
}

/** An offer or an answer: its SDP, and whether its sender takes candidates one by one. */
export interface SessionDescription {
  readonly sdp: string;
  readonly canTrickle: boolean;
}

/** An ICE candidate as RTCIceCandidateInit has it; an empty `candidate` ends the candidates. */
export interface IceCandidate {
  readonly candidate: string;
  readonly sdpMLineIndex: number | null;
  readonly sdpMid: string | null;
  readonly usernameFragment?: string | null | undefined;
}

/** The four states of one RTCPeerConnection. */
export interface PeerConnectionStates {
  readonly connectionState: ConnectionState;
  readonly iceConnectionState: IceConnectionState;
  readonly iceGatheringState: IceGatheringState;
  readonly signalingState: SignalingState;
}

/** An offer from another peer. Answer or reject it once, within 10 s. */
export interface IncomingOffer extends SessionDescription {
  readonly from: string;
  /**
   * Accepts the offer, now or when the connection is resumed; `lost` tells if that came to nothing.
   * Returns false if it is too late, or the place in the room that it came to is gone.
   * Throws {@link SignalingError} `ALREADY_ANSWERED` or `INVALID_ARGUMENT`.
   */
  answer(answer: SessionDescription): boolean;
  /** Refuses the offer with a code of `ErrorCode`; returns and throws as {@link answer} does. */
  reject(code: number, message: string): boolean;
}

/** What a SignalingClient tells, by event name. */
export interface SignalingEvents {
  /**
   * Announced, for the first time or again. `resumed`: again and in the same place, `peers` are
   * those known before and all that was missed follows as events. Otherwise `peers` are all others
   * in the room now, and whatever was under way is lost.
   */
  readonly connected: { readonly peers: readonly PeerInfo[]; readonly resumed: boolean };
  /**
   * So many candidates, states, disconnects and answers never reached the server, and are not sent
   * again: they were given while the connection was lost, and the place could not be resumed or
   * more was sent than is kept. Follows `connected`. Requests reject instead.
   */
  readonly lost: { readonly messages: number };
  /** The connection is gone, `cause` says why; the next attempt is in `delayMs` milliseconds. */
  readonly reconnecting: {
    readonly attempt: number;
    readonly delayMs: number;
    readonly cause: SignalingError;
  };
  readonly 'peer-announced': PeerInfo;
  readonly 'peer-left': { readonly peerId: string; readonly reason: LeaveReason };
  /** Without a listener, offers are rejected with CONNECTION_FAILED. */
  readonly offer: IncomingOffer;
  readonly candidate: { readonly from: string; readonly candidate: IceCandidate };
  readonly 'state-changed': { readonly from: string; readonly states: PeerConnectionStates };
  readonly disconnect: { readonly from: string; readonly reason: string };
  /**
   * ICE servers for this peer, good for `ttlSeconds`: before `connected` if the server has any, and
   * fresh ones before they expire.
   */
  readonly 'ice-servers': {
    readonly iceServers: readonly IceServer[];
    readonly ttlSeconds: number;
  };
  /** The server is about to stop; the connection is made again in `reconnectAfterMs`. */
  readonly draining: { readonly reconnectAfterMs: number };
  /**
   * The last event: `close()` was called, with this reason; or an admin removed this peer, or it
   * came back with its resume token elsewhere, and the server says so.
   */
  readonly close: { readonly reason: string };
  /** A listener threw; the others were called all the same. */
  readonly 'listener-error': { readonly event: keyof SignalingEvents; readonly error: unknown };
}
