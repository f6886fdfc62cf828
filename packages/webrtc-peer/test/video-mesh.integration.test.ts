import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  loadVideoCodecs,
  movingPicture,
  type VideoEncodingName,
  type VideoFrame,
} from '@rm/codecs';
import { micros } from '@rm/rtp-sync';
import { type Backend, type MeshNode, type NodeVideoOutput, weriftBackend } from '../src/index.js';
import { SignalingServer } from './support/memory-signaling.js';
import { createNode, type CrossingOptions, THREADS, type Thread } from './support/threads.js';

const WIDTH = 320;
const HEIGHT = 180;
const picture = movingPicture(WIDTH, HEIGHT);
const { missing } = await loadVideoCodecs();
const describeWithCodecs =
  missing === undefined || process.env['CI'] === 'true' ? describe : describe.skip;

let backend: Backend;
const open: MeshNode[] = [];
const servers: SignalingServer[] = [];

beforeAll(async () => {
  backend = await weriftBackend();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((mesh) => mesh.close()));
  for (const server of servers.splice(0)) server.close();
});

function serve(): SignalingServer {
  const server = new SignalingServer();
  servers.push(server);
  return server;
}

/** Writes a picture on every third tick: 33 a second, each captured at its tick. */
function film(mesh: MeshNode, output: NodeVideoOutput): void {
  let n = 0;
  mesh.onTick((_, instant) => {
    if (n++ % 3 > 0) return;
    const capture = { time: instant, bound: micros(0) };
    output.write({ ...picture(n / 3), capture });
  });
}

interface Seen {
  readonly streamId: string | undefined;
  readonly width: number;
  readonly capture: VideoFrame['capture'];
  readonly at: number;
}

/** The next `count` pictures that `mesh` sees of `peerId`. */
function see(mesh: MeshNode, peerId: string, count: number, streamId?: string): Promise<Seen[]> {
  const seen: Seen[] = [];
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${mesh.peerId} saw ${seen.length} pictures of ${peerId}`)),
      30_000,
    );
    const off = mesh.onPicture((got, at) => {
      if (got.peerId !== peerId || (streamId !== undefined && got.streamId !== streamId)) return;
      seen.push({ streamId: got.streamId, width: got.frame.width, capture: got.frame.capture, at });
      if (seen.length < count) return;
      clearTimeout(timer);
      off();
      resolve(seen);
    });
  });
}

async function join(
  thread: Thread,
  server: SignalingServer,
  peerId: string,
  options: CrossingOptions = { video: {} },
): Promise<MeshNode> {
  const mesh = await createNode(thread, server, backend, peerId, options);
  open.push(mesh);
  await mesh.connect();
  return mesh;
}

describeWithCodecs.each(THREADS)('%s', (thread) => {
  for (const codec of ['VP9', 'VP8', 'H264'] as const satisfies VideoEncodingName[])
    test(`${codec} pictures go both ways, in order, soon after they were captured`, async () => {
      const server = serve();
      const video = { preference: [codec] };
      const a = await join(thread, server, 'a', { video });
      const b = await join(thread, server, 'b', { video });
      film(a, a.openVideo('all'));
      film(b, b.openVideo('all'));
      const both = await Promise.all([see(a, 'b', 60), see(b, 'a', 60)]);
      for (const seen of both) {
        expect(seen.every(({ width }) => width === WIDTH)).toBe(true);
        const known = seen.flatMap(({ capture, at }) =>
          capture === undefined ? [] : [{ time: capture.time, delay: at - capture.time }],
        );
        // The first pictures may come before the first sender report.
        expect(known.length).toBeGreaterThan(40);
        expect(known.map(({ time }) => time)).toEqual(
          known.map(({ time }) => time).toSorted((x, y) => x - y),
        );
        const delays = known.map(({ delay }) => delay).toSorted((x, y) => x - y);
        // The first key frame takes its time at the start bitrate, and pictures wait for what takes longest.
        expect(delays[delays.length >> 1]).toBeLessThan(1_000_000);
      }
      const [link] = a.statistics().links;
      expect(link!.receivedVideo[0]).toMatchObject({ codec, frameWidth: WIDTH });
      expect(a.statistics().videoOutputs[0]!.encoders[0]).toMatchObject({
        codec,
        peers: 1,
        failed: 0,
      });
    }, 90_000);

  test('frames are given as they were sent too, and pictures in memory that other threads can read', async () => {
    const server = serve();
    const video = { preference: ['VP8'] } as const;
    const a = await join(thread, server, 'a', { video });
    const b = await join(thread, server, 'b', { video });
    film(a, a.openVideo('all', { streamId: 'camera' }));
    const decoder = await (await loadVideoCodecs()).createDecoder({ codec: 'VP8' });
    const asSent = new Promise<VideoFrame>((resolve) => {
      b.onEncodedPicture(({ peerId, streamId, codec, frame }) => {
        expect({ peerId, streamId, codec }).toEqual({
          peerId: 'a',
          streamId: 'camera',
          codec: 'VP8',
        });
        void decoder
          .decode({ ...frame, data: frame.data.slice(), capture: undefined })
          .then((result) => result.ok && result.frame && resolve(result.frame));
      });
    });
    const shown = new Promise<VideoFrame>((resolve) => {
      b.onPicture(({ frame }) => resolve(frame));
    });
    expect((await asSent).width).toBe(WIDTH);
    // The class by its name: what comes of another thread has that of the process, not of the test.
    expect((await shown).y.data.buffer[Symbol.toStringTag]).toBe('SharedArrayBuffer');
    decoder.close();
  }, 90_000);

  test('who joins late sees pictures within a second of being connected', async () => {
    const server = serve();
    const a = await join(thread, server, 'a');
    film(a, a.openVideo('all'));
    const b = await join(thread, server, 'b');
    await see(b, 'a', 30);
    const c = await join(thread, server, 'c');
    const connected = new Promise<number>((resolve) => {
      c.on('peer-connected', ({ peerId }) => peerId === 'a' && resolve(performance.now()));
    });
    const first = see(c, 'a', 1).then(() => performance.now());
    expect((await first) - (await connected)).toBeLessThan(1000);
    // One encoder for both.
    expect(a.statistics().videoOutputs[0]!.encoders).toMatchObject([{ peers: 2 }]);
  }, 90_000);

  test('each of several streams to a peer is seen under its own id, and ends by itself', async () => {
    const server = serve();
    const a = await join(thread, server, 'a');
    const b = await join(thread, server, 'b');
    const camera = a.openVideo('all', { streamId: 'camera' });
    film(a, camera);
    film(a, a.openVideo(['b'], { streamId: 'screen' }));
    await Promise.all([see(b, 'a', 20, 'camera'), see(b, 'a', 20, 'screen')]);
    camera.close();
    await see(b, 'a', 20, 'screen');
    expect(a.statistics().videoOutputs.map(({ streamId }) => streamId)).toEqual(['screen']);
  }, 90_000);

  test('peers with different codecs are each sent their own', async () => {
    const server = serve();
    const a = await join(thread, server, 'a', { video: { preference: ['VP9', 'H264'] } });
    const b = await join(thread, server, 'b', { video: { preference: ['H264'] } });
    const c = await join(thread, server, 'c', { video: { preference: ['VP9'] } });
    film(a, a.openVideo('all'));
    await Promise.all([see(b, 'a', 20), see(c, 'a', 20)]);
    const codecs = a.statistics().videoOutputs[0]!.encoders.map(({ codec }) => codec);
    expect(codecs.toSorted()).toEqual(['H264', 'VP9']);
  }, 90_000);
});

test.each(THREADS)(
  '%s: a mesh without video says how to get it, and sound goes on with one that has it',
  async (thread) => {
    const server = serve();
    const a = await join(thread, server, 'a', {});
    const b = await join(thread, server, 'b');
    expect(() => a.openVideo('all')).toThrow(expect.objectContaining({ code: 'NO_VIDEO' }));
    film(b, b.openVideo('all'));
    const heard = new Promise<void>((resolve) => {
      a.onTick((frames) => frames.has('b') && resolve());
    });
    const output = await b.openAudio('all');
    b.onTick(() =>
      output.write({
        samples: new Float32Array(480),
        sampleRate: 48_000,
        channels: 1,
        capture: undefined,
      }),
    );
    await heard;
  },
);
