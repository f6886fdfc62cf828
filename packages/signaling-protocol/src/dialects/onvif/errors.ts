import { ErrorCode } from '../../error-codes.js';
import type { JsonRpcError } from '../../json-rpc/index.js';

/** Codes of faults in the ONVIF WebRTC specification, by the sections of its methods. */
export const Fault = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  REQUEST_TIMEOUT: 408,
  GONE: 410,
  TEMPORARILY_UNAVAILABLE: 480,
} as const;

/** Codes of those of its error notifications that a server sends by itself. */
export const Notice = {
  PEER_DISCONNECTED: 1002,
  MALFORMED_CANDIDATE: 1003,
} as const;

type Codes = ReadonlyMap<number, number>;

/** What the hub's errors are called in answer to each method; others keep their codes. */
export const FAULTS: Readonly<Record<'register' | 'connect' | 'extend' | 'invite', Codes>> = {
  register: new Map([[ErrorCode.FORBIDDEN, Fault.UNAUTHORIZED]]),
  connect: new Map([
    [ErrorCode.NOT_ANNOUNCED, Fault.UNAUTHORIZED],
    [ErrorCode.FORBIDDEN, Fault.FORBIDDEN],
    [ErrorCode.PEER_NOT_FOUND, Fault.TEMPORARILY_UNAVAILABLE],
    [ErrorCode.CONNECTION_FAILED, Fault.TEMPORARILY_UNAVAILABLE],
    [ErrorCode.TIMEOUT, Fault.TEMPORARILY_UNAVAILABLE],
    [ErrorCode.TOO_MANY_REQUESTS, Fault.TEMPORARILY_UNAVAILABLE],
  ]),
  extend: new Map([
    [ErrorCode.FORBIDDEN, Fault.FORBIDDEN],
    [ErrorCode.PEER_NOT_FOUND, Fault.FORBIDDEN],
    [ErrorCode.CONNECTION_FAILED, Fault.FORBIDDEN],
  ]),
  invite: new Map([
    [ErrorCode.INVALID_PARAMS, Fault.BAD_REQUEST],
    [ErrorCode.OFFER_INVALID, Fault.BAD_REQUEST],
    [ErrorCode.FORBIDDEN, Fault.FORBIDDEN],
    [ErrorCode.TIMEOUT, Fault.REQUEST_TIMEOUT],
    [ErrorCode.PEER_NOT_FOUND, Fault.GONE],
    [ErrorCode.CONNECTION_FAILED, Fault.GONE],
  ]),
};

/** `error` under the code that `codes` has for it. */
export const faultOf = (codes: Codes, error: JsonRpcError): JsonRpcError => ({
  ...error,
  code: codes.get(error.code) ?? error.code,
});

/** What a client's fault is called in the hub; a method it does not have is a call not taken. */
export function errorOf({ code, message }: JsonRpcError): JsonRpcError {
  switch (code) {
    case Fault.BAD_REQUEST:
      return { code: ErrorCode.OFFER_INVALID, message };
    case Fault.REQUEST_TIMEOUT:
      return { code: ErrorCode.TIMEOUT, message };
    case Fault.GONE:
      return { code: ErrorCode.PEER_NOT_FOUND, message };
    default: {
      const isSignaling = code <= ErrorCode.PEER_NOT_FOUND && code > ErrorCode.INVALID_REQUEST;
      return { code: isSignaling ? code : ErrorCode.CONNECTION_FAILED, message };
    }
  }
}

export const NOT_REGISTERED: JsonRpcError = {
  code: Fault.UNAUTHORIZED,
  message: 'not registered; send register first',
};

export const NO_SESSION: JsonRpcError = {
  code: Fault.BAD_REQUEST,
  message: 'no such session, or it has expired; connect again',
};

export const NOT_EXTENDABLE: JsonRpcError = {
  code: Fault.FORBIDDEN,
  message: 'no such session, or it has expired; connect again',
};

export const UNAVAILABLE: JsonRpcError = {
  code: Fault.TEMPORARILY_UNAVAILABLE,
  message: 'the peer is not connected now; connect again later',
};

export const TOO_MANY_SESSIONS: JsonRpcError = {
  code: Fault.TEMPORARILY_UNAVAILABLE,
  message: 'too many sessions; let some expire before connecting again',
};

/** An offer gives way to one of the other side, which is under way already. */
export const GIVES_WAY: JsonRpcError = {
  code: ErrorCode.NEGOTIATION_IN_PROGRESS,
  message: 'this peer offers itself; roll back and answer its offer',
};

export const REPLACED: JsonRpcError = {
  code: ErrorCode.CONNECTION_FAILED,
  message: 'a later offer took the place of this one',
};

export const BUSY: JsonRpcError = {
  code: ErrorCode.TOO_MANY_REQUESTS,
  message: 'the peer has too many sessions; offer again later',
};
