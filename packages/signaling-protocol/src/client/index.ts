export { SignalingClient } from './signaling-client.js';
export type { AbortOptions, SignalingClientOptions } from './signaling-client.js';
export { ClientEngine } from './client-engine.js';
export type {
  ClientDrop,
  EngineEvent,
  EngineOutput,
  ReceivedOffer,
  SocketEnd,
} from './engine-io.js';
export type { ClientOptions } from './options.js';
export { TypedEvents } from './typed-events.js';
export { RpcError, SignalingError } from './errors.js';
export type { SignalingErrorCode } from './errors.js';
export type { AbortSignalLike, SignalingRuntime, SocketLike } from './runtime.js';
export type {
  IceCandidate,
  IncomingOffer,
  PeerConnectionStates,
  PeerInfo,
  SessionDescription,
  SignalingEvents,
} from './types.js';
