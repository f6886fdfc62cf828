import dgram from 'node:dgram';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { weriftBackend, type WeriftTransport } from '../../src/backend/werift/index.js';
import { connectTransports, endpoint, negotiate, type Endpoint } from './connect-transports.js';
import { alone, backend, closeAll, connected, opus } from './werift-fixture.js';

const timersAndSockets = (): number =>
  process.getActiveResourcesInfo().filter((type) => type === 'Timeout' || type === 'UDPWrap')
    .length;

/** Those that the test runner has, counted before the first connection. */
let idle: number | undefined;

/** Waits until no other timer and no socket is left; tells how many are if it takes too long. */
const released = async (deadlineMs: number): Promise<number> => {
  const end = performance.now() + deadlineMs;
  while (timersAndSockets() > (idle ?? 0) && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return timersAndSockets() - (idle ?? 0);
};

beforeEach(() => {
  idle ??= timersAndSockets();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await closeAll();
});

describe('closing', () => {
  test('leaves no socket and no timer of the warm-up, which is made once', async () => {
    const bind = jest.spyOn(dgram.Socket.prototype, 'bind');
    await Promise.all([weriftBackend(), weriftBackend()]);
    const sockets = bind.mock.calls.length;
    await weriftBackend();
    expect(sockets).toBeGreaterThanOrEqual(2);
    expect(bind).toHaveBeenCalledTimes(sockets);
    expect(await released(1_500)).toBeLessThanOrEqual(0);
  });

  test('leaves no socket and no timer after many connections', async () => {
    for (let round = 0; round < 3; round++) {
      const { close } = await connectTransports(backend, backend);
      await close();
    }
    expect(await released(1_500)).toBeLessThanOrEqual(0);
  });

  type Ends = [a: Endpoint<WeriftTransport>, b: Endpoint<WeriftTransport>];

  test.each<[string, (...ends: Ends) => Promise<unknown>]>([
    ['before anything was done', async () => {}],
    [
      'while gathering',
      async (a) => {
        a.transport.setLocalDescription().catch(() => {});
        await a.until('gathering', () => a.transport.states.iceGathering === 'gathering');
      },
    ],
    ['with an offer out', (a) => a.transport.setLocalDescription()],
    [
      'with an offer in',
      async (a, b) => b.transport.setRemoteDescription(await a.transport.setLocalDescription()),
    ],
    ['while connecting', (a, b) => negotiate(a.transport, b.transport)],
  ])('leaves no socket and no timer %s', async (_, prepare) => {
    const [a, b] = [endpoint(backend), endpoint(backend)];
    await prepare(a, b);
    await Promise.all([a.transport.close(), b.transport.close()]);
    expect(await released(1_500)).toBeLessThanOrEqual(0);
  });

  test('in the middle of a handshake that nobody answers leaves nothing either', async () => {
    const actual = Reflect.get(dgram.Socket.prototype, 'send') as (...args: unknown[]) => void;
    const send = jest.spyOn(dgram.Socket.prototype, 'send');
    const begun = new Promise<void>((resolve) => {
      send.mockImplementation(function (this: dgram.Socket, ...args: unknown[]) {
        const [data] = args as [Buffer];
        if (data[0] === 22) resolve();
        else actual.apply(this, args);
      });
    });
    const [a, b] = [endpoint(backend), endpoint(backend)];
    await negotiate(a.transport, b.transport);
    await begun;
    await Promise.all([a.transport.close(), b.transport.close()]);
    send.mockRestore();
    expect(await released(1_200)).toBeLessThanOrEqual(0);
  });

  test('with a silent STUN server leaves nothing, and the server did not hold up the offer', async () => {
    const silent = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const asked = new Promise((resolve) => silent.once('message', resolve));
    const a = endpoint(backend, {}, [{ urls: [`stun:127.0.0.1:${silent.address().port}`] }]);
    const offer = await a.transport.setLocalDescription();
    expect(offer.sdp).toContain('typ host');
    expect(a.transport.states.iceGathering).toBe('gathering');
    await asked;
    const start = performance.now();
    await a.transport.close();
    expect(performance.now() - start).toBeLessThan(1_000);
    silent.close();
    expect(await released(1_500)).toBeLessThanOrEqual(0);
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
