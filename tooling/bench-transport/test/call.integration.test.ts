import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { parseWav } from '@rm/codecs';
import { labMissing } from '@rm/netlab';
import { call } from '../src/call.js';
import { mouthToEar } from '../src/mouth-to-ear.js';

const SPEECH = fileURLToPath(new URL('../../demo/assets/speech.wav', import.meta.url));

const missing = await labMissing();
if (missing !== undefined) process.stderr.write(`calls skipped: ${missing}\n`);
const describeInLab =
  missing === undefined || process.env['CI'] === 'true' ? describe : describe.skip;

describeInLab('a call across a network', () => {
  test('is as late as the path and the codec make it, and the node knows', async () => {
    const wav = parseWav(readFileSync(SPEECH));
    if (!wav.ok) throw new Error(wav.reason);
    const { began, heard, network } = await call('wan', SPEECH, 5, 1);
    const said = { samples: wav.value.samples, began };
    const delays = mouthToEar(said, heard, 100).sort((a, b) => a - b);
    expect(delays.length).toBeGreaterThan(50);
    // Path 20 ms, packet 20 ms, what Opus looks ahead 6.5 ms: no sound is heard sooner.
    expect(delays[0]).toBeGreaterThan(46.5);
    const median = delays[Math.floor(delays.length / 2)]!;
    expect(median).toBeLessThan(150);
    expect(Math.abs(heard.statistics.mouthToEarMs!.p50 - median)).toBeLessThan(10);
    expect(heard.samples).toHaveLength(heard.playedAt.length * 480);
    expect(network.links['1>2']!.packets).toBeGreaterThan(200);
  });
});
