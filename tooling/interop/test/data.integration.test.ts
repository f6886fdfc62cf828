import { expect, test } from '@jest/globals';
import { Interop, describeWithChromium } from './support/interop.js';

/** Text of many scripts: two, three and four bytes of UTF-8 to a character, marks that combine, what JSON escapes. */
const UNICODE = 'Grüße, Ωmega, 日本語, 👩‍👩‍👧 🎧, e\u0301, \u2028 "\\\n\u0000';

const bytes = (payload: unknown): number => Buffer.byteLength(JSON.stringify(payload));

/** At least 60 KB on the wire. */
const LARGE = UNICODE.repeat(Math.ceil(60_000 / (bytes(UNICODE) - 2)));

const PAYLOADS = [
  null,
  true,
  -0.1,
  '',
  UNICODE,
  [1, [2, [3]]],
  { action: 'Pang', nested: { [UNICODE]: [] } },
  LARGE,
];

describeWithChromium('messages between a node and a browser', () => {
  const interop = new Interop();

  test.each(['node', 'page'] as const)(
    'arrive as they were sent and in order, both ways, when the %s was there first',
    async (first) => {
      expect(bytes(LARGE)).toBeGreaterThan(60_000);
      const { node, page } = await interop.pair(first);
      const atNode: unknown[] = [];
      const all = node.next('message', ({ payload }) => {
        atNode.push(payload);
        return atNode.length === PAYLOADS.length;
      });
      for (const payload of PAYLOADS) node.mesh.sendMessage(payload, ['page']);
      await page.evaluate((payloads) => {
        for (const payload of payloads) window.mesh.send('node', payload);
      }, PAYLOADS);
      await all;
      expect(atNode).toEqual(PAYLOADS);
      await page.waitForFunction(
        (count) => window.mesh.events.filter(({ kind }) => kind === 'message').length === count,
        PAYLOADS.length,
      );
      const atPage = await page.evaluate(() =>
        window.mesh.events.filter(({ kind }) => kind === 'message').map(({ detail }) => detail),
      );
      expect(atPage).toEqual(PAYLOADS);
    },
  );

  test('tell the page the clock of the node', async () => {
    const { page } = await interop.pair();
    const { roundTripMs, offsetMs } = await page.evaluate(() => window.mesh.ping('node'));
    expect(roundTripMs).toBeGreaterThan(0);
    // Both clocks are those of this machine.
    expect(Math.abs(offsetMs)).toBeLessThan(roundTripMs / 2 + 5);
  });
});
