import { readFile } from 'node:fs/promises';
import {
  type Manifest,
  type MeshPort,
  MultiPeerPipeline,
  PipelineRunner,
} from '@rm/pipeline-bridge';
import type { AudioOutput, JsonValue, Mesh, Recipients } from '@rm/webrtc-peer';
import { UsageError } from './errors.js';

/** A manifest that can be run, and what will run it. */
export interface LoadedPipeline {
  readonly runner: PipelineRunner;
  readonly manifest: Manifest;
  readonly warnings: readonly string[];
}

/** Reads and checks a manifest file. Rejects with a {@link UsageError} that lists every problem with its line. */
export async function loadPipeline(path: string): Promise<LoadedPipeline> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? String(error)})`;
    throw new UsageError(`--pipeline ${path} ${why}: give a RemoteMedia v1 manifest`);
  }
  const runner = new PipelineRunner();
  const parsed = runner.parseManifest(text, { fileName: path });
  if (!parsed.ok) throw new UsageError(parsed.reason.split('\n').join('; '));
  return {
    runner,
    manifest: parsed.value,
    warnings: parsed.warnings.map((warning) => warning.message),
  };
}

/** Puts a pipeline between the mesh and `output`. */
export function pipelineOnMesh(
  { runner, manifest }: LoadedPipeline,
  mesh: Mesh,
  output: AudioOutput,
  from: Recipients | 'local',
  to: Recipients,
): MultiPeerPipeline {
  const port: MeshPort = {
    onTick: (listener) => mesh.onTick(listener),
    // Opened before, as that takes an encoder; the node closes it with the mesh.
    openAudio: () => ({ write: (frame) => output.write(frame), close: () => undefined }),
    sendMessage: (message, recipients) => void mesh.sendMessage(message as JsonValue, recipients),
  };
  return new MultiPeerPipeline({ mesh: port, runner, manifest, from, to });
}
