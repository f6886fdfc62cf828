export { FieldLimit, isSessionDescription } from './fields.js';
export { METHODS } from './methods.js';
export type {
  ClientCall,
  ClientMethod,
  ClientParams,
  ConnectionState,
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
} from './methods.js';
export { decodeForClient, decodeValue, isMethod, isRequest } from './decode.js';
export type { Decoded } from './decode.js';
export { decodeAnswer, decodeForHub } from './decode-for-hub.js';
