// The thread of a mesh. What is thrown outside of a call ends it, and its owner is told.
import { parentPort, workerData } from 'node:worker_threads';
import { ArgumentError, loadVideoCodecs } from '@rm/codecs';
import { Mesh } from '../mesh/mesh.js';
import { LentPictures } from './lent-pictures.js';
import { MeshHost } from './mesh-host.js';
import type { MeshSetup } from './mesh-setup.js';
import { Outbox } from './outbox.js';
import type { MeshJob, ToWorker } from './protocol.js';
import { describeError } from './thread-error.js';

const job = workerData as MeshJob;
const port = parentPort!;
const outbox = new Outbox(port);

try {
  const { default: setUp } = (await import(job.setup)) as { readonly default?: MeshSetup<unknown> };
  if (typeof setUp !== 'function')
    throw new ArgumentError(
      `${job.setup} must export the function that makes the options as default`,
    );
  const options = await setUp(job.data);
  const pictures = new LentPictures((picture) => outbox.post({ kind: 'picture', picture }));
  const { video } = options;
  const mesh = await Mesh.create({
    ...options,
    ...(video !== undefined && {
      video: {
        ...video,
        codecs: pictures.lending(video.codecs ?? (await loadVideoCodecs())),
      },
    }),
  });
  const host = new MeshHost(mesh, pictures, outbox, job);
  port.on('message', (message: ToWorker) => host.take(message));
  outbox.post({ kind: 'ready', peerId: mesh.peerId });
} catch (error) {
  outbox.post({ kind: 'failed', error: describeError(error) });
}
