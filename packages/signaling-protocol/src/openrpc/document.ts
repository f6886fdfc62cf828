import * as z from 'zod';
import { ERROR_MEANINGS, ErrorCode } from '../error-codes.js';
import type { ErrorName } from '../error-codes.js';
import { METHODS } from '../messages/index.js';
import { METHOD_DOCS } from './method-docs.js';
import type { MethodDoc } from './method-docs.js';

/** A JSON Schema of draft 7, which OpenRPC builds on. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A named value: a parameter or a result. */
export interface ContentDescriptor {
  readonly name: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

/** A named value as it may be on the wire. */
export interface ExampleValue {
  readonly name: string;
  readonly value: unknown;
}

/** One whole call, with its result if it has one. */
export interface ExamplePairing {
  readonly name: string;
  readonly params: readonly ExampleValue[];
  readonly result?: ExampleValue;
}

/** Which way a method travels. */
export type Direction = 'to-server' | 'to-client' | 'both';

/** Parameters in one direction, and an example of them. */
export interface DirectedParams {
  readonly params: readonly ContentDescriptor[];
  readonly examples: readonly ExamplePairing[];
}

/** A method; one without `result` is a notification. */
export interface OpenRpcMethod extends DirectedParams {
  readonly name: string;
  readonly summary: string;
  readonly paramStructure: 'by-name';
  readonly result?: ContentDescriptor;
  readonly errors: readonly { readonly $ref: string }[];
  readonly 'x-direction': Direction;
  /** What a client receives of a method that travels both ways. */
  readonly 'x-to-client'?: DirectedParams;
}

/** An OpenRPC 1.4 document; plain JSON. */
export interface OpenRpcDocument {
  readonly openrpc: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly methods: readonly OpenRpcMethod[];
  readonly components: {
    readonly errors: Readonly<Record<string, { readonly code: number; readonly message: string }>>;
  };
}

/** The schemas of a method, by who receives what. */
export interface MethodSchemas {
  readonly toHub?: z.ZodType;
  readonly toClient?: z.ZodType;
  readonly result?: z.ZodType;
}

/** Thrown when documentation and schemas of a method do not cover each other. */
export class MethodDocError extends Error {
  override readonly name = 'MethodDocError';
  readonly code = 'METHOD_DOC_MISMATCH';

  constructor(method: string, problem: string) {
    super(`${method} ${problem} in src/openrpc/method-docs.ts, then run npm run generate`);
  }
}

/** Errors that any request may end with (JSON-RPC 2.0 §5.1). */
const COMMON_ERRORS: readonly ErrorName[] = [
  'INVALID_REQUEST',
  'METHOD_NOT_FOUND',
  'INVALID_PARAMS',
  'INTERNAL_ERROR',
];

/**
 * Describes `rm.signaling.v1` as an OpenRPC 1.4 document: every method of `METHODS` with the JSON
 * Schemas of its parameters and result, its errors and an example. OpenRPC knows no direction, so
 * `x-direction` names it, and `x-to-client` holds what clients receive where that differs.
 */
export function openRpcDocument(): OpenRpcDocument {
  return {
    openrpc: '1.4.0',
    info: {
      title: 'rm.signaling.v1',
      version: '1.0.0',
      description:
        'How the peers of a WebRTC mesh find each other: JSON-RPC 2.0 over WebSocket, one text per message, parameters by name.',
    },
    methods: describeMethods(METHODS, METHOD_DOCS),
    components: { errors: describeErrors() },
  };
}

/** Joins schemas and documentation; throws {@link MethodDocError} where one lacks the other. */
export function describeMethods(
  methods: Readonly<Record<string, MethodSchemas>>,
  docs: Readonly<Record<string, MethodDoc>>,
): OpenRpcMethod[] {
  for (const name of Object.keys(docs)) {
    if (!Object.hasOwn(methods, name)) {
      throw new MethodDocError(name, 'is documented but no method of METHODS: remove it');
    }
  }
  return Object.entries(methods).map(([name, schemas]) => {
    const doc = Object.hasOwn(docs, name) ? docs[name] : undefined;
    if (doc === undefined) {
      throw new MethodDocError(name, 'has no documentation: add summary, errors and examples');
    }
    return describeMethod(name, schemas, doc);
  });
}

function describeMethod(name: string, schemas: MethodSchemas, doc: MethodDoc): OpenRpcMethod {
  for (const part of ['toHub', 'toClient', 'result'] as const) {
    if (schemas[part] !== undefined && doc[part] === undefined) {
      throw new MethodDocError(name, `has no example of ${part}: add one`);
    }
    if (schemas[part] === undefined && doc[part] !== undefined) {
      throw new MethodDocError(name, `has an example of ${part} but no such schema: remove it`);
    }
  }
  const toHub = directed(name, schemas, doc, 'toHub');
  const toClient = directed(name, schemas, doc, 'toClient');
  const main = toHub ?? toClient;
  if (main === undefined) throw new MethodDocError(name, 'is received by nobody: remove it');
  return {
    name,
    summary: doc.summary,
    paramStructure: 'by-name',
    ...main,
    ...(schemas.result === undefined
      ? {}
      : { result: { name: 'result', required: true, schema: jsonSchema(schemas.result) } }),
    errors: (toHub === undefined ? doc.errors : [...COMMON_ERRORS, ...doc.errors]).map((error) => ({
      $ref: `#/components/errors/${error}`,
    })),
    'x-direction':
      toHub === undefined ? 'to-client' : toClient === undefined ? 'to-server' : 'both',
    ...(toHub === undefined || toClient === undefined ? {} : { 'x-to-client': toClient }),
  };
}

function directed(
  method: string,
  schemas: MethodSchemas,
  doc: MethodDoc,
  side: 'toHub' | 'toClient',
): DirectedParams | undefined {
  const schema = schemas[side];
  const example = doc[side];
  if (schema === undefined || example === undefined) return undefined;
  const { properties, required = [] } = jsonSchema(schema);
  if (properties === undefined) {
    throw new MethodDocError(method, `takes no object as ${side}: make it one, and document it`);
  }
  const all = Object.entries(properties).map(([name, property]) => ({
    name,
    required: required.includes(name),
    schema: property as JsonSchema,
  }));
  // OpenRPC wants the optional ones last, though here they go by name.
  const params = [...all.filter((p) => p.required), ...all.filter((p) => !p.required)];
  const values = Object.entries(example).map(([name, value]) => ({ name, value }));
  const result = doc.result === undefined ? {} : { result: { name: 'result', value: doc.result } };
  return { params, examples: [{ name: 'example', params: values, ...result }] };
}

/** What a receiver takes: unknown fields are let through, fields with a default may be absent. */
function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  return rest;
}

const describeErrors = (): OpenRpcDocument['components']['errors'] =>
  Object.fromEntries(
    Object.entries(ERROR_MEANINGS).map(([name, { cause, remedy }]) => [
      name,
      { code: ErrorCode[name as ErrorName], message: `${cause}; ${remedy}` },
    ]),
  );
