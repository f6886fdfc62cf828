import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { loadVideoCodecs, movingPicture, type VideoFrame } from '@rm/codecs';
import { micros } from '@rm/rtp-sync';
import {
  type Backend,
  type LinkStatistics,
  type MeshNode,
  type NodeVideoOutput,
  weriftBackend,
} from '../src/index.js';
import { tone } from './support/audio-link.js';
import { SignalingServer } from './support/memory-signaling.js';
import { createNode, type CrossingOptions, THREADS, type Thread } from './support/threads.js';

const { missing } = await loadVideoCodecs();
const describeWithCodecs =
  missing === undefined || process.env['CI'] === 'true' ? describe : describe.skip;
const picture = movingPicture(160, 96);

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

/** Resolves with what `look` gives on some tick; rejects when it gives nothing for 30 s. */
function until<T>(mesh: MeshNode, what: string, look: () => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${mesh.peerId}: no ${what} in 30 s`)), 30_000);
    const off = mesh.onTick(() => {
      const found = look();
      if (found === undefined) return;
      clearTimeout(timer);
      off();
      resolve(found);
    });
  });
}

/** How loud and how bright the peer is at present, and how often it was. */
class Impression {
  peak = 0;
  bright: number | undefined;
  pictures = 0;
  /** Ticks in which it was heard at all, and those in a row that were silent. */
  heard = 0;
  silent = 0;

  constructor(mesh: MeshNode, peerId: string) {
    mesh.onTick((frames) => {
      const samples = frames.get(peerId)?.samples;
      if (samples !== undefined) this.heard++;
      this.peak = Math.max(0, ...(samples ?? []));
      this.silent = this.peak < 1e-3 ? this.silent + 1 : 0;
    });
    mesh.onPicture(({ peerId: from, frame }) => {
      if (from !== peerId) return;
      this.pictures++;
      this.bright = Math.max(...frame.y.data.subarray(0, 160));
    });
  }
}

async function room(
  thread: Thread,
  options: CrossingOptions = {},
): Promise<{ a: MeshNode; b: MeshNode; atB: Impression; atA: Impression }> {
  const server = new SignalingServer();
  servers.push(server);
  const a = await createNode(thread, server, backend, 'a', options);
  const b = await createNode(thread, server, backend, 'b', options);
  open.push(a, b);
  const met = { a, b, atA: new Impression(a, 'b'), atB: new Impression(b, 'a') };
  return met;
}

/** Has a node hum from now on. */
async function hum(mesh: MeshNode): Promise<Awaited<ReturnType<MeshNode['openAudio']>>> {
  const output = await mesh.openAudio('all');
  const source = tone(440);
  const samples = new Float32Array(480);
  let n = 0;
  mesh.onTick((_, instant) => {
    for (let i = 0; i < 480; i++) samples[i] = source(n++);
    const capture = { time: micros(instant - 10_000), bound: micros(0) };
    output.write({ samples, sampleRate: 48_000, channels: 1, capture });
  });
  return output;
}

function film(mesh: MeshNode, output: NodeVideoOutput, latency = () => 0): void {
  let n = 0;
  mesh.onTick((_, instant) => {
    if (n++ % 3 > 0) return;
    const time = micros(instant - latency());
    output.write({ ...picture(n / 3), capture: { time, bound: micros(0) } } as VideoFrame);
  });
}

const link = (mesh: MeshNode): LinkStatistics | undefined => mesh.statistics().links[0];
const connect = (...meshes: MeshNode[]): Promise<unknown> =>
  Promise.all(meshes.map((mesh) => mesh.connect()));

describe.each(THREADS)('%s', (thread) => {
  test('a peer that mutes itself is silent though it is there, and heard again when it unmutes', async () => {
    const { a, b, atB } = await room(thread);
    const output = await hum(a);
    await connect(a, b);
    const loud = (): true | undefined => (atB.peak > 0.3 ? true : undefined);
    await until(b, 'sound', loud);
    expect([output.muted, link(b)!.received!.paused]).toEqual([false, false]);
    output.muted = true;
    expect([output.muted, output.statistics().muted]).toEqual([true, true]);
    await until(b, 'silence', () => (atB.silent > 30 ? true : undefined));
    await until(b, 'word of a pause', () => link(b)!.received!.paused || undefined);
    const { packetsSent } = link(a)!.sent;
    let ticks = 0;
    await until(a, 'second', () => (ticks++ < 100 ? undefined : true));
    expect(link(a)!.sent.packetsSent - packetsSent).toBeLessThan(12);
    expect(link(a)!.sent.packetsSent - packetsSent).toBeGreaterThan(2);
    expect(atB.silent).toBeGreaterThan(100);
    output.muted = false;
    await until(b, 'sound again', loud);
    expect(link(b)!.received!.paused).toBe(false);
    output.close();
    output.muted = true;
  }, 90_000);

  test('what one does not want to hear or to send to a peer does not go, and the peer is told', async () => {
    const { a, b, atA, atB } = await room(thread);
    await Promise.all([hum(a), hum(b)]);
    // Said before the peer is there.
    a.setDirections('b', { audio: 'sendonly' });
    await connect(a, b);
    await until(b, 'sound', () => (atB.peak > 0.3 ? true : undefined));
    await until(b, 'the direction', () =>
      link(b)!.audioDirection === 'recvonly' ? true : undefined,
    );
    expect(atA.heard).toBe(0);
    expect(link(b)!.sent.packetsSent).toBe(0);
    a.setDirections('b', { audio: 'recvonly' });
    await until(a, 'sound', () => (atA.peak > 0.3 ? true : undefined));
    await until(b, 'silence', () => (atB.silent > 30 ? true : undefined));
    await until(b, 'the direction', () =>
      link(b)!.audioDirection === 'sendonly' ? true : undefined,
    );
    a.setDirections('b', { audio: 'inactive' });
    const { heard } = atA;
    expect(heard).toBeGreaterThan(0);
    await until(a, 'the direction', () =>
      link(a)!.audioDirection === 'inactive' ? true : undefined,
    );
    expect(atA.heard).toBeLessThanOrEqual(heard + 1);
    a.setDirections('b', { audio: 'sendrecv' });
    await until(a, 'sound', () => (atA.peak > 0.3 ? true : undefined));
    await until(b, 'sound', () => (atB.peak > 0.3 ? true : undefined));
    expect(() => a.setDirections('b', { audio: 'both' as 'sendrecv' })).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT' }),
    );
  }, 90_000);
});

describeWithCodecs.each(THREADS)('%s', (thread) => {
  test('muted pictures are black, unwanted ones do not go, and another source takes over without a word', async () => {
    const { a, b, atB } = await room(thread, { video: {} });
    const output = a.openVideo('all');
    let latency = 0;
    film(a, output, () => latency);
    await connect(a, b);
    const bright = (): true | undefined => ((atB.bright ?? 0) > 60 ? true : undefined);
    await until(b, 'a picture', bright);
    output.muted = true;
    await until(b, 'black', () => ((atB.bright ?? 255) < 30 ? true : undefined));
    const seen = atB.pictures;
    await until(b, 'more of it', () => (atB.pictures >= seen + 2 ? true : undefined));
    expect(atB.bright).toBeLessThan(30);
    output.muted = false;
    await until(b, 'a picture again', bright);
    expect(output.statistics().muted).toBe(false);
    // A camera that is slower by 200 ms.
    const before = output.statistics().outOfOrder;
    latency = 200_000;
    const { pictures } = atB;
    await until(b, 'pictures of another camera', () =>
      atB.pictures > pictures + 15 ? true : undefined,
    );
    expect(output.statistics().outOfOrder).toBeGreaterThan(before);
    expect(output.statistics().outOfOrder).toBeLessThan(before + 15);
    b.setDirections('a', { video: 'inactive' });
    const { pictures: last } = atB;
    await until(a, 'nobody who looks', () =>
      output.statistics().encoders.length === 0 ? true : undefined,
    );
    expect(atB.pictures).toBeLessThanOrEqual(last + 1);
    b.setDirections('a', { video: 'sendrecv' });
    await until(b, 'a picture after that', () => (atB.pictures > last + 5 ? true : undefined));
  }, 90_000);
});
