import { expect, test } from '@jest/globals';
import { decodeForClient, decodeForHub, METHODS } from '@rm/signaling-protocol';
import type { JsonRpcParams } from '@rm/signaling-protocol';
import { answerResult, candidateParams, offerParams } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const states: Json = {
  connection_state: 'connected',
  ice_connection_state: 'completed',
  ice_gathering_state: 'complete',
  signaling_state: 'stable',
};
const user_data = { name: 'Alice', deep: { list: [1, null] } };
const longest = 'a'.repeat(128);
const userDataOf = (length: number): Json => ({ x: 'y'.repeat(length - '{"x":""}'.length) });

const good: readonly (readonly [side: 'hub' | 'client', method: string, params: Json])[] = [
  ['hub', 'peer.announce', { peer_id: 'peer-abc123' }],
  ['hub', 'peer.announce', { peer_id: longest, room: 'r', capabilities: ['audio'], user_data }],
  ['hub', 'peer.announce', { peer_id: '...', user_data: userDataOf(8_192) }],
  ['client', 'peer.announced', { peer_id: 'a', capabilities: [], user_data: {} }],
  ['hub', 'peer.offer', offerParams('b')],
  ['hub', 'peer.offer', offerParams('b', { from: 'a', sdp: `v=0\n${'x'.repeat(65_532)}` })],
  ['client', 'peer.offer', offerParams('b', { from: 'a' })],
  ['hub', 'peer.ice_candidate', candidateParams('b')],
  ['hub', 'peer.ice_candidate', candidateParams('b', { candidate: '' })],
  ['hub', 'peer.ice_candidate', candidateParams('b', { sdp_mid: null, sdp_m_line_index: null })],
  ['hub', 'peer.ice_candidate', candidateParams('b', { user_fragment: 'abcd' })],
  ['hub', 'peer.ice_candidate', candidateParams('b', { user_fragment: null })],
  ['client', 'peer.ice_candidate', candidateParams('b', { from: 'a' })],
  ['hub', 'peer.state_changed', { to: 'b', ...states }],
  ['client', 'peer.state_changed', { from: 'a', to: 'b', ...states }],
  ['hub', 'peer.disconnect', { to: 'b', reason: 'user_requested' }],
  ['client', 'peer.disconnect', { from: 'a', to: 'b', reason: '' }],
  ['hub', 'peer.announce', { peer_id: 'a', resume: true, resume_token: 't', last_seq: 0 }],
  ['client', 'peer.left', { peer_id: 'a', reason: 'left', version: 3 }],
  ['hub', 'peer.list', {}],
  ['hub', 'peer.list', { room: 'red' }],
  ['hub', 'server.info', {}],
  ['hub', 'server.ice_servers', {}],
  ['client', 'server.ice_servers', { ice_servers: [{ urls: ['stun:x'] }], ttl_seconds: 60 }],
  ['client', 'server.draining', { reconnect_after_ms: 600_000 }],
  ['client', 'peer.left', { peer_id: 'a', reason: 'left' }],
  ['client', 'peer.left', { peer_id: 'a', reason: 'connection-lost' }],
];

const decode = (side: 'hub' | 'client', method: string, params: JsonRpcParams | undefined) =>
  side === 'hub' ? decodeForHub(method, params) : decodeForClient(method, params);

test.each(good)('the %s accepts %s, case %#', (side, method, params) => {
  expect(decode(side, method, params)).toMatchObject({ ok: true, value: { method, params } });
});

const invalid = -32602;
const bad: readonly (readonly [
  code: number,
  side: 'hub' | 'client',
  method: string,
  params: JsonRpcParams | undefined,
])[] = [
  [invalid, 'hub', 'peer.announce', undefined],
  [invalid, 'hub', 'peer.announce', ['peer-abc123']],
  [invalid, 'hub', 'peer.announce', {}],
  ...['', '.', '..', 'a/b', 'a b', 'ä', 'a\n', `${longest}a`, 7, null].map(
    (peer_id) => [invalid, 'hub', 'peer.announce', { peer_id }] as const,
  ),
  [invalid, 'hub', 'peer.announce', { peer_id: 'a', room: '../etc' }],
  [invalid, 'hub', 'peer.announce', { peer_id: 'a', capabilities: 'audio' }],
  [invalid, 'hub', 'peer.announce', { peer_id: 'a', capabilities: Array(65).fill('x') }],
  [invalid, 'hub', 'peer.announce', { peer_id: 'a', capabilities: ['x'.repeat(65)] }],
  [invalid, 'hub', 'peer.announce', { peer_id: 'a', user_data: [] }],
  [invalid, 'hub', 'peer.announce', { peer_id: 'a', user_data: userDataOf(8_193) }],
  [invalid, 'hub', 'peer.offer', offerParams('b', { sdp: '' })],
  [invalid, 'hub', 'peer.offer', offerParams('b', { sdp: `v=0\n${'x'.repeat(65_533)}` })],
  [invalid, 'hub', 'peer.offer', offerParams('b', { can_trickle_ice_candidates: 1 })],
  [invalid, 'hub', 'peer.offer', offerParams('b', { request_id: '' })],
  [invalid, 'client', 'peer.offer', offerParams('b')],
  [invalid, 'hub', 'peer.ice_candidate', candidateParams('b', { candidate: null })],
  [invalid, 'hub', 'peer.ice_candidate', candidateParams('b', { candidate: 'host 1' })],
  [invalid, 'hub', 'peer.ice_candidate', candidateParams('b', { candidate: 'candidate:1\r\na=x' })],
  [
    invalid,
    'hub',
    'peer.ice_candidate',
    candidateParams('b', { candidate: `candidate:${'1'.repeat(1_015)}` }),
  ],
  [invalid, 'hub', 'peer.ice_candidate', candidateParams('b', { sdp_m_line_index: -1 })],
  [invalid, 'hub', 'peer.ice_candidate', candidateParams('b', { sdp_m_line_index: 0.5 })],
  [invalid, 'hub', 'peer.ice_candidate', candidateParams('b', { sdp_mid: '0\r\n' })],
  [invalid, 'hub', 'peer.state_changed', { to: 'b', ...states, connection_state: 'completed' }],
  [invalid, 'hub', 'peer.state_changed', { to: 'b', ...states, signaling_state: 'offering' }],
  [invalid, 'hub', 'peer.disconnect', { to: 'b' }],
  [invalid, 'hub', 'peer.announce', { peer_id: 'a', last_seq: -1 }],
  [invalid, 'hub', 'peer.announce', { peer_id: 'a', resume_token: 'x'.repeat(257) }],
  [invalid, 'client', 'server.ice_servers', { ice_servers: [{ urls: [] }], ttl_seconds: 60 }],
  [invalid, 'client', 'server.ice_servers', { ice_servers: [], ttl_seconds: 0.5 }],
  [invalid, 'client', 'server.draining', { reconnect_after_ms: 600_001 }],
  [invalid, 'client', 'peer.left', { peer_id: 'a', reason: 'bored' }],
  [-32601, 'hub', 'peer.announced', { peer_id: 'a', capabilities: [], user_data: {} }],
  [-32601, 'hub', 'peer.left', { peer_id: 'a', reason: 'left' }],
  [-32601, 'client', 'peer.announce', { peer_id: 'a' }],
  [-32601, 'hub', 'rpc.nonsense', {}],
  [-32601, 'hub', '__proto__', {}],
  [-32601, 'hub', 'toString', {}],
];

test.each(bad)('error %d from the %s for %s, case %#', (code, side, method, params) => {
  const decoded = decode(side, method, params);
  expect(decoded.ok ? 'accepted' : decoded.error.code).toBe(code);
});

test('defaults are filled in and unknown fields removed', () => {
  const decoded = decodeForHub('peer.announce', { peer_id: 'a', admin: true });
  expect(decoded).toEqual({
    ok: true,
    value: {
      method: 'peer.announce',
      params: { peer_id: 'a', room: 'default', capabilities: [], user_data: {} },
    },
  });
});

test('an error names the field and what is wrong with it, at most five of them', () => {
  const one = decodeForHub('peer.offer', offerParams('no such/id'));
  expect(!one.ok && one.error.message).toMatch(/^peer\.offer is invalid: to: must be 1 to 128/);
  const many = decodeForHub('peer.announce', { peer_id: 'a', capabilities: Array(60).fill(1) });
  expect(!many.ok && (many.error.data as { issues: unknown[] }).issues).toHaveLength(5);
});

test('fields by position are refused with the advice to name them', () => {
  const decoded = decodeForHub('peer.announce', ['a']);
  expect(!decoded.ok && decoded.error.message).toBe(
    'peer.announce takes its fields by name, in an object',
  );
});

test('results have their own schemas', () => {
  const result = METHODS['peer.announce'].result;
  const registered = { status: 'registered', room: 'r', peers: [] };
  expect(result.safeParse({ ...registered, registered_at: '2025-11-07T10:30:00Z' }).success).toBe(
    true,
  );
  expect(result.safeParse({ ...registered, registered_at: 'today' }).success).toBe(false);
  expect(METHODS['peer.offer'].result.safeParse(answerResult()).success).toBe(true);
});
