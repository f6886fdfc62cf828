import { ErrorCode } from '../error-codes.js';
import type { SocketEnd } from './engine-io.js';
import { SignalingError } from './errors.js';
import type { RpcError, SignalingErrorCode } from './errors.js';
import type { ClientSettings } from './options.js';

export const closedError = (): SignalingError =>
  new SignalingError('CLOSED', 'the signaling client was closed; make another one');

export const notConnected = (): SignalingError =>
  new SignalingError('NOT_CONNECTED', 'not connected to signaling now; wait for "connected"');

export const unreachable = (url: string, end: SocketEnd): SignalingError =>
  new SignalingError(
    'UNREACHABLE',
    `no signaling at ${url} (${describe(end)}); check the address and that the server runs`,
  );

export const lostError = (url: string, end: SocketEnd): SignalingError =>
  new SignalingError(
    'CONNECTION_LOST',
    `the connection to ${url} was lost (${describe(end)}); it is made again, wait for "connected"`,
  );

export const timeoutError = ({ url, connectTimeout }: ClientSettings): SignalingError =>
  new SignalingError(
    'TIMEOUT',
    `${url} did not answer within ${connectTimeout / 1_000} ms; check that it is a signaling server`,
  );

export const silentError = (url: string): SignalingError =>
  new SignalingError(
    'CONNECTION_LOST',
    `${url} is silent even when asked; the connection is made again, wait for "connected"`,
  );

export const notKept = (url: string): SignalingError =>
  new SignalingError(
    'CONNECTION_LOST',
    `too much was sent while the connection to ${url} was lost to keep it all; send this again`,
  );

export const notResumed = (url: string): SignalingError =>
  new SignalingError(
    'CONNECTION_LOST',
    `the place at ${url} could not be resumed and what was under way is lost; send it again`,
  );

export const invalidUrl = (url: string, cause: unknown): SignalingError =>
  new SignalingError('INVALID_URL', `cannot open a WebSocket to ${url}; give a ws: or wss: URL`, {
    cause,
  });

/** Why the server would not have this peer. */
export function announceError(
  { url, announcement }: ClientSettings,
  cause: RpcError,
): SignalingError {
  const { peer_id: peerId, room } = announcement;
  const refused = (code: SignalingErrorCode, message: string): SignalingError =>
    new SignalingError(code, message, { cause });
  switch (cause.code) {
    case ErrorCode.PEER_ID_TAKEN:
      return refused(
        'PEER_ID_TAKEN',
        `peer id ${peerId} is taken in room ${room} at ${url}; ${remedy(cause)}`,
      );
    case ErrorCode.TOO_MANY_PEERS:
      return refused('ROOM_FULL', `room ${room} at ${url} is full; choose another or wait`);
    default:
      return refused(
        'REFUSED',
        `${url} refused to announce ${peerId} in room ${room} (${cause.message}); correct that`,
      );
  }
}

const describe = ({ code, reason, error }: SocketEnd): string =>
  [error, `code ${code}`, reason].filter((part) => part !== undefined && part !== '').join(', ');

/** What to do about an id that is taken: the server says how long it is kept for a peer that is away. */
function remedy({ data }: RpcError): string {
  const { retry_after_ms: ms } = (data ?? {}) as { readonly retry_after_ms?: unknown };
  if (typeof ms !== 'number') return 'choose another';
  return `it is kept for a peer that lost its connection: choose another, or try again in ${Math.ceil(ms / 1_000)} s`;
}
