import { expect, test } from '@jest/globals';
import { milliseconds, NEVER, requestText, resultText, RpcPeer } from '@rm/signaling-protocol';
import type { Micros, RpcCall, RpcEvent } from '@rm/signaling-protocol';

const at = (ms: number): Micros => milliseconds(ms);

const calls = (events: readonly RpcEvent[]): RpcCall[] =>
  events.flatMap((event) => (event.kind === 'request' ? [event.call] : []));

const batch = (...ids: number[]): string =>
  `[${ids.map((id) => requestText(id, 'work', {})).join(',')}]`;

test('a request times out at its deadline, not before, and its late response is dropped', () => {
  const rpc = new RpcPeer({ requestTimeout: at(100) });
  const request = rpc.request(at(5), 'ask', {});
  expect(request?.deadline).toBe(at(105));
  expect(rpc.nextDeadline).toBe(at(105));
  expect(rpc.expire((at(105) - 1) as Micros)).toEqual([]);
  expect(rpc.expire(at(105))).toEqual([{ kind: 'request-timeout', id: 1 }]);
  expect(rpc.nextDeadline).toBe(NEVER);
  expect(rpc.receive(at(106), resultText(1, true))).toEqual([
    { kind: 'dropped', reason: 'unmatched-response' },
  ]);
});

test('a response is taken once', () => {
  const rpc = new RpcPeer();
  rpc.request(at(0), 'ask', {});
  expect(rpc.receive(at(1), resultText(1, 7))[0]?.kind).toBe('response');
  expect(rpc.receive(at(1), resultText(1, 7))[0]?.kind).toBe('dropped');
  expect(rpc.receive(at(1), resultText('1', 7))[0]?.kind).toBe('dropped');
});

test('a response of another protocol version is dropped', () => {
  const rpc = new RpcPeer();
  rpc.request(at(0), 'ask', {});
  expect(rpc.receive(at(1), '{"jsonrpc":"1.0","result":7,"id":1}')).toEqual([
    { kind: 'dropped', reason: 'broken-response' },
  ]);
});

test.each([
  ['one byte', 'a', 1],
  ['two bytes', 'é', 2],
  ['three bytes', '€', 3],
  ['four bytes', '😀', 4],
  ['a lone surrogate', '\ud83d', 3],
])('a message is measured in bytes of UTF-8: %s', (_case, character, bytes) => {
  const text = JSON.stringify(['x']).replace('x', character.repeat(100));
  const size = 4 + 100 * bytes;
  const reasons = [size, size - 1].map((maxMessageBytes) => {
    const [event] = new RpcPeer({ limits: { maxMessageBytes } }).receive(at(0), text);
    return event?.kind === 'dropped' && event.reason;
  });
  expect(reasons).toEqual(['invalid-request', 'message-too-large']);
});

test('own requests beyond the limit are refused until one is answered', () => {
  const rpc = new RpcPeer({ maxPendingRequests: 2 });
  rpc.request(at(0), 'ask', {});
  rpc.request(at(0), 'ask', {});
  expect(rpc.request(at(0), 'ask', {})).toBeUndefined();
  rpc.receive(at(1), resultText(1, null));
  expect(rpc.request(at(1), 'ask', {})?.id).toBe(3);
  rpc.forget(3);
  expect(rpc.request(at(1), 'ask', {})?.id).toBe(4);
});

test('received requests beyond the limit are answered as busy', () => {
  const rpc = new RpcPeer({ maxPendingCalls: 1 });
  rpc.receive(at(0), requestText(1, 'work', {}));
  const events = rpc.receive(at(0), requestText(2, 'work', {}));
  expect(events[0]).toEqual({ kind: 'dropped', reason: 'too-many-calls' });
  const [, reply] = events;
  expect(reply?.kind === 'send' && JSON.parse(reply.text)).toMatchObject({
    error: { code: -32015 },
    id: 2,
  });
});

test('a batch is answered in one text when its last request is', () => {
  const rpc = new RpcPeer();
  const [first, second, third] = calls(rpc.receive(at(0), batch(1, 2, 3)));
  if (first === undefined || second === undefined || third === undefined) throw new Error('three');
  expect(rpc.respond(third, 'c')).toBeUndefined();
  expect(rpc.isPending(third)).toBe(false);
  expect(rpc.respond(first, 'a')).toBeUndefined();
  const text = rpc.reject(second, { code: -32000, message: 'gone' });
  expect(JSON.parse(text ?? '')).toEqual([
    { jsonrpc: '2.0', result: 'c', id: 3 },
    { jsonrpc: '2.0', result: 'a', id: 1 },
    { jsonrpc: '2.0', error: { code: -32000, message: 'gone' }, id: 2 },
  ]);
});

test('a request is answered once; it stays due until then', () => {
  const rpc = new RpcPeer({ callTimeout: at(10) });
  const [call] = calls(rpc.receive(at(0), requestText('x', 'work', {})));
  if (call === undefined) throw new Error('one');
  expect(rpc.nextDeadline).toBe(at(10));
  expect(rpc.expire(at(10))).toEqual([{ kind: 'call-timeout', call }]);
  expect(rpc.expire(at(11))).toEqual([{ kind: 'call-timeout', call }]);
  expect(rpc.respond(call, undefined)).toBe('{"jsonrpc":"2.0","result":null,"id":"x"}');
  expect(rpc.respond(call, 1)).toBeUndefined();
  expect(rpc.reject(call, { code: 1, message: '' })).toBeUndefined();
  expect(rpc.expire(at(12))).toEqual([]);
});
