import { spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import { isIP } from 'node:net';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  Message,
  RtcpReceiverInfo,
  RtcpRrPacket,
  RtpHeader,
  useNACK,
  useSdesMid,
  useTransportWideCC,
  useTWCC,
} from 'werift';
import {
  weriftBackend,
  type WeriftBackend,
  type WeriftTransport,
} from '../../src/backend/werift/index.js';
import { connectTransports, endpoint, negotiate, type Connection } from './connect-transports.js';
import { RawPeer } from './raw-peer.js';

let backend: WeriftBackend;
const toClose: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  backend = await weriftBackend();
});

afterEach(async () => {
  await Promise.all(toClose.splice(0).map((one) => one.close()));
});

const connected = async (
  ...handlers: Parameters<typeof connectTransports>[2][]
): Promise<Connection<WeriftTransport, WeriftTransport>> => {
  const connection = await connectTransports(backend, backend, handlers[0]);
  toClose.push(connection);
  return connection;
};

const raw = async (
  ...args: Parameters<typeof RawPeer.connect> extends [unknown, ...infer R] ? R : never
) => {
  const pair = await RawPeer.connect(backend, ...args);
  toClose.push(pair);
  return pair;
};

const alone = (
  ...args: Parameters<typeof endpoint<WeriftTransport>> extends [unknown, ...infer R] ? R : never
) => {
  const end = endpoint(backend, ...args);
  toClose.push(end.transport);
  return end;
};

const opus = (sequenceNumber: number, timestamp = sequenceNumber * 960, ...payload: number[]) => ({
  sequenceNumber,
  timestamp,
  marker: false,
  payload: Uint8Array.from(payload.length > 0 ? payload : [0xf8, 0xff, 0xfe]),
});

const timersAndSockets = (): number =>
  process.getActiveResourcesInfo().filter((type) => type === 'Timeout' || type === 'UDPWrap')
    .length;

/** Waits until no more than `baseline` timers and sockets are left; tells how many are if it takes too long. */
const released = async (baseline: number, deadlineMs: number): Promise<number> => {
  const end = performance.now() + deadlineMs;
  while (timersAndSockets() > baseline && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return timersAndSockets() - baseline;
};

describe('sender reports', () => {
  test('go out exactly as given, are the only ones, and give the round-trip time', async () => {
    const { a, b } = await connected();
    const report = {
      ntpSeconds: 0xec5f_3a01,
      ntpFraction: 0xdead_beef,
      rtpTimestamp: 0xffff_fff0,
      packetCount: 4_294_967_295,
      octetCount: 1_234_567,
    };
    expect(a.transport.roundTripTime()).toBeUndefined();
    a.transport.sendAudio(opus(1));
    expect(a.transport.sendSenderReport(report)).toBe(true);
    // A receiver report comes within 1.5 s, and so would a sender report of werift's own.
    await a.until('round-trip time', () => a.transport.roundTripTime() !== undefined);
    await a.until('another report', () => a.heard.reportBlocks.length >= 2);
    expect(b.heard.senderReports).toEqual([{ ...report, ssrc: a.transport.audioSsrc }]);
    expect(a.transport.roundTripTime()).toBeGreaterThanOrEqual(0);
    expect(a.transport.roundTripTime()).toBeLessThan(50_000);
    expect(a.heard.reportBlocks[0]).toEqual({
      ssrc: a.transport.audioSsrc,
      fractionLost: 0,
      cumulativeLost: 0,
      jitter: expect.any(Number),
    });
  });
});

describe('closing', () => {
  test('leaves no socket and no timer after many connections', async () => {
    const baseline = timersAndSockets();
    for (let round = 0; round < 6; round++) {
      const { close } = await connectTransports(backend, backend);
      await close();
    }
    expect(await released(baseline, 1_500)).toBeLessThanOrEqual(0);
  });

  test.each<[string, (a: WeriftTransport, b: WeriftTransport) => Promise<unknown>]>([
    ['before anything was done', async () => {}],
    ['while gathering', async (a) => void a.setLocalDescription().catch(() => {})],
    ['with an offer out', (a) => a.setLocalDescription()],
    ['with an offer in', async (a, b) => b.setRemoteDescription(await a.setLocalDescription())],
    ['while connecting', (a, b) => negotiate(a, b)],
  ])('leaves no socket and no timer %s', async (_, prepare) => {
    const baseline = timersAndSockets();
    const [a, b] = [endpoint(backend), endpoint(backend)];
    await prepare(a.transport, b.transport);
    await Promise.all([a.transport.close(), b.transport.close()]);
    expect(await released(baseline, 1_500)).toBeLessThanOrEqual(0);
  });

  test('in the middle of the handshake leaves nothing either', async () => {
    const baseline = timersAndSockets();
    const [a, b] = [endpoint(backend), endpoint(backend)];
    await negotiate(a.transport, b.transport);
    await a.until('ICE', () => a.transport.states.iceConnection === 'connected');
    await Promise.all([a.transport.close(), b.transport.close()]);
    expect(await released(baseline, 1_500)).toBeLessThanOrEqual(0);
  });

  test('with a silent STUN server leaves nothing, and the server did not hold up the offer', async () => {
    const baseline = timersAndSockets();
    const silent = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const asked = new Promise((resolve) => silent.once('message', resolve));
    const a = endpoint(backend, {}, [{ urls: [`stun:127.0.0.1:${silent.address().port}`] }]);
    const offer = await a.transport.setLocalDescription();
    expect(offer.sdp).toContain('typ host');
    expect(a.transport.states.iceGathering).toBe('gathering');
    await asked;
    await a.transport.close();
    silent.close();
    expect(await released(baseline, 1_500)).toBeLessThanOrEqual(0);
  });

  test('is idempotent, silences every handler and refuses what comes after', async () => {
    const { a, b } = await connected();
    const before = structuredClone({ ...a.heard, packets: a.heard.packets.length });
    const closing = a.transport.close();
    expect(a.transport.close()).toBe(closing);
    expect(a.transport.states.connection).toBe('closed');
    b.transport.sendAudio(opus(1));
    await closing;
    await b.until('the other side sees the channel close', () => b.heard.channelClose === 1);
    expect({ ...a.heard, packets: a.heard.packets.length }).toEqual(before);
    expect(a.transport.sendAudio(opus(1))).toBe(false);
    expect(a.transport.sendMessage('late')).toBe(false);
    await expect(a.transport.setLocalDescription()).rejects.toMatchObject({
      code: 'TRANSPORT_CLOSED',
    });
    await a.transport.addIceCandidate({
      candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
      sdpMid: '0',
      sdpMLineIndex: 0,
      usernameFragment: null,
    });
  });

  test('ends a description that is being made with an error instead of never', async () => {
    const a = alone();
    const offer = a.transport.setLocalDescription();
    await Promise.all([
      expect(offer).rejects.toMatchObject({ code: 'TRANSPORT_CLOSED' }),
      a.transport.close(),
    ]);
  });
});

describe('without ICE servers', () => {
  test('nobody but the addresses of the two sides is contacted', async () => {
    const send = jest.spyOn(dgram.Socket.prototype, 'send');
    const { a, b } = await connected();
    const contacted = new Set<unknown>(send.mock.calls.map((args) => args[2]));
    send.mockRestore();
    for (const { transport } of [a, b]) expect(transport.states.iceGathering).toBe('complete');
    expect(contacted.size).toBeGreaterThan(0);
    const offer = await alone().transport.setLocalDescription();
    const local = [...offer.sdp.matchAll(/a=candidate:\S+ 1 udp \d+ (\S+)/g)].map(
      (match) => match[1],
    );
    for (const address of contacted) {
      expect(isIP(String(address))).not.toBe(0);
      expect(local).toContain(address);
    }
  });
});

describe('the session description', () => {
  test('offers Opus both ways with in-band FEC, our SSRC, a data channel, and no transport-cc', async () => {
    const a = alone();
    const { type, sdp } = await a.transport.setLocalDescription();
    expect(type).toBe('offer');
    expect(sdp).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n');
    expect(sdp).toContain('a=rtpmap:111 opus/48000/2\r\n');
    expect(sdp).toContain('a=fmtp:111 minptime=10;useinbandfec=1\r\n');
    expect(sdp).toContain('a=sendrecv\r\n');
    expect(sdp).toContain(`a=ssrc:${a.transport.audioSsrc} cname:`);
    expect(sdp).toContain('m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n');
    expect(sdp).not.toContain('rtcp-fb');
    expect(sdp.match(/a=extmap:.*/g)).toEqual(['a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid']);
    expect(sdp).toContain('typ host');
  });

  test('answers with our parameters when transport-cc and NACK are offered', async () => {
    const { answer } = await raw({
      feedback: [useTWCC(), useNACK()],
      extensions: [useTransportWideCC(), useSdesMid()],
    });
    expect(answer).not.toContain('rtcp-fb');
    expect(answer.match(/a=extmap:.*/g)).toEqual([
      'a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:mid',
    ]);
    expect(answer).toContain('a=rtpmap:109 opus/48000/2\r\n');
    expect(answer).toContain('a=fmtp:109 minptime=10;useinbandfec=1\r\n');
  });

  test('that cannot be used is refused with the reason', async () => {
    const a = alone();
    await expect(
      a.transport.setRemoteDescription({ type: 'offer', sdp: 'v=0\r\nm=\r\n' }),
    ).rejects.toMatchObject({
      code: 'DESCRIPTION_REJECTED',
      cause: expect.any(Error),
    });
  });

  test('has one certificate on all connections of a backend', async () => {
    const prints = await Promise.all(
      [alone(), alone()].map(async ({ transport }) => {
        const { sdp } = await transport.setLocalDescription();
        return /a=fingerprint:sha-256 .*/.exec(sdp)?.[0];
      }),
    );
    expect(prints[0]).toBeDefined();
    expect(prints[1]).toBe(prints[0]);
  });
});

describe('audio packets', () => {
  test('arrive as sent across both wraps, in the order of arrival, duplicates and all', async () => {
    const { a, b } = await connected();
    const sent = [
      { ...opus(65_534, 0xffff_fc40), marker: true },
      opus(65_535, 0xffff_ffff),
      opus(1, 960),
      opus(0, 0),
      opus(0, 0),
      opus(2, 1_920),
    ];
    for (const packet of sent) expect(a.transport.sendAudio(packet)).toBe(true);
    await b.until('all packets', () => b.heard.packets.length === sent.length);
    expect(b.heard.packets).toEqual(
      sent.map((packet) => ({ ...packet, ssrc: a.transport.audioSsrc, payloadType: 111 })),
    );
    expect(b.heard.packets[0]?.payload.constructor).toBe(Uint8Array);
  });

  test('may be sent again and again from one buffer', async () => {
    const { a, b } = await connected();
    const buffer = new Uint8Array(64);
    for (let i = 0; i < 20; i++) {
      buffer.fill(i);
      a.transport.sendAudio({ ...opus(i), payload: buffer.subarray(i, i + 4) });
      buffer.fill(255);
    }
    await b.until('all packets', () => b.heard.packets.length === 20);
    expect(b.heard.packets.map(({ payload }) => [...payload])).toEqual(
      Array.from({ length: 20 }, (_, i) => [i, i, i, i]),
    );
  });

  test('are refused, not queued, until connected', async () => {
    const a = alone();
    const b = alone();
    const report = {
      ntpSeconds: 1,
      ntpFraction: 0,
      rtpTimestamp: 0,
      packetCount: 0,
      octetCount: 0,
    };
    expect(a.transport.sendAudio(opus(1))).toBe(false);
    expect(a.transport.sendSenderReport(report)).toBe(false);
    await negotiate(a.transport, b.transport);
    expect(a.transport.sendAudio(opus(2))).toBe(false);
    expect(a.transport.counters.packetsRefused).toBe(3);
    await a.until('connected', () => a.transport.states.connection === 'connected');
    await b.until('connected', () => b.transport.states.connection === 'connected');
    expect(a.transport.sendAudio(opus(3))).toBe(true);
    await b.until('the packet', () => b.heard.packets.length > 0);
    expect(b.heard.packets.map(({ sequenceNumber }) => sequenceNumber)).toEqual([3]);
    expect(b.heard.senderReports).toEqual([]);
  });

  test('are given without padding and extensions, and from an SSRC that the SDP did not name', async () => {
    const { raw: peer, end } = await raw({}, (sdp) => sdp.replaceAll(/a=ssrc:.*\r\n/g, ''));
    const header = new RtpHeader({
      ssrc: 0xc0ff_ee01,
      payloadType: 109,
      sequenceNumber: 7,
      timestamp: 1,
      marker: true,
      padding: true,
      extensions: [{ id: 5, payload: Buffer.from([1, 2, 3]) }],
    });
    await peer.dtls.sendRtp(Buffer.from([0xf8, 1, 2, 0, 0, 3]), header);
    await end.until('the packet', () => end.heard.packets.length === 1);
    expect(end.heard.packets).toEqual([
      {
        ssrc: 0xc0ff_ee01,
        payloadType: 109,
        sequenceNumber: 7,
        timestamp: 1,
        marker: true,
        payload: Uint8Array.from([0xf8, 1, 2]),
      },
    ]);
  });

  test('that are lost are reported, SSRC in the SDP or not, and never asked for again', async () => {
    const bare = (sdp: string): string => sdp.replaceAll(/a=ssrc:.*\r\n/g, '');
    const { raw: peer, end } = await raw({ feedback: [useNACK()] }, bare);
    const feedback: unknown[] = [];
    const reported = new Promise<void>((resolve) => {
      peer.dtls.onRtcp.subscribe((packet) => {
        if (!(packet instanceof RtcpRrPacket)) feedback.push(packet);
        else if (packet.reports.some(({ ssrc, packetsLost }) => ssrc === 77 && packetsLost === 6))
          resolve();
      });
    });
    const header = new RtpHeader({ ssrc: 77, payloadType: 109 });
    for (const sequenceNumber of [0, 1, 2, 9, 10]) {
      header.sequenceNumber = sequenceNumber;
      await peer.dtls.sendRtp(Buffer.from([1]), header);
    }
    await end.until('what was sent', () => end.heard.packets.length === 5);
    await reported;
    expect(feedback).toEqual([]);
  });

  test('go out with the payload type and the MID that the offerer chose, MID only until it is known', async () => {
    const { raw: peer, end } = await raw({ extensions: [useSdesMid()] });
    const got: { payloadType: number; extensions: number }[] = [];
    const twice = new Promise<void>((resolve) => {
      peer.dtls.onRtp.subscribe(({ header }) => {
        got.push({ payloadType: header.payloadType, extensions: header.extensions.length });
        if (got.length === 2) resolve();
      });
    });
    end.transport.sendAudio(opus(1));
    const block = new RtcpReceiverInfo({
      ssrc: end.transport.audioSsrc,
      fractionLost: 64,
      packetsLost: 0xff_fffe,
      highestSequence: 1,
      jitter: 48,
      lsr: 0,
      dlsr: 0,
    });
    await peer.dtls.sendRtcp([new RtcpRrPacket({ ssrc: 1, reports: [block] })]);
    await end.until('a report block', () => end.heard.reportBlocks.length > 0);
    expect(end.heard.reportBlocks).toEqual([
      { ssrc: end.transport.audioSsrc, fractionLost: 0.25, cumulativeLost: -2, jitter: 48 },
    ]);
    end.transport.sendAudio(opus(2));
    await twice;
    expect(got).toEqual([
      { payloadType: 109, extensions: 1 },
      { payloadType: 109, extensions: 0 },
    ]);
  });

  test('are decrypted again after an outage of seconds across the wrap', async () => {
    const { raw: peer, end } = await raw();
    const network = jest.spyOn(peer.dtls.iceTransport.connection, 'send');
    const header = new RtpHeader({ ssrc: peer.audio.sender.ssrc, payloadType: 109 });
    for (let i = 0; i < 900; i++) {
      header.sequenceNumber = (65_100 + i) & 0xffff;
      if (i === 1) network.mockResolvedValue();
      if (i === 899) network.mockRestore();
      await peer.dtls.sendRtp(Buffer.from([1]), header);
    }
    await end.until('both packets', () => end.heard.packets.length === 2);
    expect(end.heard.packets.map(({ sequenceNumber }) => sequenceNumber)).toEqual([65_100, 463]);
  });
});

describe('the control channel', () => {
  test('carries what is sent at the moment it opens, text and binary, in order', async () => {
    const [a, b] = [alone({ channelOpen: () => send() }), alone()];
    const accepted: boolean[] = [];
    function send(): void {
      accepted.push(a.transport.sendMessage('first, ünïcode 🎙'));
      accepted.push(a.transport.sendMessage(Uint8Array.from([0, 1, 255])));
      accepted.push(a.transport.sendMessage('last'));
    }
    await negotiate(a.transport, b.transport);
    await b.until('all', () => b.heard.messages.length === 3);
    expect(b.heard.messages).toEqual(['first, ünïcode 🎙', Uint8Array.from([0, 1, 255]), 'last']);
    expect(accepted).toEqual([true, true, true]);
    expect((b.heard.messages[1] as Uint8Array).buffer.byteLength).toBe(3);
  });

  test('refuses an empty message and goes on', async () => {
    const { a, b } = await connected();
    expect(a.transport.sendMessage('')).toBe(false);
    expect(a.transport.sendMessage(new Uint8Array())).toBe(false);
    expect(a.transport.sendMessage('after')).toBe(true);
    await b.until('the message', () => b.heard.messages.length === 1);
    expect(b.heard.messages).toEqual(['after']);
    expect(a.transport.counters.messagesRefused.empty).toBe(2);
  });

  test('takes a burst of small messages without slowing down as it grows', async () => {
    const { a, b } = await connected();
    const burst = async (count: number): Promise<number> => {
      const start = performance.now();
      const before = b.heard.messages.length;
      for (let i = 0; i < count; i++) expect(a.transport.sendMessage(`message ${i}`)).toBe(true);
      await b.until('the burst', () => b.heard.messages.length === before + count);
      expect(b.heard.messages.at(-1)).toBe(`message ${count - 1}`);
      return (performance.now() - start) / count;
    };
    await burst(50);
    const [small, large] = [await burst(50), await burst(1_000)];
    // Quadratic cost would make it 20.
    expect(large / small).toBeLessThan(5);
    expect(a.transport.bufferedAmount).toBe(0);
  });

  test('holds a mebibyte, refuses and counts what is beyond, and delivers what it took', async () => {
    const { a, b } = await connected();
    const message = new Uint8Array(60_000).fill(7);
    let taken = 0;
    while (a.transport.sendMessage(message)) taken++;
    message.fill(9);
    expect(taken).toBe(Math.floor((1 << 20) / 60_000));
    expect(a.transport.bufferedAmount).toBe(taken * 60_000);
    expect(a.transport.counters.messagesRefused['queue-full']).toBe(1);
    await b.until('all that was taken', () => b.heard.messages.length === taken, 6_000);
    expect(b.heard.messages.every((data) => data.length === 60_000 && data[59_999] === 7)).toBe(
      true,
    );
    await a.until('empty', () => a.transport.bufferedAmount === 0);
    expect(a.transport.sendMessage(new Uint8Array(65_537))).toBe(false);
    expect(a.transport.counters.messagesRefused['too-large']).toBe(1);
  });

  test('survives what is not SCTP and message types it does not know', async () => {
    const { raw: peer, end } = await raw();
    const { channel, pc } = peer;
    await peer.dtls.sendData(Buffer.from('not SCTP at all'));
    await pc.sctpTransport?.sctp.send(channel.id ?? 0, 99, Buffer.from('what is this?'));
    await pc.sctpTransport?.sctp.send(777, 50, Buffer.from([2]));
    channel.send('still here');
    await end.until('the message', () => end.heard.messages.length === 1);
    expect(end.heard.messages).toEqual(['still here']);
    expect(end.transport.counters.malformedData).toBe(3);
  });
});

describe('candidates', () => {
  const line = (candidate: string, usernameFragment: string | null = null) => ({
    candidate,
    sdpMid: '0',
    sdpMLineIndex: 0,
    usernameFragment,
  });

  test('that come before the description are kept, and end with an empty one after it', async () => {
    const [a, b] = [alone(), alone()];
    const offer = await a.transport.setLocalDescription();
    const lines = [...offer.sdp.matchAll(/a=(candidate:.*)\r\n/g)].map((match) => String(match[1]));
    for (const candidate of lines) await b.transport.addIceCandidate(line(candidate));
    await b.transport.addIceCandidate(line(''));
    const bare = offer.sdp.replaceAll(/a=(candidate:.*|end-of-candidates)\r\n/g, '');
    await b.transport.setRemoteDescription({ type: 'offer', sdp: bare });
    const answer = await b.transport.setLocalDescription();
    // The answer tells of no candidate, so that only those of the offer can make the connection.
    await a.transport.setRemoteDescription({
      type: 'answer',
      sdp: answer.sdp.replaceAll(/a=candidate:.*\r\n/g, ''),
    });
    await a.until('connected', () => a.transport.states.connection === 'connected');
    await a.until('the end of candidates', () => a.heard.candidates.length > 0);
    expect(a.heard.candidates).toEqual([
      {
        candidate: '',
        sdpMid: '0',
        sdpMLineIndex: 0,
        usernameFragment: /a=ice-ufrag:(.*)/.exec(offer.sdp)?.[1],
      },
    ]);
  });

  test('that are malformed, hostile or stale are ignored and counted, in the description and after', async () => {
    const [a, b] = [alone(), alone()];
    const bad = [
      'nonsense',
      'candidate:1 1 udp 1 255.255.255.255 5000 typ host',
      'candidate:1 1 udp 1 example.org 5000 typ host',
      'candidate:1 1 udp 1 192.0.2.1 0 typ host',
      'candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active',
      'candidate:1 2 udp 1 192.0.2.1 9 typ host',
    ];
    for (const candidate of bad) await b.transport.addIceCandidate(line(candidate));
    await b.transport.addIceCandidate(line('candidate:1 1 udp 1 192.0.2.1 9 typ host', 'gone'));
    const offer = await a.transport.setLocalDescription();
    const sdp = offer.sdp.replace(
      /(?=a=candidate)/,
      bad
        .map((candidate) => `a=${candidate.replace(/^(?!candidate:)/, 'candidate:')}\r\n`)
        .join(''),
    );
    await b.transport.setRemoteDescription({ type: 'offer', sdp });
    await a.transport.setRemoteDescription(await b.transport.setLocalDescription());
    for (const candidate of bad) await b.transport.addIceCandidate(line(candidate));
    await b.transport.addIceCandidate(line('candidate:1 1 udp 1 192.0.2.1 9 typ host', 'gone'));
    await b.until('connected', () => b.transport.states.connection === 'connected');
    expect(b.transport.counters.candidatesIgnored).toEqual({
      malformed: 3,
      component: 3,
      protocol: 3,
      address: 6,
      port: 3,
      type: 0,
      duplicate: expect.any(Number),
      stale: 2,
      'too-many': 0,
    });
  });

  test('beyond 64 are ignored and counted', async () => {
    const b = alone();
    const many = (n: number) => line(`candidate:1 1 udp 1 192.0.2.${n} 9 typ host`);
    for (let n = 1; n <= 70; n++) await b.transport.addIceCandidate(many(n));
    expect(b.transport.counters.candidatesIgnored['too-many']).toBe(6);
  });

  test('checks by strangers are not answered', async () => {
    const a = alone();
    const { sdp } = await a.transport.setLocalDescription();
    const [, address = '', port = ''] =
      /a=candidate:\S+ 1 udp \d+ (\d+\.\S+) (\d+)/.exec(sdp) ?? [];
    const [, ufrag = ''] = /a=ice-ufrag:(\S+)/.exec(sdp) ?? [];
    const request = (username: string): Message =>
      new Message(1, 0)
        .setAttribute('USERNAME', username)
        .setAttribute('PRIORITY', 1)
        .setAttribute('ICE-CONTROLLED', 1n)
        .addFingerprint() as unknown as Message;
    const stranger = dgram.createSocket('udp4').bind(0);
    const answered = new Promise<Buffer>((resolve) => stranger.once('message', resolve));
    stranger.send(request('xxxx:yyyy').bytes, Number(port), address);
    const known = request(`${ufrag}:yyyy`);
    stranger.send(known.bytes, Number(port), address);
    expect((await answered).subarray(8, 20).toString('hex')).toBe(known.transactionIdHex);
    stranger.close();
  });
});

describe('negotiation', () => {
  test('is asked for once, and not after it is done, by either side', async () => {
    const [a, b] = [alone(), alone()];
    await a.until('negotiation needed', () => a.heard.negotiationNeeded > 0);
    await negotiate(a.transport, b.transport);
    await a.until('channel', () => a.heard.channelOpen === 1);
    await b.until('channel', () => b.heard.channelOpen === 1);
    expect(a.heard.negotiationNeeded).toBe(1);
    expect(b.heard.negotiationNeeded).toBeLessThanOrEqual(1);
  });

  test('is not asked for when an offer is already being set', async () => {
    const [a, b] = [alone(), alone()];
    const offer = await a.transport.setLocalDescription();
    const late = alone();
    await late.transport.setRemoteDescription(offer);
    await late.transport.setLocalDescription();
    await b.until('the other one asked', () => b.heard.negotiationNeeded === 1);
    expect(late.heard.negotiationNeeded).toBe(0);
  });

  test('with offers from both sides is won by one of them, whatever its mids are called', async () => {
    const [a, b] = [alone(), alone()];
    const rename = (sdp: string): string =>
      sdp
        .replace('BUNDLE 0 1', 'BUNDLE sound data')
        .replace('a=mid:0', 'a=mid:sound')
        .replace('a=mid:1', 'a=mid:data');
    const back = (sdp: string): string =>
      sdp
        .replace('BUNDLE sound data', 'BUNDLE 0 1')
        .replace('a=mid:sound', 'a=mid:0')
        .replace('a=mid:data', 'a=mid:1');
    const [offerA] = await Promise.all([
      a.transport.setLocalDescription(),
      b.transport.setLocalDescription(),
    ]);
    await b.transport.setRemoteDescription({ type: 'offer', sdp: rename(offerA.sdp) });
    expect(b.transport.states.signaling).toBe('have-remote-offer');
    const answer = await b.transport.setLocalDescription();
    expect(answer.type).toBe('answer');
    expect(answer.sdp.match(/^m=/gm)).toHaveLength(2);
    expect(answer.sdp).toContain('a=sendrecv');
    await a.transport.setRemoteDescription({ type: 'answer', sdp: back(answer.sdp) });
    await a.until('channel', () => a.heard.channelOpen === 1);
    await b.until('channel', () => b.heard.channelOpen === 1);
    a.transport.sendAudio(opus(1));
    b.transport.sendAudio(opus(2));
    a.transport.sendMessage('from a');
    b.transport.sendMessage('from b');
    await a.until('b', () => a.heard.packets.length === 1 && a.heard.messages.length === 1);
    await b.until('a', () => b.heard.packets.length === 1 && b.heard.messages.length === 1);
    expect(a.heard.negotiationNeeded + b.heard.negotiationNeeded).toBeLessThanOrEqual(2);
  });
});

describe('states', () => {
  test('are those of W3C and never ahead of the connection', async () => {
    const { a, b } = await connected();
    for (const { heard, transport } of [a, b]) {
      const seen = (key: 'connection' | 'iceConnection' | 'iceGathering'): string[] =>
        heard.states.map((states) => states[key]).filter((state, i, all) => state !== all[i - 1]);
      expect(seen('connection')).toEqual(['new', 'connecting', 'connected']);
      expect(seen('iceConnection')).toEqual(['new', 'checking', 'connected']);
      expect(seen('iceGathering').at(-1)).toBe('complete');
      expect(transport.states).toEqual({
        connection: 'connected',
        iceConnection: 'connected',
        iceGathering: 'complete',
        signaling: 'stable',
      });
    }
  });
});

describe('speed', () => {
  test('the handshake begins at once instead of after 100 ms', async () => {
    const took: number[] = [];
    for (let i = 0; i < 4; i++) {
      let checked = 0;
      const { close } = await connectTransports(backend, backend, {
        b: {
          stateChange: ({ iceConnection, connection }) => {
            if (iceConnection === 'connected' && connection === 'connecting')
              checked ||= performance.now();
            if (connection === 'connected') took.push(performance.now() - checked);
          },
        },
      });
      await close();
    }
    expect(Math.min(...took)).toBeLessThan(90);
  });

  test('the fast build of werift is the one in use', () => {
    const resolve = 'console.log(import.meta.resolve("werift"))';
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', resolve], {
      encoding: 'utf8',
    });
    expect(stdout.trim()).toMatch(/\/werift\/lib\/index\.mjs$/);
    // The CommonJS build makes every field with this call.
    expect(RtpHeader.toString()).not.toContain('Object.defineProperty(this');
  });
});
