import { expect, test } from '@jest/globals';
import { answerResult, candidateParams, HubDriver, offerParams } from './support/hub-driver.js';
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

/** What `b` gets of an offer, and `a` of the answer to it, each as it is written. */
function exchanged(offer: string, answerOf: (id: unknown) => string): [string, string] {
  const net = new HubDriver();
  net.join(A, 'a');
  net.join(B, 'b');
  net.read(A);
  net.text(A, offer);
  const [forwarded = ''] = net.readTexts(B);
  net.text(B, answerOf((JSON.parse(forwarded) as Json)['id']));
  const [answer = ''] = net.readTexts(A);
  return [forwarded, answer];
}

const offerText = (extra: Json = {}, id: unknown = 'q"1'): string =>
  JSON.stringify({ jsonrpc: '2.0', method: 'peer.offer', params: offerParams('b', extra), id });
const answerText = (id: unknown, extra: Json = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', result: answerResult(extra), id });

test.each<[string, Json]>([
  ['as JSON.stringify writes them', {}],
  ['with fields that the protocol does not have', { extra: 'removed' }],
])('offer and answer %s arrive whole, under their own ids', (_case, extra) => {
  const [offer, answer] = exchanged(offerText(extra), (id) => answerText(id, extra));
  expect(JSON.parse(offer)).toEqual({
    jsonrpc: '2.0',
    method: 'peer.offer',
    params: { ...offerParams('b'), from: 'a' },
    id: 1,
  });
  expect(JSON.parse(answer)).toEqual({ jsonrpc: '2.0', result: answerResult(), id: 'q"1' });
});

test('offer and answer of usual form are passed on as they are written', () => {
  const odd = (text: string): string => text.replace('/', '\\/');
  const sdp = 'v=0\r\na=rtpmap:111 opus/48000/2\r\n';
  const [offer, answer] = exchanged(odd(offerText({ sdp })), (id) => odd(answerText(id, { sdp })));
  expect(offer).toContain('opus\\/48000');
  expect(answer).toContain('opus\\/48000');
});

test('names written with escapes, and answers within a batch, are written anew', () => {
  const disguised = offerText().replace('"to"', '"\\u0074o"');
  const [offer] = exchanged(disguised, answerText);
  expect(offer).toContain('"to":"b"');
  const [, answer] = exchanged(`[${offerText()}]`, answerText);
  expect(JSON.parse(answer)).toEqual([{ jsonrpc: '2.0', result: answerResult(), id: 'q"1' }]);
});
