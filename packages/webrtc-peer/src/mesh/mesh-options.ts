import type {
  AssembledFrame,
  AudioFrame,
  OpusEngine,
  VideoEncodingName,
  VideoProvider,
} from '@rm/codecs';
import type { AdaptiveDelayOptions, Micros, PlayoutAlignmentOptions } from '@rm/rtp-sync';
import type { PeerConnectionStates, SignalingClient } from '@rm/signaling-protocol';
import type { Backend, IceServer } from '../backend/transport.js';
import type { FlightRecorder } from '../capture/flight-recorder.js';
import type { Clock } from '../clock/clock.js';
import type { CircuitBreakerOptions } from '../connection/circuit-breaker.js';
import type { LinkCloseReason } from '../connection/link-options.js';
import type { JsonValue } from '../data/control-message.js';
import type { ReceivedPicture } from '../media/peer-media.js';
import type { AudioEncoding } from './audio-outputs.js';
import type { NodeDataChannel } from './handles.js';
import type { LinkStatistics } from './statistics.js';

/** Which pictures a `Mesh` takes and sends. */
export interface MeshVideoOptions {
  /** Default: those of this machine. */
  readonly codecs?: VideoProvider;
  /** Codecs in order of preference, of those that can be encoded and decoded; default VP9, H.264, VP8. */
  readonly preference?: readonly VideoEncodingName[];
}

/** How a `Mesh` is set up. */
export interface MeshOptions {
  /** A client that is not connected yet; the mesh connects it and closes it. Its peer id is the node's. */
  readonly signaling: SignalingClient;
  readonly backend: Backend;
  /** Default: libopus-wasm. */
  readonly opus?: OpusEngine;
  /** Default none: host candidates only. */
  readonly iceServers?: readonly IceServer[];
  /** How sent audio is encoded. */
  readonly audio?: AudioEncoding;
  /** Takes and sends pictures; default none. */
  readonly video?: MeshVideoOptions;
  /** Bounds of the playout delay. */
  readonly playoutDelay?: AdaptiveDelayOptions;
  /** When calling a peer in vain is given up for a while. */
  readonly circuitBreaker?: CircuitBreakerOptions;
  /** How the peers' sound is kept in step. */
  readonly alignment?: PlayoutAlignmentOptions;
  /** Remembers what is received, to be written when something went wrong. */
  readonly flightRecorder?: FlightRecorder;
  /** Longest time a connection may take, in ms; default 5000. */
  readonly connectTimeoutMs?: number;
  readonly clock?: Clock;
  /** Source of random numbers in [0, 1). */
  readonly random?: () => number;
}

/** What a mesh tells. */
export interface MeshEvents {
  /** Media and messages can flow to and from a peer. */
  readonly 'peer-connected': { readonly peerId: string };
  readonly 'peer-disconnected': {
    readonly peerId: string;
    readonly reason: LinkCloseReason;
    /** More than the reason, for a log. */
    readonly detail: string;
    /** What the connection had measured. */
    readonly last: LinkStatistics;
  };
  /** An application message of a peer. */
  readonly message: { readonly from: string; readonly payload: JsonValue };
  /** A peer opened a data channel to this node. */
  readonly channel: { readonly channel: NodeDataChannel };
  /** A peer published the states of its end of the connection. */
  readonly 'remote-states': { readonly from: string; readonly states: PeerConnectionStates };
  /** This node is in the room: for the first time, or again after its signaling was lost. */
  readonly 'signaling-connected': { readonly peers: number };
  /** The signaling connection was lost and is being made again; media goes on. */
  readonly 'signaling-lost': { readonly cause: Error };
  /**
   * This node is in the room no longer and does not come back by itself: an admin removed it, or it
   * joined again elsewhere. The mesh is to be closed.
   */
  readonly removed: { readonly reason: string };
  /** A listener threw; the others were called all the same. */
  readonly 'listener-error': { readonly event: string; readonly error: unknown };
}

/** Called on each tick with what is heard of every peer at that instant. */
export type TickListener = (frames: ReadonlyMap<string, AudioFrame>, instant: Micros) => void;

/** Called with each picture when it is due; its memory is used again after the stream's next picture. */
export type PictureListener = (
  picture: ReceivedPicture & { readonly peerId: string },
  instant: Micros,
) => void;

/** A frame of a received picture stream, as it was sent. */
export interface EncodedPicture {
  readonly peerId: string;
  readonly streamId: string | undefined;
  readonly codec: VideoEncodingName;
  readonly frame: AssembledFrame;
}
