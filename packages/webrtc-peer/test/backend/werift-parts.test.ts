import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RtcpPacketConverter, RtcpSourceDescriptionPacket, RtcpSrPacket } from 'werift';
import { parseCandidate } from '../../src/backend/werift/candidate.js';
import { newCounters } from '../../src/backend/werift/counters.js';
import { fallbackAddresses } from '../../src/backend/werift/host-addresses.js';
import { resolveIceServers } from '../../src/backend/werift/ice-servers.js';
import { prepareRemoteSdp } from '../../src/backend/werift/remote-description.js';
import { RoundTripTime } from '../../src/backend/werift/round-trip-time.js';
import { serializeSenderReport } from '../../src/backend/werift/sender-report.js';
import { trackRollover, type RolloverState } from '../../src/backend/werift/srtp-rollover.js';

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

describe('a remote description', () => {
  const early = (address: string, usernameFragment?: string) => ({
    address,
    port: 9,
    attribute: `1 1 udp 1 ${address} 9 typ host`,
    usernameFragment,
  });

  test('gets the candidates that came before it, each once, and loses feedback and the end', () => {
    const counters = newCounters();
    const sdp = [
      'v=0',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=ice-ufrag:good',
      'a=rtcp-fb:111 transport-cc',
      'a=candidate:1 1 udp 1 192.0.2.1 9 typ host generation 7',
      'a=candidate:2 1 udp 1 name.local 9 typ host',
      'a=end-of-candidates',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'a=candidate:1 1 udp 1 192.0.2.1 9 typ host',
      '',
    ].join('\r\n');
    const waiting = [early('192.0.2.2', 'good'), early('192.0.2.3', 'old'), early('192.0.2.1')];
    expect(prepareRemoteSdp(sdp, waiting, counters).split('\r\n')).toEqual([
      'v=0',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=candidate:1 1 udp 1 192.0.2.1 9 typ host',
      'a=candidate:1 1 udp 1 192.0.2.2 9 typ host',
      'a=ice-ufrag:good',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      '',
    ]);
    expect(counters.candidatesIgnored).toMatchObject({ address: 1, stale: 1, duplicate: 2 });
  });
});

describe('the round-trip time', () => {
  test('of the example in RFC 3550 §6.4.1 is 6.125 s', () => {
    const roundTrip = new RoundTripTime();
    roundTrip.sent(0xb44d_b705, 0x2000_0000, 46_853_125_000);
    roundTrip.reported(0xb705_2000, 0x0005_4000, 46_864_500_000);
    expect(roundTrip.latest).toBe(6_125_000);
  });

  test('comes from whichever recent report is answered, and from no other', () => {
    const roundTrip = new RoundTripTime();
    roundTrip.reported(0, 0, 5);
    for (let i = 1; i <= 20; i++) roundTrip.sent(i, 0, i * 1_000_000);
    roundTrip.reported(12 << 16, 0, 30_000_000);
    expect(roundTrip.latest).toBeUndefined();
    roundTrip.reported(13 << 16, 65_536, 14_500_000);
    expect(roundTrip.latest).toBe(500_000);
    roundTrip.reported(20 << 16, 0xffff_ffff, 20_100_000);
    expect(roundTrip.latest).toBe(500_000);
    roundTrip.reported(20 << 16, 131, 20_001_000);
    expect(roundTrip.latest).toBe(0);
  });
});

test('a sender report travels in a valid compound packet with the canonical name', () => {
  const report = {
    ssrc: 0x8000_0001,
    ntpSeconds: 0xffff_ffff,
    ntpFraction: 0x8000_0001,
    rtpTimestamp: 0xffff_ffff,
    packetCount: 7,
    octetCount: 0xffff_ffff,
  };
  for (const cname of ['', 'a', 'ab', 'abc', 'b3f2a2de-2f8f-4f5e-9d8b-0d6a1c1f0b57']) {
    const bytes = serializeSenderReport(report, cname);
    expect(bytes.length % 4).toBe(0);
    expect(bytes.readUInt16BE(30) * 4).toBe(bytes.length - 32);
    const [first, second] = RtcpPacketConverter.deSerialize(bytes);
    if (!(first instanceof RtcpSrPacket)) throw new Error('no sender report');
    expect(first.ssrc).toBe(report.ssrc);
    expect(first.senderInfo).toMatchObject({
      ntpTimestamp: 0xffff_ffff_8000_0001n,
      rtpTimestamp: 0xffff_ffff,
      packetCount: 7,
      octetCount: 0xffff_ffff,
    });
    if (!(second instanceof RtcpSourceDescriptionPacket)) throw new Error('no source description');
    expect(second.chunks.map(({ source, items }) => [source, items[0]?.text])).toEqual([
      [report.ssrc, cname],
    ]);
  }
});

describe('the rollover counter', () => {
  const counters = (sequence: readonly number[]): number[] => {
    const state: RolloverState = { rolloverCounter: 0, lastSequenceNumber: 0 };
    return sequence.map((sequenceNumber) => {
      trackRollover(sequenceNumber, state);
      return state.rolloverCounter;
    });
  };

  test.each([
    [
      [65_534, 65_535, 0, 1],
      [0, 0, 1, 1],
    ],
    [
      [65_535, 1, 0, 65_534, 2],
      [0, 1, 1, 0, 1],
    ],
    [
      [65_000, 1_000],
      [0, 1],
    ],
    [
      [60_000, 20_000, 52_000, 19_000],
      [0, 1, 1, 2],
    ],
    [
      [0, 65_535, 1],
      [0, 0, 0],
    ],
    [
      [7, 7, 7],
      [0, 0, 0],
    ],
  ])('along %j is %j', (sequence, expected) => {
    expect(counters(sequence)).toEqual(expected);
  });

  test('follows any stream whose packets are less than 2¹⁵ apart', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 65_535 }),
        fc.array(fc.integer({ min: -32_767, max: 32_767 }), { maxLength: 200 }),
        (start, steps) => {
          const indices = [start];
          for (const step of steps) indices.push(Math.max(start, (indices.at(-1) ?? 0) + step));
          const reachable = indices.every(
            (index, i) => i === 0 || Math.abs(index - (indices[i - 1] ?? 0)) < 32_768,
          );
          expect(reachable).toBe(true);
          expect(counters(indices.map((index) => index & 0xffff))).toEqual(
            indices.map((index) => Math.floor(index / 65_536)),
          );
        },
      ),
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
