import type { JsonRpcError } from '../json-rpc/index.js';

/**
 * Why a signaling call failed on this side:
 * - `INVALID_ARGUMENT`: own misuse, such as a peer id with a space; correct the argument.
 * - `INVALID_URL`: the socket could not even be created; correct the URL.
 * - `UNREACHABLE`: no WebSocket came about, or it closed before the announcement was answered.
 * - `TIMEOUT`: connected or announced too slowly.
 * - `PEER_ID_TAKEN`, `ROOM_FULL`, `REFUSED`: the server refused the announcement; `cause` is its
 *   {@link RpcError}.
 * - `NOT_CONNECTED`: there is no announced connection now; wait for `connected`.
 * - `CONNECTION_LOST`: the connection was lost before the response came; try after `connected`.
 * - `TOO_MANY_REQUESTS`: too many own requests wait for their responses.
 * - `ALREADY_CONNECTED`: `connect()` was called twice.
 * - `ALREADY_ANSWERED`: an offer was answered or rejected before.
 * - `CLOSED`: the client was closed; make another one.
 */
export type SignalingErrorCode =
  | 'INVALID_ARGUMENT'
  | 'INVALID_URL'
  | 'UNREACHABLE'
  | 'TIMEOUT'
  | 'PEER_ID_TAKEN'
  | 'ROOM_FULL'
  | 'REFUSED'
  | 'NOT_CONNECTED'
  | 'CONNECTION_LOST'
  | 'TOO_MANY_REQUESTS'
  | 'ALREADY_CONNECTED'
  | 'ALREADY_ANSWERED'
  | 'CLOSED';

/** A failure on this side of the connection, or of the connection; `code` says which. */
export class SignalingError extends Error {
  override readonly name = 'SignalingError';
  readonly code: SignalingErrorCode;

  constructor(code: SignalingErrorCode, message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A request that the other end answered with an error, or not in time; `code` as on the wire. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly data: unknown;

  constructor({ code, message, data }: JsonRpcError) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
