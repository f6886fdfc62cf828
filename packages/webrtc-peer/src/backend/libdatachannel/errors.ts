/** Thrown when a backend cannot be loaded here. */
export class BackendUnavailableError extends Error {
  override readonly name = 'BackendUnavailableError';
  readonly code = 'BACKEND_UNAVAILABLE';
  constructor(reason: string, options?: ErrorOptions) {
    super(`the libdatachannel backend is not available: ${reason}`, options);
  }
}

/** Thrown when ICE is to begin anew over a backend that cannot do it. */
export class IceRestartError extends Error {
  override readonly name = 'IceRestartError';
  readonly code = 'ICE_RESTART_UNAVAILABLE';
  constructor() {
    super('libdatachannel cannot restart ICE; close the transport and make a new connection');
  }
}
