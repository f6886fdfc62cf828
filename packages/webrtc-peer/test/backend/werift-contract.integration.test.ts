import { AsyncLocalStorage } from 'node:async_hooks';
import { spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import { isIP } from 'node:net';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  RtcpReceiverInfo,
  RtcpRrPacket,
  RtcpSenderInfo,
  RtcpSrPacket,
  RtpHeader,
  useNACK,
  useSdesMid,
  useTransportWideCC,
  useTWCC,
} from 'werift';
import { micros } from '@rm/rtp-sync';
import { negotiate } from './connect-transports.js';
import { alone, closeAll, connected, opus, withRaw } from './werift-fixture.js';

afterEach(async () => {
  jest.restoreAllMocks();
  await closeAll();
});

describe('sender reports', () => {
  const report = {
    ntpSeconds: 0xec5f_3a01,
    ntpFraction: 0xdead_beef,
    rtpTimestamp: 0xffff_fff0,
    packetCount: 4_294_967_295,
    octetCount: 1_234_567,
  };

  test('go out exactly as given, and the answer to them gives the round-trip time', async () => {
    const { raw: peer, end } = await withRaw();
    const ssrc = end.transport.audioSsrc;
    const seen: unknown[] = [];
    peer.dtls.onRtcp.subscribe((packet) => {
      if (!(packet instanceof RtcpSrPacket)) return;
      const { ntpTimestamp, rtpTimestamp, packetCount, octetCount } = packet.senderInfo;
      seen.push({ ssrc: packet.ssrc, ntpTimestamp, rtpTimestamp, packetCount, octetCount });
      const lsr = Number((ntpTimestamp >> 16n) & 0xffff_ffffn);
      const block = { ssrc, fractionLost: 0, packetsLost: 0, highestSequence: 1, jitter: 0 };
      const reports = [new RtcpReceiverInfo({ ...block, lsr, dlsr: 0 })];
      void peer.dtls.sendRtcp([new RtcpRrPacket({ ssrc: 1, reports })]);
    });
    expect(end.transport.roundTripTime()).toBeUndefined();
    expect(end.transport.sendSenderReport(report)).toBe(true);
    await end.until('the answer', () => end.heard.reportBlocks.length === 1);
    const { ntpSeconds, ntpFraction, ...rest } = report;
    const ntpTimestamp = (BigInt(ntpSeconds) << 32n) | BigInt(ntpFraction);
    expect(seen).toEqual([{ ...rest, ntpTimestamp, ssrc }]);
    expect(end.transport.roundTripTime()).toBeGreaterThan(0);
    expect(end.transport.roundTripTime()).toBeLessThan(1_000_000);
  });

  test('that come with a block about our stream tell what it says of our own', async () => {
    const { raw: peer, end } = await withRaw();
    const senderInfo = new RtcpSenderInfo({
      ntpTimestamp: (5n << 32n) | 7n,
      rtpTimestamp: 6,
      packetCount: 1,
      octetCount: 2,
    });
    const counts = { fractionLost: 0, packetsLost: 0, highestSequence: 1, jitter: 0 };
    const blockOn = (ssrc: number, lsr: number): RtcpReceiverInfo =>
      new RtcpReceiverInfo({ ...counts, ssrc, lsr, dlsr: 65_536 });
    const reports = [blockOn(99, 1), blockOn(end.transport.audioSsrc, 0x1234_5678)];
    await peer.dtls.sendRtcp([new RtcpSrPacket({ ssrc: 8, senderInfo, reports })]);
    await peer.dtls.sendRtcp([new RtcpSrPacket({ ssrc: 8, senderInfo, reports: [] })]);
    await end.until('the reports', () => end.heard.senderReports.length === 2);
    const report8 = {
      ssrc: 8,
      ntpSeconds: 5,
      ntpFraction: 7,
      rtpTimestamp: 6,
      packetCount: 1,
      octetCount: 2,
    };
    const echo = { lastSenderReport: 0x1234_5678, delaySinceLastSenderReport: 65_536 };
    expect(end.heard.senderReports).toEqual([{ ...report8, echo }, report8]);
  });

  test('of the other side arrive exactly as sent', async () => {
    const { a, b } = await connected();
    expect(a.transport.sendSenderReport(report)).toBe(true);
    await b.until('the report', () => b.heard.senderReports.length === 1);
    expect(b.heard.senderReports).toEqual([{ ...report, ssrc: a.transport.audioSsrc }]);
  });
});

describe('without ICE servers', () => {
  test('nobody but the addresses of the two sides is contacted, nor a name looked up', async () => {
    const send = jest.spyOn(dgram.Socket.prototype, 'send');
    const { a, b } = await connected();
    const contacted = new Set<unknown>(send.mock.calls.map((args) => args[2]));
    send.mockRestore();
    for (const { transport } of [a, b]) expect(transport.states.iceGathering).toBe('complete');
    let described: string | undefined;
    let lookedUp = false;
    const offer = alone().transport.setLocalDescription();
    void offer.then(({ sdp }) => {
      described = sdp;
    });
    while (described === undefined) {
      await new Promise(setImmediate);
      lookedUp ||= process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap');
    }
    expect(lookedUp).toBe(false);
    expect(described).toContain('a=end-of-candidates');
    const local = [...described.matchAll(/a=candidate:\S+ 1 udp \d+ (\S+)/g)].map(([, ip]) => ip);
    expect(contacted.size).toBeGreaterThan(0);
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
    expect(sdp.match(/a=extmap:.*/g)).toEqual([
      'a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid',
      'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
    ]);
    expect(sdp).toContain('typ host');
  });

  test('answers with our parameters when transport-cc and NACK are offered', async () => {
    const { answer } = await withRaw({
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
    const { raw: peer, end } = await withRaw({}, (sdp) => sdp.replaceAll(/a=ssrc:.*\r\n/g, ''));
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

  test('carry their capture time where both sides know how to', async () => {
    const { a, b } = await connected();
    const captured = micros(1_700_000_000_123_456);
    a.transport.sendAudio({ ...opus(1), captureTime: { captured } });
    a.transport.sendAudio(opus(2));
    await b.until('the packets', () => b.heard.packets.length === 2);
    expect(b.heard.packets.map(({ captureTime }) => captureTime)).toEqual([
      { captured },
      undefined,
    ]);
    // Not negotiated, it is left out.
    const { raw: peer, end } = await withRaw({});
    const extensions = new Promise<number>((resolve) => {
      peer.dtls.onRtp.subscribe(({ header }) => resolve(header.extensions.length));
    });
    end.transport.sendAudio({ ...opus(1), captureTime: { captured } });
    expect(await extensions).toBe(0);
  });

  test('that are lost are reported, SSRC in the SDP or not, with nothing of werift beside', async () => {
    const bare = (sdp: string): string => sdp.replaceAll(/a=ssrc:.*\r\n/g, '');
    const { raw: peer, end } = await withRaw({ feedback: [useNACK()] }, bare);
    const lost: number[] = [];
    const beside: unknown[] = [];
    const twice = new Promise<void>((resolve) => {
      peer.dtls.onRtcp.subscribe((packet) => {
        if (!(packet instanceof RtcpRrPacket)) beside.push(packet);
        else if (lost.push(...packet.reports.map(({ packetsLost }) => packetsLost)) >= 2) resolve();
      });
    });
    // werift spreads reports by chance over 0.5 s to 1.5 s; sender reports and requests of its own as well.
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const header = new RtpHeader({ ssrc: 77, payloadType: 109 });
    for (const sequenceNumber of [0, 1, 2, 9, 10]) {
      header.sequenceNumber = sequenceNumber;
      await peer.dtls.sendRtp(Buffer.from([1]), header);
      end.transport.sendAudio(opus(sequenceNumber));
    }
    await end.until('what was sent', () => end.heard.packets.length === 5);
    await twice;
    expect(lost).toEqual([6, 6]);
    expect(beside).toEqual([]);
  });

  test('go out with the payload type and the MID that the offerer chose, MID only until it is known', async () => {
    const { raw: peer, end } = await withRaw({ extensions: [useSdesMid()] });
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
    const { raw: peer, end } = await withRaw();
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

describe('the DTLS handshake', () => {
  /** Type of the handshake message that a datagram begins with, 20 if encrypted, 0 for anything else. */
  const messageOf = (datagram: Buffer): number => {
    if (datagram[0] !== 22) return 0;
    return datagram.readUInt16BE(3) === 0 ? (datagram[13] ?? 0) : 20;
  };

  /** Sends each datagram as often as `times` says. */
  const repeat = (times: (datagram: Buffer) => number): void => {
    const actual = Reflect.get(dgram.Socket.prototype, 'send') as (...args: unknown[]) => void;
    jest.spyOn(dgram.Socket.prototype, 'send').mockImplementation(function (
      this: dgram.Socket,
      ...args: unknown[]
    ) {
      for (let i = times(args[0] as Buffer); i > 0; i--) actual.apply(this, args);
    });
  };

  test('bears every one of its messages twice', async () => {
    repeat((datagram) => (messageOf(datagram) > 0 ? 2 : 1));
    const { a, b } = await connected();
    a.transport.sendMessage('through');
    await b.until('a message', () => b.heard.messages.length === 1);
    expect(b.heard.messages).toEqual(['through']);
  });

  test('bears the loss of any one of its messages', async () => {
    // message type, and which of its kind: both sides send a certificate and Finished
    const both = [11, 20].flatMap((type) => [[type, 1] as const, [type, 2] as const]);
    const losses = [...[1, 2, 3, 12, 13, 14, 15, 16].map((type) => [type, 1] as const), ...both];
    // Sockets keep the context that they were made in, and so know what their connection has to lose.
    const context = new AsyncLocalStorage<{ type: number; left: number }>();
    repeat((datagram) => {
      const loss = context.getStore();
      return loss?.type === messageOf(datagram) && --loss.left === 0 ? 0 : 1;
    });
    const connections = await Promise.all(
      losses.map(([type, left]) => context.run({ type, left }, () => connected())),
    );
    for (const { a, b } of connections) {
      a.transport.sendAudio(opus(1));
      await b.until('a packet', () => b.heard.packets.length === 1);
      expect(b.heard.packets[0]?.sequenceNumber).toBe(1);
    }
  });

  test('is not begun again by a stranger on an open connection', async () => {
    const network = jest.spyOn(dgram.Socket.prototype, 'send');
    const { a, b } = await connected();
    const hellos = network.mock.calls.filter(([data]) => {
      const bytes = data as Buffer;
      return bytes[0] === 22 && bytes[13] === 1;
    }) as unknown as [Buffer, number, string][];
    network.mockRestore();
    const stranger = dgram.createSocket(isIP(hellos[0]?.[2] ?? '') === 6 ? 'udp6' : 'udp4');
    const record = (type: number, epoch: number): Buffer =>
      Buffer.from([type, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0]);
    const forged = [record(21, 0), record(21, 1), record(24, 0), record(24, 1)];
    for (const [hello, port, address] of hellos) {
      for (const datagram of [hello, ...forged]) {
        await new Promise((resolve) => stranger.send(datagram, port, address, resolve));
      }
    }
    stranger.close();
    for (const [from, to] of [[a, b] as const, [b, a] as const]) {
      from.transport.sendAudio(opus(1));
      from.transport.sendMessage('still');
      await to.until('both', () => to.heard.packets.length + to.heard.messages.length === 2);
      expect(to.transport.states.connection).toBe('connected');
    }
    expect(hellos.length).toBeGreaterThanOrEqual(2);
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

  test.each([
    ['small', ''],
    ['larger', 'x'.repeat(1_000)],
  ])('takes a burst of %s messages without slowing down as it grows', async (_, filling) => {
    const { a, b } = await connected();
    const burst = async (count: number): Promise<number> => {
      const before = b.heard.messages.length;
      const start = process.cpuUsage();
      for (let i = 0; i < count; i++) expect(a.transport.sendMessage(`${i} ${filling}`)).toBe(true);
      await b.until('the burst', () => b.heard.messages.length === before + count);
      expect(b.heard.messages.at(-1)).toBe(`${count - 1} ${filling}`);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / count;
    };
    await burst(200);
    // The least of three of each: whatever else the machine does only ever adds.
    let [few, many] = [Infinity, Infinity];
    for (let round = 0; round < 3; round++) {
      few = Math.min(few, await burst(50));
      many = Math.min(many, await burst(500));
    }
    // Quadratic cost would make it 10.
    expect(many / few).toBeLessThan(3);
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
    const { raw: peer, end } = await withRaw();
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

describe('speed', () => {
  test('the handshake begins when ICE is done, and again soon if nobody was ready for it', async () => {
    const hellos: { at: number; bytes: string }[] = [];
    const actual = Reflect.get(dgram.Socket.prototype, 'send') as (...args: unknown[]) => void;
    const send = jest.spyOn(dgram.Socket.prototype, 'send');
    let checked = 0;
    send.mockImplementation(function (this: dgram.Socket, ...args: unknown[]) {
      const [data] = args as [Buffer];
      // handshake record with a ClientHello in it (RFC 6347 §4.1, §4.3.2)
      if (data[0] === 22 && data[13] === 1) {
        hellos.push({ at: performance.now() - checked, bytes: data.toString('hex') });
        if (hellos.length === 1) return;
      }
      actual.apply(this, args);
    });
    const [a, b] = [
      alone(),
      alone({
        stateChange: ({ iceConnection }) => {
          if (iceConnection === 'connected') checked ||= performance.now();
        },
      }),
    ];
    await negotiate(a.transport, b.transport);
    await b.until('connected', () => b.transport.states.connection === 'connected');
    send.mockRestore();
    expect(hellos[0]?.at).toBeLessThan(60);
    expect(hellos[1]?.at).toBeLessThan(400);
    expect(hellos[1]?.bytes).toBe(hellos[0]?.bytes);
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
