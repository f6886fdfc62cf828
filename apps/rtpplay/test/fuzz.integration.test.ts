import { expect, test } from '@jest/globals';
import { call, jitter, sent } from './support/call.js';
import { rtpdump } from './support/captures.js';
import { fuzzCaptures } from './support/fuzz.js';
import { playBytes } from './support/play-bytes.js';

test('20,000 damaged files are read as far as they go, or refused in one line', () => {
  expect.hasAssertions();
  fuzzCaptures(20_000, 2);
}, 120_000);

test('damaged payloads, sequence numbers and timestamps are played', async () => {
  const packets = sent(await call(60, jitter(40)));
  const random = jitter(255, 11);
  for (let n = 0; n < 60; n++) {
    const damaged = packets.map(({ at, bytes }) => {
      const changed = bytes.slice();
      // Not the first byte, the payload type or the SSRC: it stays one stream.
      for (let changes = random(0) % 3; changes > 0; changes--) {
        const place = random(0) % changed.length;
        if (place > 11 || (place > 1 && place < 8 && n % 2 === 0)) changed[place] = random(0);
      }
      return { at, bytes: changed };
    });
    // oxlint-disable-next-line no-await-in-loop
    const { report } = await playBytes(rtpdump(damaged), { clockRate: 48_000 });
    expect(report.packets.received).toBe(60);
  }
}, 120_000);
