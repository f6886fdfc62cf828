import { describe, expect, test } from '@jest/globals';
import type { Backend, TransportCandidate } from '../../../src/backend/transport.js';
import { bothConnected, carriesMedia, connected, endpoint } from './endpoints.js';

const noise = [
  '',
  'nonsense',
  'candidate:',
  'candidate:1 1 udp 1 255.255.255.255 5000 typ host',
  'candidate:1 1 udp 1 239.1.2.3 5000 typ host',
  'candidate:1 1 udp 1 0.0.0.0 5000 typ host',
  'candidate:1 1 udp 1 192.0.2.1 0 typ host',
  'candidate:1 1 udp 1 192.0.2.1 99999 typ host',
  'candidate:1 1 udp 99999999999 192.0.2.1 9 typ host',
  'candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active',
  'candidate:1 2 udp 1 192.0.2.1 9 typ host',
  'candidate:1 1 udp 1 192.0.2.1 9 typ wonder',
  `candidate:1 1 udp 1 192.0.2.1 9 typ host ${'x '.repeat(5_000)}`,
];

/** Candidates that are trickled, and those that are of no use. */
export const candidatesComply = (backend: Backend): void => {
  describe('candidates', () => {
    test('may come before the parameters they belong to, and in any order', async () => {
      const toB: TransportCandidate[] = [];
      const a = endpoint(backend, { iceCandidate: (candidate) => toB.push(candidate) });
      const b = endpoint(backend);
      const offer = await a.transport.getLocal('offer');
      await a.until('gathered', () => toB.some(({ candidate }) => candidate === ''));
      const { usernameFragment } = offer;
      const all = [
        ...toB,
        ...offer.candidates.map((line) => ({ candidate: `candidate:${line}`, usernameFragment })),
      ];
      for (const candidate of all.toReversed()) b.transport.addRemoteCandidate(candidate);
      await b.transport.setRemote('offer', { ...offer, candidates: [] });
      const answer = await b.transport.getLocal('answer');
      // The answer tells of none, so that only those of the offer can make the connection.
      await a.transport.setRemote('answer', { ...answer, candidates: [] });
      await bothConnected({ a, b });
      expect(await carriesMedia({ a, b }, 1)).toEqual([1, 1]);
    });

    test('end once, with an empty one of their session, after the parameters', async () => {
      const { a, b } = await connected(backend);
      for (const { heard, until, transport } of [a, b]) {
        await until('the end', () => heard.candidates.some(({ candidate }) => candidate === ''));
        const { usernameFragment } = await transport.getLocal('offer');
        expect(heard.candidates.filter(({ candidate }) => candidate === '')).toHaveLength(1);
        for (const { candidate, usernameFragment: ufrag } of heard.candidates) {
          expect(candidate).toMatch(/^(candidate:\S+ 1 udp .*|)$/i);
          expect([usernameFragment, undefined]).toContain(ufrag);
        }
      }
    });

    test('that are malformed, hostile or stale change nothing, whenever they come', async () => {
      const [a, b] = [endpoint(backend), endpoint(backend)];
      const add = (): void => {
        for (const { transport } of [a, b])
          for (const candidate of noise) {
            transport.addRemoteCandidate({ candidate, usernameFragment: undefined });
            transport.addRemoteCandidate({ candidate, usernameFragment: 'gone' });
          }
      };
      add();
      const offer = await a.transport.getLocal('offer');
      const dirty = noise.map((line) => line.replace('candidate:', ''));
      await b.transport.setRemote('offer', {
        ...offer,
        candidates: [...dirty, ...offer.candidates],
      });
      add();
      await a.transport.setRemote('answer', await b.transport.getLocal('answer'));
      add();
      await bothConnected({ a, b });
      add();
      expect(await carriesMedia({ a, b }, 1)).toEqual([1, 1]);
    });

    test('without end do not keep the connection from being made', async () => {
      const [a, b] = [endpoint(backend), endpoint(backend)];
      const offer = await a.transport.getLocal('offer');
      await b.transport.setRemote('offer', offer);
      const answer = await b.transport.getLocal('answer');
      await a.transport.setRemote('answer', answer);
      for (let n = 0; n < 500; n++)
        b.transport.addRemoteCandidate({
          candidate: `candidate:${n} 1 udp 1 127.0.0.1 ${n + 1} typ host`,
          usernameFragment: undefined,
        });
      await bothConnected({ a, b });
      expect(await carriesMedia({ a, b }, 1)).toEqual([1, 1]);
    });
  });
};
