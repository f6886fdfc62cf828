/** There can be no laboratory here: not Linux, not root, no namespaces, or no Python. The message says what to do. */
export class LabUnavailableError extends Error {
  override readonly name = 'LabUnavailableError';
  readonly code = 'LAB_UNAVAILABLE';
}

/** A profile, link or value that the laboratory does not know, or a laboratory that is over. */
export class LabCommandError extends Error {
  override readonly name = 'LabCommandError';
  readonly code = 'LAB_COMMAND';
}
