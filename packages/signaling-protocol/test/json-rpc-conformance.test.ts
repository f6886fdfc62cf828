import { expect, test } from '@jest/globals';
import { parseJsonRpc, requestText, resultText, RpcPeer } from '@rm/signaling-protocol';
import type { Micros, RpcEvent } from '@rm/signaling-protocol';

const now = 0 as Micros;

/** Answers to `text` from an end that knows `echo` and `fail`; undefined if nothing is sent. */
function exchange(text: string): unknown {
  const rpc = new RpcPeer();
  const sent: string[] = [];
  const send = (reply: string | undefined): void => {
    if (reply !== undefined) sent.push(reply);
  };
  const perform = (event: RpcEvent): void => {
    if (event.kind === 'send') send(event.text);
    if (event.kind !== 'request') return;
    if (event.method === 'echo') send(rpc.respond(event.call, event.params));
    else send(rpc.reject(event.call, { code: -32601, message: 'no such method' }));
  };
  for (const event of rpc.receive(now, text)) perform(event);
  expect(sent.length).toBeLessThanOrEqual(1);
  return sent[0] === undefined ? undefined : (JSON.parse(sent[0]) as unknown);
}

const failed = (code: number, id: unknown): unknown => ({
  jsonrpc: '2.0',
  error: expect.objectContaining({ code }) as unknown,
  id,
});
const echoed = (id: unknown, result: unknown = null): unknown => ({ jsonrpc: '2.0', result, id });
const NOTHING = undefined;
const nested = (depth: number): string =>
  `{"jsonrpc":"2.0","method":"echo","id":1,"params":${'['.repeat(depth)}${']'.repeat(depth)}}`;

const table: readonly (readonly [point: string, text: string, reply: unknown])[] = [
  ['1 broken JSON is a parse error', '{"jsonrpc": "2.0", "method"', failed(-32700, null)],
  [
    '1 a broken batch gets one parse error',
    '[{"jsonrpc":"2.0","method":"echo","id":1},{"jsonrpc"]',
    failed(-32700, null),
  ],
  ['1 an empty text is a parse error', '', failed(-32700, null)],
  ['2 an empty batch gets one error, not an array', '[]', failed(-32600, null)],
  ['3 a batch of one non-message gets an array of one error', '[1]', [failed(-32600, null)]],
  [
    '3 every non-message of a batch gets an error',
    '[1,2,3]',
    [failed(-32600, null), failed(-32600, null), failed(-32600, null)],
  ],
  [
    '4 a batch of notifications gets nothing, not an empty array',
    '[{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","method":"none"}]',
    NOTHING,
  ],
  ['5 a notification is not answered', '{"jsonrpc":"2.0","method":"echo"}', NOTHING],
  ['5 an unknown notification is not answered', '{"jsonrpc":"2.0","method":"none"}', NOTHING],
  ['6 id null is a request', '{"jsonrpc":"2.0","method":"echo","id":null}', echoed(null)],
  ['7 id "1" comes back as a string', '{"jsonrpc":"2.0","method":"echo","id":"1"}', echoed('1')],
  ['7 id 1 comes back as a number', '{"jsonrpc":"2.0","method":"echo","id":1}', echoed(1)],
  ['7 id 1.5 is legal', '{"jsonrpc":"2.0","method":"echo","id":1.5}', echoed(1.5)],
  ['7 id "" is legal', '{"jsonrpc":"2.0","method":"echo","id":""}', echoed('')],
  ['7 id {} is invalid', '{"jsonrpc":"2.0","method":"echo","id":{}}', failed(-32600, null)],
  ['7 id [1] is invalid', '{"jsonrpc":"2.0","method":"echo","id":[1]}', failed(-32600, null)],
  ['7 id true is invalid', '{"jsonrpc":"2.0","method":"echo","id":true}', failed(-32600, null)],
  [
    '7 an id that would come back changed is invalid',
    '{"jsonrpc":"2.0","method":"echo","id":12345678901234567890}',
    failed(-32600, null),
  ],
  [
    '7 an infinite id is invalid',
    '{"jsonrpc":"2.0","method":"echo","id":1e400}',
    failed(-32600, null),
  ],
  [
    '7 an endless id is invalid',
    `{"jsonrpc":"2.0","method":"echo","id":"${'x'.repeat(257)}"}`,
    failed(-32600, null),
  ],
  ['8 jsonrpc 1.0 is refused', '{"jsonrpc":"1.0","method":"echo","id":1}', failed(-32600, 1)],
  ['8 jsonrpc as a number is refused', '{"jsonrpc":2.0,"method":"echo","id":1}', failed(-32600, 1)],
  ['8 a missing jsonrpc is refused', '{"method":"echo","id":1}', failed(-32600, 1)],
  [
    '9 params null are refused',
    '{"jsonrpc":"2.0","method":"echo","params":null,"id":1}',
    failed(-32600, 1),
  ],
  [
    '9 params as a string are refused',
    '{"jsonrpc":"2.0","method":"echo","params":"bar","id":1}',
    failed(-32600, 1),
  ],
  [
    '9 params by position are legal',
    '{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}',
    echoed(1, [1]),
  ],
  [
    '9 a method that is no string is refused',
    '{"jsonrpc":"2.0","method":1,"params":"bar"}',
    failed(-32600, null),
  ],
  [
    '10 an empty success has a null result',
    '{"jsonrpc":"2.0","method":"echo","id":1}',
    echoed(1, null),
  ],
  [
    '10 a message with method and result is refused',
    '{"jsonrpc":"2.0","method":"echo","result":1,"id":1}',
    failed(-32600, 1),
  ],
  [
    '10 a response with result and error is dropped',
    '{"jsonrpc":"2.0","result":1,"error":{"code":1,"message":""},"id":1}',
    NOTHING,
  ],
  [
    '11 a response with a fractional error code is dropped',
    '{"jsonrpc":"2.0","error":{"code":1.5,"message":""},"id":1}',
    NOTHING,
  ],
  [
    '12 rpc. methods do not exist',
    '{"jsonrpc":"2.0","method":"rpc.echo","id":1}',
    failed(-32601, 1),
  ],
  [
    '13 equal ids in a batch are both answered',
    '[{"jsonrpc":"2.0","method":"echo","id":1},{"jsonrpc":"2.0","method":"none","id":1}]',
    [echoed(1), failed(-32601, 1)],
  ],
  [
    '14 a batch answers requests and non-messages, not notifications',
    '[{"jsonrpc":"2.0","method":"echo","id":"a"},{"foo":1},{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","method":"none","id":"b"}]',
    expect.arrayContaining([echoed('a'), failed(-32600, null), failed(-32601, 'b')]),
  ],
  ['16 a response nobody waits for is dropped', '{"jsonrpc":"2.0","result":1,"id":99}', NOTHING],
  [
    '16 an error under id null is dropped',
    '{"jsonrpc":"2.0","error":{"code":-32700,"message":""},"id":null}',
    NOTHING,
  ],
  [
    '17 nesting within the limit is read',
    nested(31),
    echoed(1, JSON.parse(`${'['.repeat(31)}${']'.repeat(31)}`)),
  ],
  ['17 nesting beyond the limit is refused', nested(32), failed(-32600, null)],
  ['17 a nesting bomb is refused', '['.repeat(200_000), failed(-32600, null)],
  [
    '17 brackets inside strings are no nesting',
    `{"jsonrpc":"2.0","method":"echo","id":1,"params":["${'[\\"'.repeat(99)}\\\\"]}`,
    echoed(1, [`${'["'.repeat(99)}\\`]),
  ],
  ['17 a text beyond the size limit is refused', `"${'é'.repeat(131_072)}"`, failed(-32600, null)],
  [
    '17 a batch beyond the limit is refused as one',
    `[${Array.from({ length: 65 }, () => '1').join(',')}]`,
    failed(-32600, null),
  ],
  [
    '17 constructor is no method',
    '{"jsonrpc":"2.0","method":"constructor","id":1}',
    failed(-32601, 1),
  ],
];

test.each(table)('%s', (_point, text, reply) => {
  expect(exchange(text)).toEqual(reply);
});

test('17 a __proto__ key is data and reaches no prototype', () => {
  const text =
    '{"jsonrpc":"2.0","method":"echo","id":1,"params":{"__proto__":{"polluted":true}},"__proto__":{"method":"x"}}';
  const parsed = parseJsonRpc(text);
  expect(parsed.ok && parsed.value.messages[0]).toMatchObject({ kind: 'request', method: 'echo' });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('15 both ends may use the same id at once', () => {
  const rpc = new RpcPeer();
  const own = rpc.request(now, 'ask', {});
  expect(own?.id).toBe(1);
  const [received] = rpc.receive(now, requestText(1, 'echo', {}));
  expect(received).toMatchObject({ kind: 'request', method: 'echo' });
  const [answered] = rpc.receive(now, resultText(1, 'yes'));
  expect(answered).toEqual({ kind: 'response', id: 1, outcome: { ok: true, result: 'yes' } });
});

test('two ends never answer each other’s errors for ever', () => {
  const [left, right] = [new RpcPeer(), new RpcPeer()];
  let texts = ['{"jsonrpc":"2.0","id":1,"error":5}', 'garbage', '[1,{"result":1}]'];
  for (let round = 0; round < 2; round++) {
    const receiver = round % 2 === 0 ? left : right;
    texts = texts.flatMap((text) =>
      receiver.receive(now, text).flatMap((event) => (event.kind === 'send' ? [event.text] : [])),
    );
  }
  expect(texts).toEqual([]);
});
