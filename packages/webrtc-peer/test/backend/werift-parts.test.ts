import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCandidate } from '../../src/backend/candidate.js';
import { fallbackAddresses } from '../../src/backend/werift/host-addresses.js';
import { resolveIceServers } from '../../src/backend/werift/ice-servers.js';
import { PacketIndices } from '../../src/backend/werift/srtp-index.js';

describe('a remote candidate', () => {
  test('of a browser is reduced to what ICE needs', () => {
    const line =
      'candidate:842163049 1 udp 1677729535 203.0.113.7 61665 typ srflx raddr 10.0.0.5 rport 61665 generation 3 ufrag EsAw network-id 1';
    expect(parseCandidate(line)).toEqual({
      ok: true,
      value: {
        address: '203.0.113.7',
        port: 61_665,
        attribute: '842163049 1 udp 1677729535 203.0.113.7 61665 typ srflx',
        usernameFragment: 'EsAw',
      },
    });
  });

  test.each([
    ['', 'malformed'],
    ['candidate:1 1 udp 1 192.0.2.1 9 host', 'malformed'],
    ['candidate:1 1 udp 4294967296 192.0.2.1 9 typ host', 'malformed'],
    [`candidate:1 1 udp 1 192.0.2.1 9 typ host ${'x'.repeat(2_000)}`, 'malformed'],
    ['candidate:1 2 udp 1 192.0.2.1 9 typ host', 'component'],
    ['candidate:1 1 TCP 1 192.0.2.1 9 typ host tcptype active', 'protocol'],
    ['candidate:1 1 udp 1 5e0a.local 9 typ host', 'address'],
    ['candidate:1 1 udp 1 0.0.0.0 9 typ host', 'address'],
    ['candidate:1 1 udp 1 239.1.1.1 9 typ host', 'address'],
    ['candidate:1 1 udp 1 255.255.255.255 9 typ host', 'address'],
    ['candidate:1 1 udp 1 :: 9 typ host', 'address'],
    ['candidate:1 1 udp 1 ff02::1 9 typ host', 'address'],
    ['candidate:1 1 udp 1 FE80::1 9 typ host', 'address'],
    ['candidate:1 1 udp 1 2001:db8::1%eth0 9 typ host', 'address'],
    ['candidate:1 1 udp 1 192.0.2.1 0 typ host', 'port'],
    ['candidate:1 1 udp 1 192.0.2.1 65536 typ host', 'port'],
    ['candidate:1 1 udp 1 192.0.2.1 9 typ prflx', 'type'],
  ])('%s is of no use: %s', (line, reason) => {
    expect(parseCandidate(line)).toEqual({ ok: false, reason });
  });

  test('of any text is parsed without an exception', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('candidate:1', '1', 'udp', 'typ', 'host', '9'),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const parsed = parseCandidate(words.join(' '));
        expect(parsed.ok === true || parsed.reason.length > 0).toBe(true);
      }),
    );
  });
});

describe('the index of an SRTP packet', () => {
  const indices = (sequence: readonly number[]): number[] => {
    const stream = new PacketIndices();
    return sequence.map((sequenceNumber) => {
      const index = stream.estimate(sequenceNumber);
      stream.accept(index);
      return index;
    });
  };

  test.each([
    [
      [65_534, 65_535, 0, 1],
      [65_534, 65_535, 65_536, 65_537],
    ],
    [
      [65_535, 1, 0, 65_534, 2],
      [65_535, 65_537, 65_536, 65_534, 65_538],
    ],
    [
      [65_000, 1_000],
      [65_000, 66_536],
    ],
    [
      [0, 65_535, 1],
      [0, 65_535, 65_537],
    ],
    [
      [7, 7, 7],
      [7, 7, 7],
    ],
  ])('along %j is %j', (sequence, expected) => {
    expect(indices(sequence)).toEqual(expected);
  });

  test('follows any stream whose packets are less than 2¹⁵ behind the latest', () => {
    const steps = fc.array(fc.integer({ min: -2_000, max: 30_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535 }), steps, (start, advances) => {
        const sent = [start];
        let highest = start;
        for (const advance of advances) {
          const index = Math.max(start, highest + advance);
          sent.push(index);
          highest = Math.max(highest, index);
        }
        expect(indices(sent.map((index) => index & 0xffff))).toEqual(sent);
      }),
    );
  });

  test('is new once, and not when it is too old to tell', () => {
    const step = fc.integer({ min: -1_500, max: 1_500 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (advances) => {
        const stream = new PacketIndices();
        const accepted = new Set<number>();
        let highest = 5_000;
        stream.accept(highest);
        accepted.add(highest);
        for (const advance of advances) {
          const index = Math.max(0, highest + advance);
          const isNew = !accepted.has(index) && index > highest - 1_024;
          expect(stream.isNew(index)).toBe(isNew);
          if (!isNew) continue;
          stream.accept(index);
          accepted.add(index);
          highest = Math.max(highest, index);
        }
      }),
    );
  });
});

describe('host addresses', () => {
  const at = (address: string, internal = false, family: 'IPv4' | 'IPv6' = 'IPv4') =>
    ({ address, internal, family }) as NetworkInterfaceInfo;
  const lo = [at('127.0.0.1', true), at('::1', true, 'IPv6')];

  test.each([
    ['nothing when there are others', ['192.0.2.1'], { lo, eth0: [at('192.0.2.1')] }, []],
    ['loopback on a machine without a network', [], { lo }, ['127.0.0.1']],
    ['the tunnel when it is all there is', [], { lo, tun0: [at('10.8.0.2')] }, ['10.8.0.2']],
    [
      'no link-local address',
      [],
      { lo, veth1: [at('169.254.3.4'), at('fe80::1', false, 'IPv6')] },
      ['127.0.0.1'],
    ],
  ])('that are added are %s', (_, found, interfaces, expected) => {
    expect(fallbackAddresses(found, interfaces)).toEqual(expected);
  });
});

describe('ICE servers', () => {
  test('are passed on with their kinds', () => {
    const servers = [
      { urls: ['stun:stun.example.org'] },
      { urls: ['turns:turn.example.org:443?transport=tcp'], username: 'me', credential: 'secret' },
    ];
    expect(resolveIceServers(servers)).toEqual({ list: servers, stun: true, turn: true });
    expect(resolveIceServers([])).toEqual({ list: [], stun: false, turn: false });
  });

  test.each([
    ['https://example.org', 'RFC 7064'],
    ['stuns:example.org', 'RFC 7064'],
    ['stun:example.org?transport=udp', 'RFC 7064'],
    ['turns:example.org?transport=udp', 'use turn:'],
    ['turn:example.org', 'credential'],
  ])('%s is refused, saying what to give', (url, hint) => {
    const withCredentials = hint === 'credential' ? {} : { username: 'me', credential: 'x' };
    expect(() => resolveIceServers([{ urls: [url], ...withCredentials }])).toThrow(
      expect.objectContaining({
        code: 'INVALID_ICE_SERVER',
        message: expect.stringContaining(hint),
      }),
    );
  });
});
