import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { JitterBuffer, micros } from '@rm/rtp-sync';
import { type Figure, figure } from '@rm/benchmark';
import { Random } from './random.js';

const PACKETS = 1_000_000;
const ROUNDS = 3;
const PTIME_TICKS = 960;

/** How many packets a second one core pushes and pulls through a jitter buffer, and what that leaves in the heap. */
export function throughputFigures(): Figure[] {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const buffer = new JitterBuffer({ clockRate: 48_000 });
  const jitter = new Random(1);
  const delays = Float64Array.from({ length: 4096 }, () => 15_000 * jitter.uniform());
  const payload = new Uint8Array(120);
  let sent = 0;
  let pending = 0;
  const round = (packets: number): void => {
    for (const end = sent + packets; sent < end; sent++) {
      const at = sent * 20_000;
      buffer.insert(
        sent & 0xffff,
        (sent * PTIME_TICKS) >>> 0,
        PTIME_TICKS,
        payload,
        micros(at + delays[sent & 4095]!),
      );
      for (let tick = 1; tick <= 2; tick++) {
        const now = micros(at + tick * 10_000 + 5000);
        while (pending < 480) {
          const decision = buffer.next(now, pending);
          pending += decision.op === 'decode' ? decision.packet.duration : decision.ticks;
        }
        buffer.stretch(now, pending);
        pending -= 480;
      }
    }
  };
  // A whole round first: compiling for this traffic leaves traces in the heap too.
  round(PACKETS);
  collect();
  const heap = process.memoryUsage().heapUsed;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ROUNDS; i++) {
    const start = process.hrtime.bigint();
    round(PACKETS);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e9);
  }
  collect();
  const growth = (process.memoryUsage().heapUsed - heap) / 1024;
  return [
    figure('push + pull', PACKETS / best, 'packets/s', { least: 1_000_000 }),
    figure(`growth of the heap by ${ROUNDS * PACKETS} packets`, growth, 'KiB', { most: 64 }),
  ];
}
