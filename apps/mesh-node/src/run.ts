import { setTimeout as delay } from 'node:timers/promises';
import { SignalingError } from '@rm/signaling-protocol';
import { IceServerError } from '@rm/webrtc-peer';
import { pino } from 'pino';
import type { Capture } from './capture.js';
import { UsageError } from './errors.js';
import type { NodeInputs } from './inputs.js';
import { MeshNode } from './mesh-node.js';
import type { NodeOptions } from './options.js';
import { linkLines } from './report.js';

/** After its measurements have ended a node goes on sending for so long, for those that measure a little longer. */
const LINGER_MS = 150;

/**
 * Runs a node until its time is up or `stop` is aborted, and gives the exit status. Rejects with a
 * {@link UsageError} when the room cannot be joined.
 */
export async function runNode(
  options: NodeOptions,
  inputs: NodeInputs,
  stop: AbortSignal,
): Promise<number> {
  const destination = pino.destination({ dest: 2, sync: true });
  const log = pino({ name: options.id, level: options.logLevel }, destination);
  const release = writeOnSignal(inputs.capture, (error) =>
    log.error({ err: error }, 'the capture was not written'),
  );
  try {
    const node = await join(options, inputs, log, stop);
    return node === undefined ? 0 : await run(node, options, inputs.capture, stop);
  } finally {
    release();
  }
}

/** The node in the room; undefined when it is stopped before. */
async function join(
  ...[options, inputs, log, stop]: Parameters<typeof MeshNode.start>
): Promise<MeshNode | undefined> {
  try {
    return await MeshNode.start(options, inputs, log, stop);
  } catch (error) {
    if (stop.aborted) return undefined;
    if (error instanceof SignalingError || error instanceof IceServerError)
      throw new UsageError(error.message);
    throw error;
  }
}

async function run(
  node: MeshNode,
  options: NodeOptions,
  capture: Capture | undefined,
  stop: AbortSignal,
): Promise<number> {
  const started = performance.now();
  const print = (line: object | string): void => {
    process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  };
  if (options.json) print({ type: 'joined', node: options.id, room: options.room });
  else print(`joined room ${options.room} as ${options.id}`);
  const statistics = setInterval(() => {
    const report = node.report('recent');
    if (options.json) print({ type: 'stats', ...report });
    else for (const line of report.links.flatMap(linkLines)) print(line);
  }, options.statsInterval * 1000);
  await ended(options.seconds, AbortSignal.any([stop, node.removed]));
  clearInterval(statistics);

  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const report = node.report('total');
  const notWritten = await capture?.write().catch((error: Error) => error);
  await Promise.all([node.stopMeasuring(), delay(LINGER_MS)]);
  await node.close();
  const failure = node.failure ?? notWritten;
  const ok = failure === undefined;
  if (options.json) print({ type: 'summary', ok, seconds, room: options.room, ...report });
  else for (const line of report.links.flatMap(linkLines)) print(line);
  if (failure !== undefined) process.stderr.write(`rm-mesh-node: ${failure.message}\n`);
  return ok ? 0 : 1;
}

/** Resolves after `seconds`, or when the process is told to stop. */
async function ended(seconds: number | undefined, stop: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = seconds === undefined ? undefined : setTimeout(resolve, seconds * 1000);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (stop.aborted) done();
    else stop.addEventListener('abort', done, { once: true });
  });
}

/** Writes the capture on every SIGUSR2, until what it returns is called. Windows has no such signal. */
function writeOnSignal(capture: Capture | undefined, failed: (error: Error) => void): () => void {
  if (capture === undefined || process.platform === 'win32') return () => {};
  const write = (): void => void capture.write().catch(failed);
  process.on('SIGUSR2', write);
  return () => void process.off('SIGUSR2', write);
}
