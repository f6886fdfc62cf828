import { setTimeout as delay } from 'node:timers/promises';
import { type Figure, figure } from '@rm/benchmark';
import { type Measured } from './peer-commands.js';
import { FIRST, SECOND, withLabPair } from './lab-pair.js';

const DELAY_MS = 20;
const WIDE_KBPS = 4000;
const NARROW_KBPS = 500;
/** What may wait before the bottleneck, in ms. */
const QUEUE_MS = 300;
const MAX_BITRATE = 2_500_000;
const RISE_MS = 13_000;
const NARROW_MS = 8000;
const BACK_MS = 12_000;
const SAMPLE_MS = 250;
/** Rates are means over a second. */
const WINDOW = 1_000_000;

/** A moment of the sender. */
interface Sample {
  /** In µs. */
  readonly at: number;
  /** Mean of the video over the last second, headers and retransmissions too, in bit/s. */
  readonly rate: number;
}

/** A link becomes narrow and wide again: how soon the pictures follow, and whether the sound does not notice. */
export function narrowingFigures(backend: string): Promise<Figure[]> {
  const link = `${SECOND}>${FIRST}` as const;
  const profile = { delay_ms: DELAY_MS, rate_kbps: WIDE_KBPS, queue_ms: QUEUE_MS };
  return withLabPair(profile, backend, true, async ({ lab, first, second }) => {
    const measure = (): Promise<Measured> => second.ask('measure');
    await second.ask('film', { maxBitrate: MAX_BITRATE });
    const wide = await samples(measure, RISE_MS);
    await first.ask('measure');
    await lab.narrow(link, NARROW_KBPS, QUEUE_MS);
    const narrow = await samples(measure, NARROW_MS);
    await lab.restore(link);
    const back = await samples(measure, BACK_MS);
    const { longestInterruption } = await first.ask('measure');
    const least = Math.min(2_000_000, 0.8 * MAX_BITRATE);
    return [
      figure('4 Mbit/s: video', wide.at(-1)!.rate / 1000, 'kbit/s'),
      figure(
        'to 500 kbit/s: video fits after',
        until(narrow, (rate) => rate <= 450_000),
        's',
        {
          most: 3,
        },
      ),
      figure('to 500 kbit/s: video', narrow.at(-1)!.rate / 1000, 'kbit/s'),
      figure('to 500 kbit/s and back: longest interruption of sound', longestInterruption, 'ms', {
        most: 150,
      }),
      figure(
        'back to 4 Mbit/s: video is back after',
        firstTime(back, (rate) => rate >= least),
        's',
        {
          most: 10,
        },
      ),
    ];
  });
}

/** Samples of the sender's video for `ms`. */
async function samples(measure: () => Promise<Measured>, ms: number): Promise<Sample[]> {
  const measured = [await measure()];
  const began = measured[0]!.at;
  const taken: Sample[] = [];
  while (measured.at(-1)!.at - began < ms * 1000) {
    await delay(SAMPLE_MS);
    const now = await measure();
    const before = measured.findLast(({ at }) => now.at - at >= WINDOW);
    measured.push(now);
    if (before !== undefined)
      taken.push({
        at: now.at - began,
        rate: (8e6 * (sent(now) - sent(before))) / (now.at - before.at),
      });
  }
  return taken;
}

/** Bytes of video that were sent. */
function sent({ statistics }: Measured): number {
  const video = statistics.links[0]?.sentVideo[0];
  return (video?.bytesSent ?? 0) + (video?.retransmittedBytesSent ?? 0);
}

/** When a rate is what it should be for the first time, in s; infinite if it never is. */
const firstTime = (samples: readonly Sample[], good: (rate: number) => boolean): number =>
  (samples.find(({ rate }) => good(rate))?.at ?? Number.POSITIVE_INFINITY) / 1e6;

/** From when on a rate is what it should be for good, in s; infinite if it never is. */
function until(samples: readonly Sample[], good: (rate: number) => boolean): number {
  const lastBad = samples.findLastIndex(({ rate }) => !good(rate));
  const since = samples[lastBad + 1];
  return since === undefined ? Number.POSITIVE_INFINITY : since.at / 1e6;
}
