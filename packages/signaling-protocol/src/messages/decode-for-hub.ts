import * as z from 'zod';
import type { JsonRpcParams } from '../json-rpc/index.js';
import { decodeCall, decodeValue } from './decode.js';
import type { Decoded } from './decode.js';
import { METHODS } from './methods.js';
import type { HubCall, ResultOf } from './methods.js';

/** A method as the hub receives it. */
interface Known {
  /** Equal to the name that was received, but one text every time, which is sooner looked up. */
  readonly method: string;
  readonly schema: z.ZodType;
}

/**
 * Methods whose schemas were compiled, when they were first needed: the hub checks every message
 * that peers send one another. Clients do not, in whose pages code made at run time may be forbidden.
 */
const compiled = new Map<string, Known>();

/** Checks a call that reached the hub; unknown fields are removed. Never throws. */
export function decodeForHub(method: string, params: JsonRpcParams | undefined): Decoded<HubCall> {
  const known = compiled.get(method) ?? compile(method);
  return decodeCall<HubCall>(known?.schema, known?.method ?? method, params);
}

function compile(received: string): Known | undefined {
  for (const [method, definition] of Object.entries(METHODS)) {
    if (method !== received || !('toHub' in definition)) continue;
    const known = { method, schema: z.compile(definition.toHub) };
    compiled.set(method, known);
    return known;
  }
  return undefined;
}

let answer: z.ZodType<ResultOf<'peer.offer'>> | undefined;

/** Checks the answer to an offer on its way through the hub; unknown fields are removed. */
export function decodeAnswer(result: unknown): Decoded<ResultOf<'peer.offer'>> {
  answer ??= z.compile(METHODS['peer.offer'].result);
  return decodeValue(answer, result, 'the answer');
}
