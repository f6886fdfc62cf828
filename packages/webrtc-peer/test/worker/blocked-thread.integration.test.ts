import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { type Backend, Mesh, type MeshNode, weriftBackend, WorkerMesh } from '../../src/index.js';
import { SignalingServer } from '../support/memory-signaling.js';

const FREQUENCY = 400;
const TICKS = 800;
const BLOCKED_MS = 300;
const FREE_MS = 1700;

/** What a node has heard of the tone, tick by tick, and measured every 100 ms. */
interface Recording {
  readonly instants: number[];
  readonly samples: Float32Array[];
  /** In seconds. */
  readonly jitter: number[];
}

/** A mesh in a thread that nobody blocks. */
async function plainNode(
  server: SignalingServer,
  peerId: string,
  frequency?: number,
): Promise<Worker> {
  const url = await server.address(peerId);
  const worker = new Worker(new URL('../support/plain-node.mjs', import.meta.url), {
    workerData: { url, peerId, frequency },
  });
  await once(worker, 'message');
  return worker;
}

async function report(
  worker: Worker,
): Promise<Recording & { readonly roundTrips: Record<string, number[]> }> {
  worker.postMessage('report');
  const [seen] = (await once(worker, 'message')) as [
    Recording & { readonly roundTrips: Record<string, number[]> },
  ];
  return seen;
}

/** Records so many ticks of the tone in this thread. */
function record(mesh: MeshNode): Promise<Recording> {
  const recording: Recording = { instants: [], samples: [], jitter: [] };
  return new Promise((resolve) => {
    const off = mesh.onTick((frames, instant) => {
      recording.instants.push(instant);
      const heard = frames.get('tone');
      if (heard !== undefined) recording.samples.push(heard.samples.slice());
      if (recording.instants.length % 10 === 0) recording.jitter.push(jitterOf(mesh) ?? 0);
      if (recording.instants.length < TICKS) return;
      off();
      resolve(recording);
    });
  });
}

const jitterOf = (mesh: MeshNode): number | undefined =>
  mesh.statistics().links.find(({ peerId }) => peerId === 'tone')?.received?.jitter;

/** Resolves when the tone has been heard for a second. */
function heard(mesh: MeshNode): Promise<void> {
  let ticks = 0;
  return new Promise((resolve) => {
    const off = mesh.onTick((frames) => {
      if (!frames.get('tone')?.samples.some((s) => s > 0.3) || ++ticks < 100) return;
      off();
      resolve();
    });
  });
}

/** Does what an application should not do, until it is told to end. */
function blockAgainAndAgain(): () => void {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  const timer = setInterval(() => Atomics.wait(nothing, 0, 0, BLOCKED_MS), FREE_MS + BLOCKED_MS);
  return () => clearInterval(timer);
}

/** Ticks that are missing between the first and the last. */
const missing = ({ instants }: Recording): number =>
  (instants.at(-1)! - instants[0]!) / 10_000 + 1 - instants.length;

/** How often the tone is not carried on where it was 10 ms before: its phase jumps, or it falls silent. */
function breaks({ samples }: Recording): number {
  let count = 0;
  let last: number | undefined;
  for (const block of samples) {
    let [x, y] = [0, 0];
    for (const [n, sample] of block.entries()) {
      x += sample * Math.cos((2 * Math.PI * FREQUENCY * n) / 48_000);
      y += sample * Math.sin((2 * Math.PI * FREQUENCY * n) / 48_000);
    }
    const phase = Math.atan2(y, x);
    const step = last === undefined ? 0 : Math.abs(phase - last);
    if (Math.hypot(x, y) / 240 < 0.25 || Math.min(step, 2 * Math.PI - step) > 0.3) count++;
    last = phase;
  }
  return count;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

interface Measured {
  readonly worker: Recording;
  readonly here: Recording;
  readonly witness: Recording;
  readonly roundTrips: Readonly<Record<string, number[]>>;
  /** Ticks that the worker skipped by itself, and what it made up of the tone, meanwhile. */
  readonly skipped: number;
  readonly concealedSamples: number;
  readonly concealmentEvents: number;
  readonly dropped: number;
}

/** Records for eight seconds while this thread is blocked again and again. */
async function measure(
  here: Mesh,
  inWorker: WorkerMesh,
  tone: Worker,
  witness: Worker,
): Promise<Measured> {
  const ofTone = (): { concealedSamples: number; concealmentEvents: number } =>
    inWorker.statistics().links.find(({ peerId }) => peerId === 'tone')!.received!;
  for (const worker of [tone, witness]) worker.postMessage('record');
  const { ticksSkipped } = inWorker.statistics();
  const before = ofTone();
  const goOn = blockAgainAndAgain();
  const [ofWorker, ofHere] = await Promise.all([record(inWorker), record(here)]);
  const [ofWitness, { roundTrips }] = [await report(witness), await report(tone)];
  goOn();
  const after = ofTone();
  const { dropped, ticksSkipped: skippedSince } = inWorker.statistics();
  return {
    worker: ofWorker,
    here: ofHere,
    witness: ofWitness,
    roundTrips,
    skipped: skippedSince - ticksSkipped,
    concealedSamples: after.concealedSamples - before.concealedSamples,
    concealmentEvents: after.concealmentEvents - before.concealmentEvents,
    dropped: dropped.ticks,
  };
}

/** A machine that made a thread skip ticks though nobody blocked it was busy with other things. */
const wasDisturbed = ({ witness, skipped }: Measured): boolean =>
  missing(witness) > 0 || skipped > 0;

test('a thread that is blocked for 300 ms every 2 s disturbs a mesh that runs in it, and none that runs in a worker', async () => {
  const server = new SignalingServer();
  const backend: Backend = await weriftBackend();
  const tone = await plainNode(server, 'tone', FREQUENCY);
  const witness = await plainNode(server, 'witness');
  const here = await Mesh.create({ signaling: server.client('here'), backend });
  const inWorker = await WorkerMesh.create({
    setup: new URL('../support/mesh-setup.mjs', import.meta.url),
    data: { url: await server.address('worker'), peerId: 'worker', options: {} },
  });
  try {
    await Promise.all([inWorker.connect(), here.connect()]);
    await Promise.all([heard(inWorker), heard(here)]);
    let measured = await measure(here, inWorker, tone, witness);
    for (let again = 0; again < 2 && wasDisturbed(measured); again++)
      measured = await measure(here, inWorker, tone, witness);
    const { worker, roundTrips, skipped, concealedSamples, concealmentEvents } = measured;

    // All that the worker heard was recorded in the blocked thread; what it did not get to hear is the machine's doing.
    expect(missing(worker)).toBeLessThanOrEqual(skipped);
    expect(worker.samples).toHaveLength(TICKS);
    expect(measured.dropped).toBe(0);
    const excused = missing(worker) + concealedSamples / 480 + 2 * concealmentEvents;
    expect(breaks(worker)).toBeLessThanOrEqual(2 + excused);
    // Packets were seen when they arrived, and every ping was answered when it came.
    const unblocked = mean(measured.witness.jitter);
    expect(mean(worker.jitter)).toBeLessThan(unblocked + 0.001 + unblocked / 4);
    expect(new Set(roundTrips['worker']).size).toBeGreaterThanOrEqual(7);
    expect(Math.max(...roundTrips['worker']!)).toBeLessThan(
      Math.max(...roundTrips['witness']!) + BLOCKED_MS / 2,
    );

    // That was no accident: to the mesh in the blocked thread all of this has happened.
    expect(missing(measured.here)).toBeGreaterThan(missing(worker) + 10);
    expect(mean(measured.here.jitter)).toBeGreaterThan(mean(worker.jitter) + 0.001);
  } finally {
    await Promise.all([here.close(), inWorker.close()]);
    for (const worker of [tone, witness]) {
      worker.postMessage('close');
      await once(worker, 'exit');
    }
    server.close();
  }
}, 120_000);
