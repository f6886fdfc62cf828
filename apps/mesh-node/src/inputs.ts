import { mkdir, readFile } from 'node:fs/promises';
import { Capture } from './capture.js';
import { UsageError } from './errors.js';
import type { NodeOptions } from './options.js';
import { type LoadedPipeline, loadPipeline } from './pipeline.js';
import { openSource, type Source } from './source.js';

const CAPTURE_SECONDS = 60;

/** What a node works with, opened and checked. */
export interface NodeInputs {
  readonly source: Source | undefined;
  readonly pipeline: LoadedPipeline | undefined;
  readonly capture: Capture | undefined;
}

/** Opens everything the options name on this machine. Rejects with a {@link UsageError} for what the user can mend. */
export async function openInputs(options: NodeOptions): Promise<NodeInputs> {
  if (options.tokenFile !== undefined) await read(options.tokenFile);
  const source = await openSource(options.source);
  const pipeline =
    options.pipeline === undefined ? undefined : await loadPipeline(options.pipeline);
  if (options.record !== undefined) await makeFolder(options.record);
  const capture =
    options.capture === undefined
      ? undefined
      : await Capture.open(options.capture, options.captureSeconds ?? CAPTURE_SECONDS);
  return { source, pipeline, capture };
}

async function read(tokenFile: string): Promise<void> {
  try {
    await readFile(tokenFile);
  } catch (error) {
    throw new UsageError(
      `--token-file ${tokenFile} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}): give a file with the token`,
    );
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new UsageError(
      `--record ${path} cannot be made (${(error as NodeJS.ErrnoException).code ?? String(error)}): give another folder`,
    );
  }
}
