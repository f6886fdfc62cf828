import { describe, expect, test } from '@jest/globals';
import type { Backend } from '../../../src/backend/transport.js';
import {
  bothConnected,
  carriesMedia,
  connected,
  negotiate,
  openChannel,
  pair,
} from './endpoints.js';

/** ICE that begins anew; refused by a backend that cannot. */
export const iceRestartComplies = (backend: Backend): void => {
  const only = backend.restartsIce ? describe : describe.skip;
  only('an ICE restart', () => {
    test('has new credentials at both sides, and all goes on', async () => {
      const ends = await connected(backend);
      const { a, b } = ends;
      const { atA, atB } = await openChannel(ends, 'lasting');
      expect(await carriesMedia(ends, 1)).toEqual([1, 1]);
      const before = await a.transport.getLocal('offer');
      await b.transport.setRemote('offer', before);
      await a.transport.setRemote('answer', await b.transport.getLocal('answer'));

      a.transport.restartIce();
      const ufrags: string[] = [];
      await negotiate(a.transport, b.transport, (parameters) => {
        ufrags.push(parameters.usernameFragment);
        return parameters;
      });
      expect(ufrags).not.toContain(before.usernameFragment);
      for (const [end, ufrag] of [
        [a, ufrags[0]],
        [b, ufrags[1]],
      ] as const)
        await end.until('the end of candidates', () =>
          end.heard.candidates.some(
            ({ candidate, usernameFragment }) => candidate === '' && usernameFragment === ufrag,
          ),
        );
      await bothConnected(ends);
      expect(await carriesMedia(ends, 2)).toEqual([2, 2]);
      atA.channel.send('still here');
      await b.until('the message', () => atB.messages.length === 1);
      expect(atB.closed).toBe(0);
      // Once is enough: the next offer keeps the credentials.
      expect((await a.transport.getLocal('offer')).usernameFragment).toBe(ufrags[0]);
    });

    test('may be made by either side, again and again', async () => {
      const ends = await connected(backend);
      const { a, b } = ends;
      let round = 0;
      for (const [one, other] of [
        [a, b],
        [b, a],
        [b, a],
        [a, b],
      ] as const) {
        one.transport.restartIce([]);
        await negotiate(one.transport, other.transport);
        await bothConnected(ends);
        round++;
        expect(await carriesMedia(ends, round)).toEqual([round, round]);
      }
    });

    test('that both sides offer is made by the one that is answered', async () => {
      const ends = await connected(backend);
      const { a, b } = ends;
      a.transport.restartIce();
      b.transport.restartIce();
      const [offer] = await Promise.all([
        a.transport.getLocal('offer'),
        b.transport.getLocal('offer'),
      ]);
      await b.transport.setRemote('offer', offer);
      await a.transport.setRemote('answer', await b.transport.getLocal('answer'));
      await bothConnected(ends);
      expect(await carriesMedia(ends, 1)).toEqual([1, 1]);
    });

    test('before there was a connection does no harm', async () => {
      const ends = pair(backend);
      const { a, b } = ends;
      a.transport.restartIce();
      await negotiate(a.transport, b.transport);
      await bothConnected(ends);
      expect(await carriesMedia(ends, 1)).toEqual([1, 1]);
    });

    test('with servers that cannot be used is refused', async () => {
      const { a } = pair(backend);
      expect(() => a.transport.restartIce([{ urls: ['https://example.org'] }])).toThrow(
        expect.objectContaining({ code: 'INVALID_ICE_SERVER' }),
      );
      await a.transport.close();
    });
  });
};
