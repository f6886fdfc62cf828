import type { HubCall } from '../messages/index.js';

/**
 * The parameters of a notification as its sender wrote them, from after the brace that opens them to
 * before the one that closes them: so they can be passed on without being written anew. `undefined`
 * where that would not be the same as writing `call`: unless it is written as `JSON.stringify` does,
 * flat, without escapes, and without fields that the protocol does not have.
 *
 * `text` is one notification that was parsed, `params` what its parameters were then.
 */
export function writtenParams(
  text: string,
  call: HubCall,
  params: object,
  seq: number | undefined,
): string | undefined {
  const head = `{"jsonrpc":"2.0","method":"${call.method}","params":{`;
  const tail = seq === undefined ? '}}' : `},"seq":${seq}}`;
  const end = text.length - tail.length;
  // The first brace that closes is that of the parameters, so nothing else is among what is passed on.
  if (text.slice(0, head.length) !== head || text.indexOf('}', head.length) !== end) {
    return undefined;
  }
  if (!text.endsWith(tail) || text.includes('\\')) return undefined;
  // Of two senders one reader may take the first and another the last, which is the one that is checked.
  const from = text.indexOf(FROM);
  if (from >= 0 && text.includes(FROM, from + FROM.length)) return undefined;
  return countOf(params) === countOf(call.params) ? text.slice(head.length, end) : undefined;
}

/** Found sooner than with the quote before it, of which there are many. */
const FROM = 'from"';

/** Fields of an object that came from JSON, or was made of such. */
function countOf(fields: object): number {
  let count = 0;
  for (const _ in fields) count++;
  return count;
}
