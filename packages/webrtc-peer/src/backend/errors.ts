/** Thrown when a transport is asked for something after `close()`. */
export class TransportClosedError extends Error {
  override readonly name = 'TransportClosedError';
  readonly code = 'TRANSPORT_CLOSED';
  constructor() {
    super('the transport is closed; create a new one with backend.createTransport()');
  }
}

/** Thrown when the parameters of the other side cannot be used. */
export class TransportParametersError extends Error {
  override readonly name = 'TransportParametersError';
  readonly code = 'INVALID_DESCRIPTION';
  constructor(reason: string) {
    super(`the other side's transport parameters cannot be used: ${reason}`);
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
