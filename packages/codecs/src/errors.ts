/** Thrown when a call breaks a documented precondition; `code` is `BAD_ARGUMENT`. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
  readonly code = 'BAD_ARGUMENT';
}

/** Thrown when an engine is asked for more than its `capabilities` declare; `code` is `UNSUPPORTED`. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
  readonly code = 'UNSUPPORTED';
}

/** Thrown when an encoder or decoder is used after its `close()`; `code` is `CLOSED`. */
export class ClosedError extends Error {
  override readonly name = 'ClosedError';
  readonly code = 'CLOSED';
}

/** Thrown when a codec library failed over a call and could not serve it even afresh; `code` is `ABORTED`. */
export class AbortedError extends Error {
  override readonly name = 'AbortedError';
  readonly code = 'ABORTED';
}
