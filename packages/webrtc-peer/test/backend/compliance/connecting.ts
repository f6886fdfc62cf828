import { describe, expect, test } from '@jest/globals';
import type { Backend, TransportStates } from '../../../src/backend/transport.js';
import {
  bothConnected,
  carriesMedia,
  connected,
  endpoint,
  negotiate,
  openChannel,
  pair,
  rtp,
} from './endpoints.js';

/** Offers, answers and the states that follow them. */
export const connectingComplies = (backend: Backend): void => {
  describe('a connection', () => {
    test('is told of with the W3C states, never before it carries', async () => {
      const sent: boolean[] = [];
      const ends = pair(backend, {
        a: {
          stateChange: ({ connection }) => {
            sent.push(ends.a.transport.sendRtp(rtp({ sequenceNumber: sent.length })));
            expect(sent.at(-1)).toBe(connection === 'connected');
          },
        },
      });
      const { a, b } = ends;
      await negotiate(a.transport, b.transport);
      await bothConnected(ends);
      await b.until('the packet', () => b.heard.rtp.length > 0);
      for (const end of [a, b])
        await end.until('gathered', () => end.transport.states.iceGathering === 'complete');
      for (const { heard, transport } of [a, b]) {
        const seen = (key: keyof TransportStates): string[] =>
          heard.states.map((states) => states[key]).filter((state, i, all) => state !== all[i - 1]);
        const connection = seen('connection');
        expect(connection.filter((state) => state !== 'new')).toEqual(['connecting', 'connected']);
        const ice = seen('iceConnection').filter((state) => state !== 'new');
        expect(ice.slice(0, 2)).toEqual(['checking', 'connected']);
        expect(ice.slice(2)).toEqual(ice.length > 2 ? ['completed'] : []);
        expect(transport.states).toEqual(heard.states.at(-1));
      }
    });

    test('is offered with either DTLS role, and answered with one', async () => {
      const [a, b] = [endpoint(backend), endpoint(backend)];
      const offer = await a.transport.getLocal('offer');
      expect(offer.setup).toBe('actpass');
      expect(offer.iceLite).toBe(false);
      expect(offer.usernameFragment).toMatch(/^[\w+/]{4,256}$/);
      expect(offer.password).toMatch(/^[\w+/]{22,256}$/);
      expect(offer.fingerprints).toContainEqual({
        algorithm: 'sha-256',
        value: expect.stringMatching(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/i),
      });
      expect(offer.maxMessageSize).toBeGreaterThanOrEqual(16_384);
      await b.transport.setRemote('offer', offer);
      expect((await b.transport.getLocal('answer')).setup).toMatch(/^(active|passive)$/);
    });

    test.each(['active', 'passive'] as const)('is made with an offer of %s', async (setup) => {
      const ends = pair(backend);
      await negotiate(ends.a.transport, ends.b.transport, (parameters) => {
        if (parameters.setup === 'actpass') return { ...parameters, setup };
        expect(parameters.setup).toBe(setup === 'active' ? 'passive' : 'active');
        return parameters;
      });
      await bothConnected(ends);
      expect(await carriesMedia(ends, 1)).toEqual([1, 1]);
    });

    test('that both sides offer is made by the one that is answered', async () => {
      const ends = pair(backend);
      const { a, b } = ends;
      const [offerA] = await Promise.all([
        a.transport.getLocal('offer'),
        b.transport.getLocal('offer'),
      ]);
      await b.transport.setRemote('offer', offerA);
      await a.transport.setRemote('answer', await b.transport.getLocal('answer'));
      await bothConnected(ends);
      expect(await carriesMedia(ends, 1)).toEqual([1, 1]);
      await openChannel(ends, 'from a');
      await openChannel({ a: b, b: a }, 'from b');
    });

    test('lives on when it is negotiated again, by either side', async () => {
      const ends = await connected(backend);
      const { a, b } = ends;
      const setups: string[] = [];
      const ufrags = new Set<string>();
      for (const [one, other] of [
        [a, b],
        [b, a],
        [a, b],
      ] as const)
        await negotiate(one.transport, other.transport, (parameters) => {
          setups.push(parameters.setup);
          ufrags.add(parameters.usernameFragment);
          return parameters;
        });
      expect(ufrags.size).toBe(2);
      expect(setups[1]).toBe(setups[5]);
      expect(new Set([setups[1], setups[3]])).toEqual(new Set(['active', 'passive']));
      expect(await carriesMedia(ends, 1)).toEqual([1, 1]);
      for (const { transport } of [a, b]) expect(transport.states.connection).toBe('connected');
    });

    test('with another certificate than the one signaled fails', async () => {
      const ends = pair(backend);
      await negotiate(ends.a.transport, ends.b.transport, (parameters) =>
        parameters.setup === 'actpass'
          ? parameters
          : {
              ...parameters,
              fingerprints: parameters.fingerprints.map(({ algorithm, value }) => ({
                algorithm,
                value: value.replaceAll(/^../g, (byte) => (byte === '00' ? '01' : '00')),
              })),
            },
      );
      const { transport, until, heard } = ends.a;
      await until('failed', () => transport.states.connection === 'failed');
      expect(transport.sendRtp(rtp({ sequenceNumber: 1 }))).toBe(false);
      expect(heard.states.map(({ connection }) => connection)).not.toContain('connected');
    });

    test('that cannot be is refused with INVALID_DESCRIPTION', async () => {
      const [a, b] = [endpoint(backend), endpoint(backend)];
      const offer = await a.transport.getLocal('offer');
      const faults = [
        { usernameFragment: 'a b' },
        { password: 'short' },
        { fingerprints: [] },
        { fingerprints: [{ algorithm: 'sha-256', value: 'none' }] },
      ];
      for (const fault of faults)
        await expect(b.transport.setRemote('offer', { ...offer, ...fault })).rejects.toMatchObject({
          code: 'INVALID_DESCRIPTION',
        });
      await expect(b.transport.setRemote('answer', offer)).rejects.toMatchObject({
        code: 'INVALID_DESCRIPTION',
      });
      await b.transport.setRemote('offer', offer);
    });
  });
};
