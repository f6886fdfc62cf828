import type { JsonRpcId } from '../json-rpc/index.js';
import type { HubCall } from '../messages/index.js';

/**
 * The parameters of a call as its sender wrote them, from after the brace that opens them to before
 * the one that closes them: so they can be passed on without being written anew. `undefined` where
 * that would not be the same as writing `call`: unless it is written as `JSON.stringify` does, flat,
 * and without fields that the protocol does not have.
 *
 * `text` is the one call that was parsed, `params` what its parameters were then; `id` is undefined
 * for a notification.
 */
export function writtenParams(
  text: string,
  call: HubCall,
  params: object,
  id: JsonRpcId | undefined,
  seq: number | undefined,
): string | undefined {
  const head = `{"jsonrpc":"2.0","method":"${call.method}","params":{`;
  const written = between(text, head, id, seq);
  if (written === undefined) return undefined;
  // Of two senders one reader may take the first and another the last, which is the one that is checked.
  const from = written.indexOf(FROM);
  if (from >= 0 && written.includes(FROM, from + FROM.length)) return undefined;
  return haveSameCount(params, call.params) ? written : undefined;
}

/**
 * A call of `from` with parameters as they were written, up to where they end; `said` is the sender
 * that is among them, if one is.
 */
export const writtenCall = (
  method: string,
  from: string,
  said: string | undefined,
  written: string,
): string => {
  const sender = said === undefined ? `"from":"${from}",` : '';
  return `{"jsonrpc":"2.0","method":"${method}","params":{${sender}${written}}`;
};

/** As {@link writtenParams}, of the fields of the result of the one response that is `text`. */
export const writtenResult = (
  text: string,
  id: JsonRpcId,
  seq: number | undefined,
): string | undefined => between(text, '{"jsonrpc":"2.0","result":{', id, seq);

/** Whether as many fields came as were checked, so that none is more than the protocol has. */
export function haveSameCount(came: object, checked: object): boolean {
  let more = 0;
  for (const _ in came) more++;
  for (const _ in checked) more--;
  return more === 0;
}

/** Found sooner than with the quote before it, of which there are many. */
const FROM = 'from"';

function between(
  text: string,
  head: string,
  id: JsonRpcId | undefined,
  seq: number | undefined,
): string | undefined {
  const numbered = seq === undefined ? '}' : `,"seq":${seq}}`;
  const tail = id === undefined ? `}${numbered}` : `},"id":${JSON.stringify(id)}${numbered}`;
  const end = text.length - tail.length;
  // The first brace that closes is that of the fields, so nothing else is among what is passed on.
  if (text.slice(0, head.length) !== head || text.indexOf('}', head.length) !== end) {
    return undefined;
  }
  // By such an escape, and no other, a name can be written otherwise.
  if (!text.endsWith(tail) || text.includes('\\u')) return undefined;
  return text.slice(head.length, end);
}
