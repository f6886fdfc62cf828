import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { loadVideoCodecs, movingPicture, type VideoFrame } from '@rm/codecs';
import { micros } from '@rm/rtp-sync';
import { type Backend, Mesh, weriftBackend } from '../src/index.js';
import { SignalingServer } from './support/memory-signaling.js';
import { seeded } from './support/rtp-pair.js';
import { Bottleneck, narrowBackend } from './support/narrow-backend.js';

const WIDE = 4_000_000;
const NARROW = 300_000;
const MAX_BITRATE = 1_000_000;
/** How soon is for the benchmark to say: a busy machine encodes late. */
const PATIENCE_MS = 60_000;
const MOVING = movingPicture(320, 180);

const { missing } = await loadVideoCodecs();
const describeWithCodecs =
  missing === undefined || process.env['CI'] === 'true' ? describe : describe.skip;
const open: Mesh[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((mesh) => mesh.close()));
});

async function join(server: SignalingServer, peerId: string, backend: Backend): Promise<Mesh> {
  const mesh = await Mesh.create({ signaling: server.client(peerId), backend, video: {} });
  open.push(mesh);
  await mesh.connect();
  return mesh;
}

/** A picture with grain, of which an encoder makes as much as it may. */
function grainy(index: number): VideoFrame {
  const picture = MOVING(index);
  const random = seeded(index);
  const { y } = picture;
  for (let i = 0; i < y.data.length; i++) y.data[i] = y.data[i]! + 30 * (random() - 0.5);
  return picture;
}

/** Sends sound and pictures from now on. */
async function perform(mesh: Mesh): Promise<void> {
  const sound = await mesh.openAudio('all');
  const samples = new Float32Array(480).map((_, i) => 0.3 * Math.sin(i));
  const video = mesh.openVideo('all', { maxBitrate: MAX_BITRATE });
  const pictures = Array.from({ length: 30 }, (_, i) => grainy(i));
  let tick = 0;
  mesh.onTick((_, instant) => {
    sound.write({ samples, sampleRate: 48_000, channels: 1, capture: undefined });
    if (++tick % 3 > 0) return;
    const capture = { time: instant, bound: micros(0) };
    video.write({ ...pictures[(tick / 3) % pictures.length]!, capture });
  });
}

const after = async (ms: number): Promise<number> => {
  await once(AbortSignal.timeout(ms), 'abort');
  return performance.now();
};

/** When the mean over the last second is `good`; rejects after `ms`. */
async function until(link: Bottleneck, ms: number, good: (rate: number) => boolean): Promise<void> {
  const began = performance.now();
  for (;;) {
    const now = await after(100);
    if (now - began > 1000 && good(link.sent(now - 1000, now))) return;
    if (now - began > ms) throw new Error(`${link.sent(now - 1000, now)} bit/s after ${ms} ms`);
  }
}

describeWithCodecs('with video codecs', () => {
  test('a link that becomes narrow is not flooded, and used again when it is wide', async () => {
    const server = new SignalingServer();
    const link = new Bottleneck(WIDE, 300);
    const backend = await weriftBackend();
    const a = await join(server, 'a', narrowBackend(backend, link));
    await perform(a);
    await join(server, 'b', backend);
    await until(link, PATIENCE_MS, (rate) => rate > 800_000);
    link.bitrate = NARROW;
    const narrowed = performance.now();
    await after(3000);
    // What was encoded for more and what was lost of it are not sent on top of what the link carries.
    expect(link.sent(narrowed + 500, narrowed + 1500)).toBeLessThan(1.5 * NARROW);
    expect(link.sent(narrowed + 2000, narrowed + 3000)).toBeLessThan(0.95 * NARROW);
    link.bitrate = WIDE;
    await until(link, PATIENCE_MS, (rate) => rate > 800_000);
  }, 150_000);
});
