import { expect, test } from '@jest/globals';
import { parseIceServers } from '../../src/backend/ice-servers.js';
import { bindAddress } from '../../src/backend/libdatachannel/bind-address.js';
import { loadBackend } from '../../src/backend/load-backend.js';

test('the backend that is asked for is loaded, and auto finds one', async () => {
  expect((await loadBackend('werift')).name).toBe('werift');
  expect((await loadBackend('auto')).name).toMatch(/^(libdatachannel|werift)$/);
});

test('the URLs of ICE servers are taken apart, with the ports they mean', () => {
  const urls = ['stun:s.example', 'turn:[2001:db8::1]:99?transport=tcp', 'TURNS:t.example'];
  const parsed = parseIceServers([{ urls, username: 'u', credential: 'c' }]);
  expect(
    parsed.map(({ scheme, host, port, transport }) => [scheme, host, port, transport]),
  ).toEqual([
    ['stun', 's.example', 3478, 'udp'],
    ['turn', '2001:db8::1', 99, 'tcp'],
    ['turns', 't.example', 5349, 'tcp'],
  ]);
});

test.each([
  'http://s.example',
  'stun:',
  'stun:s:0',
  'stun:s:65536',
  'stun:s?transport=udp',
  'turn:t',
])('the ICE server %s is refused', (url) => {
  expect(() => parseIceServers([{ urls: [url] }])).toThrow(
    expect.objectContaining({ code: 'INVALID_ICE_SERVER' }),
  );
});

test('a machine without network is bound to loopback, any other to all addresses', () => {
  const address = (text: string, internal: boolean): Parameters<typeof bindAddress>[0] => ({
    net: [{ address: text, internal, family: 'IPv4', netmask: '', mac: '', cidr: null }],
  });
  expect(bindAddress(address('127.0.0.1', true))).toBe('127.0.0.1');
  expect(bindAddress(address('169.254.1.1', false))).toBe('127.0.0.1');
  expect(bindAddress(address('192.0.2.1', false))).toBeUndefined();
});
