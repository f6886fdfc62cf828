/**
 * Why the server could not start:
 * - `PORT_IN_USE`: another program listens there.
 * - `PORT_FORBIDDEN`: this user may not listen there.
 * - `HOST_INVALID`: the host is no address of this machine.
 * - `HOST_INSECURE`: other machines would reach a server that asks for no tokens.
 * - `JWT_KEYS_INVALID`: the file of keys cannot be used.
 * - `TLS_INVALID`: certificate and key cannot be used.
 * - `ICE_SERVERS_INVALID`: a STUN or TURN address, or the TURN secret, cannot be used.
 * - `INVALID_OPTION`: a limit is no whole number within its range, or a path is none.
 * - `REDIS_INVALID`: the URL of Redis is none.
 * - `REDIS_UNAVAILABLE`: Redis cannot be reached, lets nobody in, or is too old.
 * - `LISTEN_FAILED`: anything else; `cause` has it.
 */
export type SignalingServerErrorCode =
  | 'PORT_IN_USE'
  | 'PORT_FORBIDDEN'
  | 'HOST_INVALID'
  | 'HOST_INSECURE'
  | 'JWT_KEYS_INVALID'
  | 'TLS_INVALID'
  | 'ICE_SERVERS_INVALID'
  | 'INVALID_OPTION'
  | 'REDIS_INVALID'
  | 'REDIS_UNAVAILABLE'
  | 'LISTEN_FAILED';

/** Thrown when the server cannot start; the message is one line and says what to do. */
export class SignalingServerError extends Error {
  override readonly name = 'SignalingServerError';
  readonly code: SignalingServerErrorCode;

  constructor(code: SignalingServerErrorCode, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** What the system's `error` means for someone who wanted to listen on `host` and `port`. */
export function listenError(
  error: NodeJS.ErrnoException,
  host: string | undefined,
  port: number,
): SignalingServerError {
  const where = host === undefined ? `port ${port}` : `port ${port} of ${host}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new SignalingServerError(
        'PORT_IN_USE',
        `${where} is in use; stop what listens there or choose another port`,
        error,
      );
    case 'EACCES':
      return new SignalingServerError(
        'PORT_FORBIDDEN',
        `this user may not listen on ${where}; choose a port above 1023`,
        error,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return new SignalingServerError(
        'HOST_INVALID',
        `${host} is no address of this machine; give one that is, or none for all interfaces`,
        error,
      );
    case undefined:
    default:
      return new SignalingServerError(
        'LISTEN_FAILED',
        `cannot listen on ${where} (${error.message}); choose another host or port`,
        error,
      );
  }
}
