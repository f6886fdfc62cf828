export { ERROR_MEANINGS, ErrorCode } from './error-codes.js';
export type { ErrorMeaning, ErrorName } from './error-codes.js';
export { SUB_PROTOCOL } from './sub-protocol.js';
export { milliseconds, NEVER } from './time.js';
export type { Micros } from './time.js';
export {
  batchText,
  DEFAULT_JSON_RPC_LIMITS,
  errorText,
  notificationText,
  parseJsonRpc,
  requestText,
  resultText,
  RpcPeer,
} from './json-rpc/index.js';
export type {
  IncomingMessage,
  JsonRpcError,
  JsonRpcId,
  JsonRpcLimits,
  JsonRpcParams,
  ParsedText,
  ParseFailure,
  ParseResult,
  PendingBatch,
  RpcCall,
  RpcDrop,
  RpcEvent,
  RpcOutcome,
  RpcPeerOptions,
  RpcRequest,
  RpcTimeout,
} from './json-rpc/index.js';
export {
  decodeForClient,
  decodeForHub,
  FieldLimit,
  isSessionDescription,
  METHODS,
} from './messages/index.js';
export type {
  ClientCall,
  ClientMethod,
  ClientParams,
  ConnectionState,
  Decoded,
  HubCall,
  HubMethod,
  HubParams,
  IceConnectionState,
  IceGatheringState,
  IceServer,
  LeaveReason,
  MethodName,
  ResultOf,
  SignalingState,
  WirePeerInfo,
} from './messages/index.js';
export {
  ClientEngine,
  RpcError,
  SignalingClient,
  SignalingError,
  TypedEvents,
} from './client/index.js';
export type {
  AbortOptions,
  AbortSignalLike,
  ClientDrop,
  ClientOptions,
  EngineEvent,
  EngineOutput,
  IceCandidate,
  IncomingOffer,
  PeerConnectionStates,
  PeerInfo,
  ReceivedOffer,
  SessionDescription,
  SignalingClientOptions,
  SignalingErrorCode,
  SignalingEvents,
  SignalingRuntime,
  SocketEnd,
  SocketLike,
} from './client/index.js';
