import { setTimeout as delay } from 'node:timers/promises';
import { type Figure, figure } from '@rm/benchmark';
import { FIRST, SECOND, withLabPair } from './lab-pair.js';

const DELAY_MS = 40;
const LOSS = 0.1;
const MEASURE_MS = 12_000;
/** What is under way at the end has come, or has been given up, after this time. */
const SETTLE_MS = 1500;
const MAX_BITRATE = 1_000_000;

/** Pictures across a path that loses every tenth packet, both ways. */
export function lossyVideoFigures(backend: string): Promise<Figure[]> {
  const path = `${FIRST}-${SECOND}` as const;
  return withLabPair({ delay_ms: DELAY_MS }, backend, true, async ({ lab, first, second }) => {
    await second.ask('film', { maxBitrate: MAX_BITRATE });
    await delay(SETTLE_MS);
    await lab.lose(path, LOSS);
    await delay(MEASURE_MS);
    await lab.lose(path, 0);
    await delay(SETTLE_MS);
    const { statistics, frames, framesRepeated } = await first.ask('measure');
    const sent = (await second.ask('measure')).statistics.links[0]?.sentVideo[0];
    const video = statistics.links[0]?.receivedVideo[0];
    if (video === undefined || sent === undefined) throw new Error('no pictures came');
    const { packetsRecovered, packetsGivenUp } = video;
    const lost = packetsRecovered + packetsGivenUp;
    return [
      figure('video at 10 % loss: lost packets recovered', (100 * packetsRecovered) / lost, '%', {
        least: 99.5,
      }),
      figure('video at 10 % loss: frames given twice', framesRepeated, '', { most: 0 }),
      figure('video at 10 % loss: frames that came', (100 * frames) / sent.framesSent, '%'),
    ];
  });
}
