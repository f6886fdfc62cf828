// A node that says a WAV file (48 kHz mono) over and over: `talker URL FILE`. Whoever started it is told when it began.
import { readFileSync } from 'node:fs';
import { parseWav } from '@rm/codecs';
import { type Micros, micros } from '@rm/rtp-sync';
import { tell } from './call-messages.js';
import { openMesh } from './open-mesh.js';
import { shared } from './shared-clock.js';

const TICK = 10_000;
const TICK_SAMPLES = 480;

const [url = '', file = ''] = process.argv.slice(2);
const wav = parseWav(readFileSync(file));
if (!wav.ok) throw new Error(`${file} is not a WAV file (${wav.reason})`);
const { samples: speech } = wav.value;
const mesh = await openMesh(url, 'talker');
const output = await mesh.openAudio('all');
const samples = new Float32Array(TICK_SAMPLES);
let began: Micros | undefined;
mesh.onTick((_, instant) => {
  // As of a sound card, at each tick the 10 ms before it. Ticks that were missed are missing: a mouth does not wait.
  const captured = micros(instant - TICK);
  if (began === undefined) {
    began = captured;
    tell('speaking', { began: shared(began) });
  }
  const position = Math.round((captured - began) / TICK) * TICK_SAMPLES;
  for (let i = 0; i < TICK_SAMPLES; i++) samples[i] = speech[(position + i) % speech.length]!;
  output.write({
    samples,
    sampleRate: 48_000,
    channels: 1,
    capture: { time: captured, bound: micros(0) },
  });
});
process.on('disconnect', () => void mesh.close());
await mesh.connect();
