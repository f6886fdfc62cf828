import { afterEach, describe, expect, test } from '@jest/globals';
import { libdatachannelBackend } from '../../src/backend/libdatachannel/index.js';
import type { Backend, TransportParameters } from '../../src/backend/transport.js';
import { weriftBackend } from '../../src/backend/werift/index.js';
import { candidatesComply } from './compliance/candidates.js';
import { closingComplies } from './compliance/closing.js';
import { connectingComplies } from './compliance/connecting.js';
import {
  bothConnected,
  carriesMedia,
  closeAll,
  connected,
  connectedByChannel,
  endpoint,
  negotiate,
  openChannel,
  type Pair,
  rtp,
} from './compliance/endpoints.js';
import { mediaComplies } from './compliance/media.js';

const werift = await weriftBackend();
// Continuous integration has the optional package; elsewhere these tests are skipped, and are seen to be.
const backend = await libdatachannelBackend().catch((error: unknown) => {
  if (process.env['CI'] !== undefined) throw error;
  return undefined;
});
const suite = backend === undefined ? describe.skip : describe;

suite('the libdatachannel backend', () => {
  if (backend === undefined) return;
  afterEach(closeAll);
  closingComplies(backend);
  connectingComplies(backend);
  candidatesComply(backend);
  mediaComplies(backend);

  test('carries messages both ways, and closes channels with all that was sent', async () => {
    const { a, b, atA, atB } = await connectedByChannel(backend, { protocol: 'prötokoll' });
    expect(atB.channel.protocol).toBe('prötokoll');
    const sent = ['', 'ünïcode 🎙', Uint8Array.of(0, 1, 255), new Uint8Array(0), 'last'];
    for (const message of sent) expect(atA.channel.send(message)).toBe(true);
    for (const message of sent) expect(atB.channel.send(message)).toBe(true);
    await b.until('all', () => atB.messages.length === sent.length);
    await a.until('all', () => atA.messages.length === sent.length);
    expect([atA.messages, atB.messages]).toEqual([sent, sent]);
    atA.channel.close();
    await b.until('closed', () => atB.closed === 1);
    await a.until('closed', () => atA.closed === 1);
  });

  test('holds a mebibyte, refuses what is beyond, and tells when it drains', async () => {
    const { a, b, atA, atB } = await connectedByChannel(backend);
    let taken = 0;
    while (atA.channel.send(new Uint8Array(16_000))) taken++;
    expect(atA.channel.bufferedAmount).toBeLessThanOrEqual(1 << 20);
    await a.until('drained', () => atA.drained === 1);
    await b.until('all that was taken', () => atB.messages.length === taken);
    expect(taken).toBeLessThan(200);
  });

  test('does not send a packet far behind its stream, and goes on', async () => {
    const { a, b } = await connected(backend);
    expect(a.transport.sendRtp(rtp({ sequenceNumber: 5_000 }))).toBe(true);
    expect(a.transport.sendRtp(rtp({ sequenceNumber: 1 }))).toBe(false);
    expect(a.transport.counters.packetsFailed).toBe(1);
    expect(a.transport.sendRtp(rtp({ sequenceNumber: 5_001 }))).toBe(true);
    await b.until('both', () => b.heard.rtp.length === 2);
  });

  test('says that it restarts no ICE, and refuses an offer that does', async () => {
    const { a, b } = await connected(backend);
    expect(backend.restartsIce).toBe(false);
    expect(() => a.transport.restartIce()).toThrow(
      expect.objectContaining({ code: 'ICE_RESTART_UNAVAILABLE' }),
    );
    const offer = await a.transport.getLocal('offer');
    const anew: TransportParameters = { ...offer, usernameFragment: 'anew' };
    await expect(b.transport.setRemote('offer', anew)).rejects.toMatchObject({
      code: 'INVALID_DESCRIPTION',
    });
    await carriesMedia({ a, b }, 1);
  });

  test('fails when the other side leaves, and closes its channels', async () => {
    const { a, b, atB } = await connectedByChannel(backend);
    await a.transport.close();
    await b.until('closed', () => atB.closed === 1);
    await b.until('failed', () => b.transport.states.connection === 'failed');
    expect(b.transport.sendRtp(rtp({ sequenceNumber: 1 }))).toBe(false);
    const late = b.open('late');
    await b.until('refused', () => late.closed === 1);
  });

  test.each(['turns:t.example', 'turn:t.example?transport=tcp'])('refuses %s', (url) => {
    const iceServers = [{ urls: [url], username: 'u', credential: 'c' }];
    expect(() => backend.validate({ iceServers })).toThrow(
      expect.objectContaining({ code: 'INVALID_ICE_SERVER' }),
    );
  });

  test.each(['libdatachannel', 'werift'])('connects with the other when %s offers', async (who) => {
    const [offering, answering]: readonly [Backend, Backend] =
      who === 'werift' ? [werift, backend] : [backend, werift];
    const a: Pair['a'] = endpoint(offering, {
      iceCandidate: (candidate) => b.transport.addRemoteCandidate(candidate),
    });
    const b: Pair['b'] = endpoint(answering, {
      iceCandidate: (candidate) => a.transport.addRemoteCandidate(candidate),
    });
    await negotiate(a.transport, b.transport);
    await bothConnected({ a, b });
    await carriesMedia({ a, b }, 1);
    const report = Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 9);
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      expect(from.transport.sendRtcp(report)).toBe(true);
      await to.until('the report', () => to.heard.rtcp.length === 1);
      expect(to.heard.rtcp).toEqual([report]);
      const { atA, atB } = await openChannel({ a: from, b: to }, 'test', { ordered: false });
      atA.channel.send('there');
      await to.until('there', () => atB.messages.length === 1);
      atB.channel.send('');
      await from.until('back', () => atA.messages.length === 1);
    }
  });
});
