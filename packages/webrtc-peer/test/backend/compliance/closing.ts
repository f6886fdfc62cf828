import { readdirSync } from 'node:fs';
import dgram from 'node:dgram';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Backend } from '../../../src/backend/transport.js';
import {
  connected,
  connectedByChannel,
  endpoint,
  negotiate,
  pair,
  rtp,
  type Pair,
} from './endpoints.js';

/** Sockets and timers of this process; sockets of a native backend are file descriptors. */
const handles = (): number => {
  const active = process.getActiveResourcesInfo();
  const timersAndSockets = active.filter((type) => type === 'Timeout' || type === 'UDPWrap');
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  return timersAndSockets.length + descriptors;
};

/** Those that were there before the first connection. */
let idle = 0;

/** Waits until no other socket and timer is left; tells how many are if it takes too long. */
const leftOpen = async (deadlineMs = 1_500): Promise<number> => {
  const end = performance.now() + deadlineMs;
  while (handles() > idle && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return Math.max(0, handles() - idle);
};

/** Closing in every phase. */
export const closingComplies = (backend: Backend): void => {
  describe('closing', () => {
    beforeEach(() => {
      idle ||= handles();
    });

    const phases: readonly (readonly [string, (ends: Pair) => Promise<unknown>])[] = [
      ['before anything was done', () => Promise.resolve()],
      [
        'while gathering',
        ({ a }) => {
          a.transport.getLocal('offer').catch(() => {});
          return a.until('gathering', () => a.heard.states.length > 0);
        },
      ],
      ['with an offer out', ({ a }) => a.transport.getLocal('offer')],
      [
        'with an offer in',
        async ({ a, b }) => b.transport.setRemote('offer', await a.transport.getLocal('offer')),
      ],
      ['while connecting', ({ a, b }) => negotiate(a.transport, b.transport)],
      [
        'in the handshake',
        async ({ a, b }) => {
          await negotiate(a.transport, b.transport);
          await a.until('a path', () => a.transport.states.iceConnection !== 'checking');
        },
      ],
    ];
    test.each(phases)('%s leaves nothing open', async (_, prepare) => {
      const ends = pair(backend);
      await prepare(ends);
      await Promise.all([ends.a.transport.close(), ends.b.transport.close()]);
      expect(await leftOpen()).toBe(0);
    });

    test('many connections, and restarts of theirs, leaves nothing open', async () => {
      for (let round = 0; round < 3; round++) {
        const { a, b, atA } = await connectedByChannel(backend);
        atA.channel.send(new Uint8Array(16_000));
        if (backend.restartsIce) {
          a.transport.restartIce();
          await b.transport.setRemote('offer', await a.transport.getLocal('offer'));
          if (round > 0)
            await a.transport.setRemote('answer', await b.transport.getLocal('answer'));
        }
        await Promise.all([a.transport.close(), b.transport.close()]);
      }
      expect(await leftOpen()).toBe(0);
    });

    test('with a silent STUN server leaves nothing, nor did it hold up the offer', async () => {
      const silent = dgram.createSocket('udp4').bind(0, '127.0.0.1');
      await new Promise((resolve) => silent.once('listening', resolve));
      const asked = new Promise((resolve) => silent.once('message', resolve));
      const a = endpoint(backend, {}, [{ urls: [`stun:127.0.0.1:${silent.address().port}`] }]);
      const offer = await a.transport.getLocal('offer');
      await asked;
      expect(offer.candidates.join()).toContain('typ host');
      const start = performance.now();
      await a.transport.close();
      expect(performance.now() - start).toBeLessThan(1_000);
      silent.close();
      expect(await leftOpen()).toBe(0);
    });

    test('is idempotent, silences every handler, and refuses what comes after', async () => {
      const { a, b, atA, atB } = await connectedByChannel(backend);
      const counts = (): number[] => [
        a.heard.candidates.length,
        a.heard.states.length,
        a.heard.rtp.length,
        a.heard.channels.length,
        atA.messages.length,
        atA.closed,
      ];
      const before = counts();
      const closing = a.transport.close();
      const { connection, iceConnection } = a.transport.states;
      expect([connection, iceConnection]).toEqual(['closed', 'closed']);
      b.transport.sendRtp(rtp({ sequenceNumber: 1 }));
      atB.channel.send('late');
      await Promise.all([closing, a.transport.close()]);
      await b.until('the other side sees the channel close', () => atB.closed === 1);
      expect(a.transport.sendRtp(rtp({ sequenceNumber: 1 }))).toBe(false);
      expect(a.transport.sendRtcp(Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 1))).toBe(false);
      expect(atA.channel.send('late')).toBe(false);
      expect(atA.channel.state).toBe('closed');
      atA.channel.close();
      a.transport.addRemoteCandidate({
        candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
        usernameFragment: undefined,
      });
      const refused = { code: 'TRANSPORT_CLOSED' };
      await expect(a.transport.getLocal('offer')).rejects.toMatchObject(refused);
      const parameters = await b.transport.getLocal('offer');
      await expect(a.transport.setRemote('offer', parameters)).rejects.toMatchObject(refused);
      expect(counts()).toEqual(before);
    });

    test('ends parameters that are being made with an error instead of never', async () => {
      const { a } = pair(backend);
      const offer = a.transport.getLocal('offer');
      await Promise.all([
        expect(offer).rejects.toMatchObject({ code: 'TRANSPORT_CLOSED' }),
        a.transport.close(),
      ]);
    });

    test('one side from within a handler of its own is safe', async () => {
      const { a, b } = await connected(backend, { b: { rtp: () => void b.transport.close() } });
      a.transport.sendRtp(rtp({ sequenceNumber: 1 }));
      a.transport.sendRtp(rtp({ sequenceNumber: 2 }));
      await b.until('the packet', () => b.heard.rtp.length === 1);
      await b.transport.close();
      expect(b.heard.rtp).toHaveLength(1);
    });
  });
};
