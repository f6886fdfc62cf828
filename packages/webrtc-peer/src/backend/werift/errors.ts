/** Thrown when a transport is asked for something after `close()`. */
export class TransportClosedError extends Error {
  override readonly name = 'TransportClosedError';
  readonly code = 'TRANSPORT_CLOSED';
  constructor() {
    super('the transport is closed; create a new one with backend.createTransport()');
  }
}

/** Thrown when a session description cannot be made or set; the reason is in `cause`. */
export class DescriptionError extends Error {
  override readonly name = 'DescriptionError';
  readonly code = 'DESCRIPTION_REJECTED';
  constructor(doing: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${doing} failed (${reason}); close this transport and negotiate on a new one`, {
      cause,
    });
  }
}

/** Thrown when an ICE server of the configuration cannot be used. */
export class IceServerError extends Error {
  override readonly name = 'IceServerError';
  readonly code = 'INVALID_ICE_SERVER';
  constructor(url: string, reason: string) {
    super(`ICE server "${url}": ${reason}`);
  }
}
