// A mesh in a thread of its own that nobody blocks: plays a tone or records one, and measures.
import { parentPort, workerData } from 'node:worker_threads';
import { Mesh } from '@rm/webrtc-peer';
import setUp from './mesh-setup.mjs';

const { url, peerId, frequency } = workerData;
const mesh = await Mesh.create(await setUp({ url, peerId, options: {} }));
let seen;

parentPort.on('message', (message) => {
  if (message === 'record') seen = { instants: [], samples: [], jitter: [], roundTrips: {} };
  if (message === 'report') {
    parentPort.postMessage(seen);
    seen = undefined;
  }
  if (message === 'close') void mesh.close().then(() => parentPort.close());
});

await mesh.connect();
const output = await mesh.openAudio('all');
let n = 0;
mesh.onTick((frames, instant) => {
  if (frequency !== undefined) {
    const samples = Float32Array.from(
      { length: 480 },
      () => 0.5 * Math.sin((2 * Math.PI * frequency * n++) / 48_000),
    );
    const capture = { time: instant - 10_000, bound: 0 };
    output.write({ samples, sampleRate: 48_000, channels: 1, capture });
  }
  const heard = frames.get('tone');
  if (seen === undefined) return;
  seen.instants.push(instant);
  if (heard !== undefined) seen.samples.push(heard.samples.slice());
  if (seen.instants.length % 10 > 0) return;
  for (const { peerId: other, received, roundTripMs } of mesh.statistics().links) {
    if (other === 'tone') seen.jitter.push(received?.jitter ?? 0);
    if (roundTripMs !== undefined) (seen.roundTrips[other] ??= []).push(roundTripMs);
  }
});
parentPort.postMessage('ready');
