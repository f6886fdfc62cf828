import dgram from 'node:dgram';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Message } from 'werift';
import { negotiate } from './connect-transports.js';
import { alone, closeAll, connected, opus } from './werift-fixture.js';

afterEach(closeAll);

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
