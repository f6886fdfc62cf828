export type { IncomingMessage, JsonRpcError, JsonRpcId, JsonRpcParams } from './message.js';
export { DEFAULT_JSON_RPC_LIMITS } from './limits.js';
export type { JsonRpcLimits } from './limits.js';
export { parseJsonRpc } from './parse.js';
export type { ParsedText, ParseFailure, ParseResult } from './parse.js';
export { parseFailureError } from './parse-failure.js';
export { batchText, errorText, notificationText, requestText, resultText } from './serialize.js';
export { RpcPeer } from './rpc-peer.js';
export type {
  PendingBatch,
  RpcCall,
  RpcDrop,
  RpcEvent,
  RpcOutcome,
  RpcPeerOptions,
  RpcRequest,
  RpcTimeout,
} from './rpc-peer.js';
