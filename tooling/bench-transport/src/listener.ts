// A node that keeps what it hears of the talker: `listener URL`. Asked for it, it gives all of it to whoever started it.
import { type Heard, tell } from './call-messages.js';
import { openMesh } from './open-mesh.js';
import { sharedNow } from './shared-clock.js';

const TICK_SAMPLES = 480;
/** A call is no longer than this. */
const MAX_TICKS = 60_000;

const [url = ''] = process.argv.slice(2);
const mesh = await openMesh(url, 'listener');
const samples: Float32Array[] = [];
const playedAt: number[] = [];
const concealed: number[] = [];
const played: number[] = [];
let statistics: Heard['statistics'] | undefined;
mesh.onTick((frames) => {
  const frame = frames.get('talker');
  if (frame === undefined || playedAt.length >= MAX_TICKS) return;
  const now = sharedNow();
  statistics = mesh.statistics().links[0]?.received;
  if (statistics === undefined) return;
  if (playedAt.length === 0) tell('hearing', {});
  samples.push(frame.samples.slice());
  playedAt.push(now);
  concealed.push(statistics.concealedSamples);
  played.push(statistics.totalSamplesReceived);
});
process.on('message', () => {
  if (statistics === undefined) return;
  const all = new Float32Array(samples.length * TICK_SAMPLES);
  samples.forEach((block, tick) => all.set(block, tick * TICK_SAMPLES));
  tell('heard', {
    samples: all,
    playedAt: Float64Array.from(playedAt),
    concealed: Float64Array.from(concealed),
    played: Float64Array.from(played),
    statistics,
  });
});
process.on('disconnect', () => void mesh.close());
await mesh.connect();
tell('joined', {});
