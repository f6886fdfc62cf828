import { expect, test } from '@jest/globals';
import { candidateParams, HubDriver } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const [A, B] = [1, 2];

/** What `b` gets when `a` sends `text`. */
function passed(text: string): string[] {
  const net = new HubDriver();
  net.join(A, 'a');
  net.join(B, 'b');
  net.text(A, text);
  return net.readTexts(B);
}

const params = candidateParams('b');
const message = (extra: Json = {}, more: Json = {}): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    method: 'peer.ice_candidate',
    params: { ...params, ...extra },
    ...more,
  });
const stamped = { jsonrpc: '2.0', method: 'peer.ice_candidate', params: { ...params, from: 'a' } };

test.each<[string, string]>([
  ['as JSON.stringify writes it', message()],
  ['with its sender', message({ from: 'a' })],
  ['numbered', message({}, { seq: 7 })],
  ['with fields that the protocol does not have', message({ extra: 1 })],
  ['with members that JSON-RPC does not have', message({}, { extra: { from: 'z' } })],
  ['with more members after a number', message({}, { seq: 7, extra: 1 })],
  ['with a space', message().replace(':', ': ')],
  ['with spaces', JSON.stringify(JSON.parse(message()), undefined, 2)],
  ['in another order', JSON.stringify({ params, method: 'peer.ice_candidate', jsonrpc: '2.0' })],
  [
    'with parameters twice',
    message().replace('"params":{', '"params":{"from":"z","to":"z"},"params":{'),
  ],
  ['with senders twice', message({ from: 'a' }).replace('"params":{', '"params":{"from":"z",')],
  ['with a sender written otherwise', message({ from: 'a' }).replace('"from"', '"\\u0066rom"')],
  [
    'with a sender twice, once written otherwise',
    message({ from: 'a' }).replace('"params":{', '"params":{"\\u0066rom":"z",'),
  ],
  ['with parameters after it that end it', `${message().slice(0, -1)},"x":{"from":"z"}}`],
])('a candidate %s reaches its peer with its sender and nothing else', (_case, text) => {
  const [first, ...others] = passed(text);
  expect(others).toEqual([]);
  expect(JSON.parse(first ?? '')).toEqual(stamped);
  // Nor does a reader that takes the first of two read anything else.
  expect(first?.match(/"(?:from|\\u0066rom)"/g)).toHaveLength(1);
  expect(first?.match(/"params"/g)).toHaveLength(1);
});

test('a candidate of usual form is passed on as it is written', () => {
  const odd = message().replace('"sdp_m_line_index":0', '"sdp_m_line_index":0e0');
  expect(passed(odd)[0]).toContain('"sdp_m_line_index":0e0');
});

test('a brace within a text ends nothing', () => {
  const [text] = passed(message({ candidate: 'candidate:} "from":"z"' }));
  expect((JSON.parse(text ?? '') as typeof stamped).params).toMatchObject({
    from: 'a',
    candidate: 'candidate:} "from":"z"',
  });
});
