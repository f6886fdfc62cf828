/** A mistake on the command line: shown as one line, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

/** A file that cannot be read or replayed: shown as one line, exit status 1. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly code = 'CAPTURE';
}
