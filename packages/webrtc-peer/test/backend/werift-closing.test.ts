import dgram from 'node:dgram';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { WeriftTransport } from '../../src/backend/werift/index.js';
import { connectTransports, endpoint, negotiate } from './connect-transports.js';
import { alone, backend, closeAll, connected, opus } from './werift-fixture.js';

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

afterEach(closeAll);

describe('closing', () => {
  test('leaves no socket and no timer after many connections', async () => {
    const baseline = timersAndSockets();
    for (let round = 0; round < 4; round++) {
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
