import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ClientEngine, milliseconds, RpcError, SignalingError } from '@rm/signaling-protocol';
import { exampleMessages } from '@rm/signaling-protocol/openrpc';
import { answerResult, candidateParams, HubDriver, offerParams } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const call = (method: string, params: Json, id?: unknown): Json => ({
  jsonrpc: '2.0',
  method,
  params,
  ...(id === undefined ? {} : { id }),
});
/** The documented examples, addressed so that they concern the peers `a` and `b`, and some more. */
const corpus: readonly unknown[] = [
  ...exampleMessages().map(
    (message) =>
      JSON.parse(
        JSON.stringify(message).replaceAll('"alice"', '"a"').replaceAll('"bob"', '"b"'),
      ) as unknown,
  ),
  call('peer.offer', offerParams('b', { from: 'a' }), 'q'),
  call('peer.ice_candidate', candidateParams('b', { from: 'a' })),
  call('peer.disconnect', { from: 'a', to: 'b', reason: 'r' }, null),
  call('peer.announce', { peer_id: 'a', resume: true, resume_token: 't', last_seq: 1 }, 10),
  { ...call('peer.disconnect', { to: 'b', reason: 'r' }), seq: 2 },
  { jsonrpc: '2.0', result: answerResult(), id: 1 },
  { jsonrpc: '2.0', error: { code: -32005, message: 'glare' }, id: 1 },
  [
    call('peer.disconnect', { to: 'b', reason: 'r' }, 5),
    call('peer.offer', offerParams('b'), 6),
    7,
  ],
];

/** Messages to each side; a longer run is told by the environment. */
const MESSAGES = Number(process.env['FUZZ_MESSAGES'] ?? 2_000);
const BURST = { minLength: 10, maxLength: 30 };
const NUM_RUNS = Math.ceil(MESSAGES / 20);
const TIMEOUT_MS = 20_000 + MESSAGES;

/** One place in a JSON value replaced, removed or doubled. */
function mutate(value: unknown, path: number, insert: unknown): unknown {
  if (typeof value !== 'object' || value === null || path % 5 === 4) return insert;
  const entries: [string, unknown][] = Object.entries(value);
  const at = path % Math.max(1, entries.length);
  const [key, member] = entries[at] ?? ['new', undefined];
  const deeper = Math.floor(path / 7);
  if (path % 11 === 10) entries.splice(at, 1);
  else if (path % 13 === 12) entries.push([JSON.stringify(insert), member]);
  else entries[at] = [key, mutate(member, deeper, insert)];
  return Array.isArray(value) ? entries.map(([, each]) => each) : Object.fromEntries(entries);
}

const insert = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    '',
    '.',
    'a',
    'b',
    '__proto__',
    'constructor',
    -0,
    1e308,
    2 ** 53,
    '\u0000',
    '\ud800',
  ),
  fc.integer({ min: 1, max: 100_000 }).map((length) => 'x'.repeat(length)),
  fc
    .integer({ min: 1, max: 60 })
    .map((depth) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown),
);

const text = fc
  .tuple(
    fc.constantFrom(...corpus),
    fc.array(fc.tuple(fc.nat(), insert), { maxLength: 3 }),
    fc.nat(),
    fc.nat(9),
  )
  .map(([seed, mutations, cut, how]) => {
    const json =
      JSON.stringify(
        mutations.reduce((value, [path, what]) => mutate(value, path, what), seed as unknown),
      ) ?? '';
    const at = cut % (json.length + 1);
    if (how === 0) return json.slice(0, at);
    if (how === 1)
      return json.slice(0, at) + String.fromCharCode(cut % 0x1_0000) + json.slice(at + 1);
    return json;
  });

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isKnown = (error: unknown): boolean =>
  error instanceof RpcError || error instanceof SignalingError;

/** Written from JSON-RPC 2.0 anew, so that it shares no mistake with the code it judges. */
function wellFormed(message: unknown): boolean {
  if (Array.isArray(message)) return message.length > 0 && message.every(wellFormed);
  if (!isObject(message) || message['jsonrpc'] !== '2.0') return false;
  const { id, method, params, error } = message;
  const goodId = id === null || typeof id === 'string' || typeof id === 'number';
  if ('method' in message) {
    return typeof method === 'string' && isObject(params) && (!('id' in message) || goodId);
  }
  if (!goodId || 'result' in message === 'error' in message) return false;
  return (
    'result' in message ||
    (isObject(error) && Number.isInteger(error['code']) && typeof error['message'] === 'string')
  );
}

test(
  'no text makes the hub throw, or send what is not JSON-RPC',
  () => {
    fc.assert(
      fc.property(fc.array(text, BURST), (texts) => {
        const net = new HubDriver();
        net.join(1, 'a');
        net.join(2, 'b');
        net.openWith(3, { mayJoin: true, maySend: true, admin: true });
        let turn = 0;
        for (const each of texts) {
          net.text((turn++ % 3) + 1, each);
          for (const socket of [1, 2, 3]) {
            for (const sent of net.readTexts(socket))
              expect(wellFormed(JSON.parse(sent))).toBe(true);
          }
        }
        net.pass(10_000);
        expect(net.hub.snapshot().pendingOffers).toBe(0);
      }),
      { numRuns: NUM_RUNS },
    );
  },
  TIMEOUT_MS,
);

test(
  'no text makes the client throw, or send what is not JSON-RPC',
  () => {
    fc.assert(
      fc.property(fc.array(text, BURST), (texts) => {
        const engine = new ClientEngine({ url: 'ws://x', peerId: 'a' }, () => 0.5);
        engine.connect(milliseconds(0));
        engine.socketOpened(milliseconds(1));
        const drain = (): void => {
          for (let out = engine.poll(); out !== undefined; out = engine.poll()) {
            expect(out.kind !== 'send' || wellFormed(JSON.parse(out.text))).toBe(true);
            if (out.kind === 'offer') engine.answer(out.offer, { sdp: 'v=0', canTrickle: true });
            expect(out.kind !== 'request-failed' || isKnown(out.error)).toBe(true);
          }
        };
        const announced = {
          status: 'registered',
          registered_at: '2026-01-01T00:00:00Z',
          room: 'r',
          peers: [],
        };
        engine.receive(
          milliseconds(2),
          JSON.stringify({ jsonrpc: '2.0', result: announced, id: 1 }),
        );
        drain();
        texts.forEach((each, i) => {
          if (i % 3 === 0) engine.offer(milliseconds(3), 'b', { sdp: 'v=0', canTrickle: true });
          engine.receive(milliseconds(3), each);
          drain();
        });
        engine.advance(milliseconds(60_000));
        engine.close('done');
        drain();
      }),
      { numRuns: NUM_RUNS },
    );
  },
  TIMEOUT_MS,
);
