import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { milliseconds } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import { dialectFor } from '@rm/signaling-protocol/dialects';
import { CANONICAL, DialectNet, NONE, ONVIF } from './support/dialect-net.js';
import { answerResult, candidateParams, offerParams, SDP } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const call = (method: string, params: Json, id?: unknown): Json => ({
  jsonrpc: '2.0',
  method,
  params,
  ...(id === undefined ? {} : { id }),
});

const candidate = candidateParams('b');
const note = (json: Json): string => `${SDP}a=x-rm-onvif:${JSON.stringify(json)}\r\nm=audio 9\r\n`;

/** What clients of every kind say. */
const SAID: readonly unknown[] = [
  call('peer.announce', { peer_id: 'a', capabilities: ['audio'] }, 1),
  call('peer.announce', { peer_id: 'a', resume: true, resume_token: 't' }, 1),
  { method: 'peer.announce', params: { peer_id: 'a' }, id: 'x' },
  call('announce', { peer_id: 'a', capabilities: { audio: true } }, 2),
  call('peer.offer', { from: 'a', to: 'b', sdp: SDP }, 3),
  call('peer.offer', offerParams('b'), 4),
  call('peer.offer', { from: 'a', to: 'remotemedia-server', sdp: SDP }, 5),
  call('offer', { to_peer_id: 'b', sdp: SDP, type: 'offer' }, 6),
  call('peer.answer', { from: 'a', to: 'b', sdp: SDP }, 7),
  call('answer', { to_peer_id: 'b', sdp: SDP, type: 'answer' }, 8),
  call('peer.ice_candidate', candidate, 9),
  call('ice_candidate', { to_peer_id: 'b', candidate: '', sdp_mline_index: 0 }),
  call('peer.disconnect', { peer_id: 'a', reason: 'r' }, 10),
  call('disconnect', { peer_id: 'b' }, 11),
  call('list_peers', {}, 12),
  call('peer.list', {}, 13),
  call('server.info', {}, null),
  { jsonrpc: '2.0', result: answerResult(), id: 'rm:1' },
  { jsonrpc: '2.0', error: { code: -32005, message: 'glare' }, id: 'rm:1' },
  call('register', { id: 'a', name: 'n', capabilities: ['extend'] }, 14),
  call('connect', { peer: 'b', profile: 'p' }, 15),
  call('connect', { peer: 'c' }, 16),
  call('invite', { session: 'random-1', offer: SDP, subprotocols: ['s'] }, 17),
  call('trickle', { session: 'random-1', candidate: { candidate: '', sdpMid: '0' } }),
  call('extend', { session: 'random-1' }, 18),
  call('error', { code: 1003, message: 'm', session: 'random-1' }),
  { jsonrpc: '2.0', error: { code: 1001, message: 'm', session: 'random-1' } },
  { jsonrpc: '2.0', result: { answer: SDP }, id: 1 },
  { jsonrpc: '2.0', result: { capabilities: [] }, id: 1 },
  { jsonrpc: '2.0', error: { code: -32601, message: 'm' }, id: 1 },
  call('unregister', {}, 19),
  [call('peer.list', {}, 20), call('offer', { to_peer_id: 'b', sdp: SDP }, 21), 7],
];

/** What the hub says to a socket, and what it never would. */
const TOLD: readonly unknown[] = [
  call('peer.announced', { peer_id: 'b', capabilities: [ONVIF], user_data: {}, version: 2 }),
  call('peer.left', { peer_id: 'b', reason: 'left', version: 3 }),
  call('peer.offer', offerParams('a', { from: 'b' }), 1),
  call('peer.offer', offerParams('a', { from: 'b', sdp: note({ connect: { session: 's' } }) }), 2),
  call('peer.offer', offerParams('a', { from: 'b', sdp: note({ extend: 's' }) }), 3),
  call('peer.offer', offerParams('a', { from: 'b', sdp: note({ subprotocols: ['x'] }) }), 4),
  call('peer.ice_candidate', candidateParams('a', { from: 'b' })),
  call('peer.disconnect', { from: 'b', to: 'a', reason: '1001 r' }),
  call('server.ice_servers', { ice_servers: [{ urls: ['stun:x'] }], ttl_seconds: 60 }),
  call('server.draining', { reconnect_after_ms: 5 }),
  {
    jsonrpc: '2.0',
    result: {
      status: 'registered',
      registered_at: '2026-01-01T00:00:00Z',
      room: 'default',
      peers: [{ peer_id: 'b', capabilities: [ONVIF], user_data: {} }],
    },
    id: 1,
  },
  { jsonrpc: '2.0', result: answerResult({ sdp: note({ capabilities: ['extend'] }) }), id: 2 },
  { jsonrpc: '2.0', error: { code: -32000, message: 'm' }, id: 2 },
];

const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('', '.', 'a', 'b', 'rm:1', 'random-1', '__proto__', null, -0, 2 ** 53, '\ud800'),
  fc.integer({ min: 1, max: 70_000 }).map((length) => 'v=0\r\n'.padEnd(length, 'x')),
);

/** `value` with one member, somewhere, replaced, removed or put under another name. */
function mutated(value: unknown, where: number, by: unknown): unknown {
  if (typeof value !== 'object' || value === null || where % 6 === 5) return by;
  const members: [string, unknown][] = Object.entries(value);
  const at = where % Math.max(1, members.length);
  const [name, member] = members[at] ?? ['new', undefined];
  if (where % 11 === 10) members.splice(at, 1);
  else if (where % 13 === 12) members[at] = [JSON.stringify(by).slice(0, 20), member];
  else members[at] = [name, mutated(member, Math.floor(where / 6), by)];
  return Array.isArray(value) ? members.map(([, each]) => each) : Object.fromEntries(members);
}

/** One of `corpus`, half of the time as it is, else damaged. */
const textOf = (corpus: readonly unknown[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...corpus),
      fc.array(fc.tuple(fc.nat(), strange), { maxLength: 2 }),
      fc.option(fc.nat(400), { freq: 12 }),
    )
    .map(([message, damage, cut]) => {
      const damaged = damage.reduce<unknown>((value, [at, by]) => mutated(value, at, by), message);
      return (JSON.stringify(damaged) ?? '').slice(0, cut ?? undefined);
    });

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Written from JSON-RPC 2.0 and ONVIF §5.2.7 anew, to share no mistake with what it judges. */
function wellFormed(message: unknown): boolean {
  if (Array.isArray(message)) return message.length > 0 && message.every(wellFormed);
  if (!isObject(message) || message['jsonrpc'] !== '2.0') return false;
  const { id, method, params, error } = message;
  const isId = id === null || typeof id === 'string' || typeof id === 'number';
  if ('method' in message) {
    const isParams = typeof params === 'object' && params !== null;
    return typeof method === 'string' && isParams && (!('id' in message) || isId);
  }
  if ('result' in message === 'error' in message) return false;
  if ('result' in message) return isId;
  const isError =
    isObject(error) && Number.isInteger(error['code']) && typeof error['message'] === 'string';
  return isError && (isId || (!('id' in message) && typeof error['session'] === 'string'));
}

test.each([NONE, ONVIF])(
  'no text makes the dialect of "%s" throw, or say to its client what is not JSON-RPC',
  (subProtocol) => {
    fc.assert(
      fc.property(fc.array(textOf(SAID), { minLength: 8, maxLength: 30 }), (texts) => {
        const net = new DialectNet();
        net.open(2, CANONICAL);
        net.call(2, 'peer.announce', { peer_id: 'b' });
        net.open(3, subProtocol);
        net.call(3, subProtocol === NONE ? 'announce' : 'register', { id: 'c', peer_id: 'c' });
        net.open(1, subProtocol);
        texts.forEach((text, i) => {
          net.text(1, text);
          if (i % 3 === 0) net.request(2, 'peer.offer', offerParams('a'));
          if (i % 4 === 0) net.notify(2, 'peer.ice_candidate', candidateParams('a'));
          for (const socket of [1, 2, 3]) {
            for (const sent of net.readTexts(socket)) {
              expect([sent, wellFormed(JSON.parse(sent))]).toEqual([sent, true]);
            }
          }
        });
        net.pass(10_000);
        expect(net.hub.snapshot().pendingOffers).toBe(0);
      }),
      { numRuns: 60 },
    );
  },
  20_000,
);

test.each([NONE, ONVIF])(
  'neither side makes the dialect of "%s" throw, or say to the other what is not JSON-RPC',
  (subProtocol) => {
    const texts = fc.array(fc.tuple(fc.boolean(), textOf([...SAID, ...TOLD])), { maxLength: 30 });
    fc.assert(
      fc.property(texts, (steps) => {
        const dialect = dialectFor(subProtocol, { epochMs: () => 0, randomId: () => 'random-1' });
        if (dialect === undefined) throw new Error('no dialect');
        let now = 0 as Micros;
        let passesThrough = false;
        for (const [fromClient, text] of steps) {
          now = (now + milliseconds(700)) as Micros;
          const outputs = fromClient ? dialect.fromClient(now, text) : dialect.toClient(now, text);
          // A client that can resume is translated no longer.
          passesThrough ||= fromClient && text.includes('"resume');
          for (const output of outputs) {
            const good =
              output.to === 'close' || passesThrough || wellFormed(JSON.parse(output.text));
            expect([output, good]).toEqual([output, true]);
          }
        }
      }),
      { numRuns: 250 },
    );
  },
  20_000,
);
