/** An error on its way to another thread: structured clones lose `code`, and names that are not the language's own. */
export interface ThreadError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: unknown;
  readonly cause: ThreadError | undefined;
}

/** Causes that are told of an error. */
const MAX_CAUSES = 4;
const BUILT_IN = { RangeError, TypeError, SyntaxError } as const;

/** What another thread is told of something thrown. */
export function describeError(thrown: unknown, causes: number = MAX_CAUSES): ThreadError {
  if (typeof thrown !== 'object' || thrown === null || !('message' in thrown))
    return {
      name: 'Error',
      message: String(thrown),
      stack: undefined,
      code: undefined,
      cause: undefined,
    };
  const { name, message, stack, code, cause } = thrown as Record<string, unknown>;
  return {
    name: String(name),
    message: String(message),
    stack: typeof stack === 'string' ? stack : undefined,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    cause: cause === undefined || causes === 0 ? undefined : describeError(cause, causes - 1),
  };
}

/** The error that another thread told of, by its name, code, message and stack. Its class is told by its name only. */
export function revivedError({ name, message, stack, code, cause }: ThreadError): Error {
  const Class = name in BUILT_IN ? BUILT_IN[name as keyof typeof BUILT_IN] : Error;
  const error = new Class(message, cause && { cause: revivedError(cause) });
  const told = { name, stack, ...(code !== undefined && { code }) };
  for (const [key, value] of Object.entries(told))
    Object.defineProperty(error, key, { value, configurable: true, writable: true });
  return error;
}
