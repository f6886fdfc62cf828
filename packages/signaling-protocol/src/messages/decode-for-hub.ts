import * as z from 'zod';
import type { JsonRpcParams } from '../json-rpc/index.js';
import { decodeCall, isMethod } from './decode.js';
import type { Decoded } from './decode.js';
import { METHODS } from './methods.js';
import type { HubCall } from './methods.js';

/**
 * The schemas of what a hub receives, compiled when they are first needed: it checks every message
 * that peers send one another. Clients do not, in whose pages code made at run time may be forbidden.
 */
const compiled = new Map<string, z.ZodType>();

/** Checks a call that reached the hub; unknown fields are removed. Never throws. */
export const decodeForHub = (method: string, params: JsonRpcParams | undefined): Decoded<HubCall> =>
  decodeCall<HubCall>(compiled.get(method) ?? compile(method), method, params);

function compile(method: string): z.ZodType | undefined {
  if (!isMethod(method)) return undefined;
  const definition = METHODS[method];
  if (!('toHub' in definition)) return undefined;
  const schema = z.compile(definition.toHub);
  compiled.set(method, schema);
  return schema;
}
