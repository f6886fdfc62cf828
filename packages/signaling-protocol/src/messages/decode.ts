import type * as z from 'zod';
import { ErrorCode } from '../error-codes.js';
import type { JsonRpcError, JsonRpcParams } from '../json-rpc/index.js';
import { METHODS } from './methods.js';
import type { ClientCall, HubCall, MethodName } from './methods.js';

/** A checked value, or the error to answer with. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: JsonRpcError };

/** Checks a call that reached a client; unknown fields are removed. Never throws. */
export const decodeForClient = (
  method: string,
  params: JsonRpcParams | undefined,
): Decoded<ClientCall> => decodeCall<ClientCall>(clientSchema(method), method, params);

/** Whether the protocol has a method of this name. */
export const isMethod = (name: string): name is MethodName => Object.hasOwn(METHODS, name);

/** Whether `method` is useless without an id, because its result is the point of it. */
export const isRequest = (method: MethodName): boolean => REQUESTS.has(method);

const REQUESTS: ReadonlySet<string> = new Set(
  Object.entries(METHODS).flatMap(([method, definition]) =>
    'result' in definition ? [method] : [],
  ),
);

/** Checks `value` against a schema of the table; the error names at most five fields. */
export function decodeValue<S extends z.ZodType>(
  schema: S,
  value: unknown,
  subject: string,
): Decoded<z.output<S>> {
  if (Array.isArray(value) || value === undefined) {
    return invalidParams(`${subject} takes its fields by name, in an object`);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return { ok: true, value: checked.data };
  const issues = checked.error.issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => ({ field: path.join('.').slice(0, MAX_PATH_LENGTH), message }));
  const [worst] = issues;
  const where = worst === undefined ? '' : `: ${worst.field}: ${worst.message}`;
  return invalidParams(`${subject} is invalid${where}`, { issues });
}

const MAX_ISSUES = 5;
const MAX_PATH_LENGTH = 128;

/** An invalid-params failure that says what is wrong. */
const invalidParams = (
  message: string,
  data?: unknown,
): { readonly ok: false; readonly error: JsonRpcError } => ({
  ok: false,
  error: {
    code: ErrorCode.INVALID_PARAMS,
    message,
    ...(data === undefined ? {} : { data }),
  },
});

/** Checks `params` against the schema of `method` on one side; there is none if it is not called there. */
export function decodeCall<Call extends HubCall | ClientCall>(
  schema: z.ZodType | undefined,
  method: string,
  params: JsonRpcParams | undefined,
): Decoded<Call> {
  if (schema === undefined) {
    const error = { code: ErrorCode.METHOD_NOT_FOUND, message: 'no such method here' };
    return { ok: false, error };
  }
  const decoded = decodeValue(schema, params ?? {}, method);
  // The table pairs each method with its schema, which the type of `Call` is made from.
  return decoded.ok
    ? { ok: true, value: { method, params: decoded.value } as unknown as Call }
    : decoded;
}

function clientSchema(method: string): z.ZodType | undefined {
  if (!isMethod(method)) return undefined;
  const definition = METHODS[method];
  return 'toClient' in definition ? definition.toClient : undefined;
}
