#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SignalingError } from '@rm/signaling-protocol';
import { IceServerError } from '@rm/webrtc-peer';
import { CommanderError } from 'commander';
import { pino } from 'pino';
import { UsageError } from './errors.js';
import { MeshNode } from './mesh-node.js';
import { type NodeOptions, parseOptions } from './options.js';
import { linkLine } from './report.js';

/** After its measurements have ended a node goes on sending for so long, for those that measure a little longer. */
const LINGER_MS = 150;

/** Errors that the user can mend: shown as one line. All others are ours, and keep their stack. */
const MENDABLE = [UsageError, SignalingError, IceServerError] as const;

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'number') return options;
  const log = pino(
    { name: options.id, level: options.logLevel },
    pino.destination({ dest: 2, sync: true }),
  );
  const stop = stopSignal();
  try {
    const node = await MeshNode.start(options, log, stop.signal);
    return await run(node, options, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return 0;
    if (!MENDABLE.some((kind) => error instanceof kind)) throw error;
    process.stderr.write(`rm-mesh-node: ${(error as Error).message}\n`);
    return 1;
  } finally {
    stop.release();
  }
}

async function run(node: MeshNode, options: NodeOptions, stop: AbortSignal): Promise<number> {
  const started = performance.now();
  const print = (line: object | string): void => {
    process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  };
  if (options.json) print({ type: 'joined', node: options.id, room: options.room });
  else print(`joined room ${options.room} as ${options.id}`);
  const statistics = setInterval(() => {
    const report = node.report('recent');
    if (options.json) print({ type: 'stats', ...report });
    else for (const link of report.links) print(linkLine(link));
  }, options.statsInterval * 1000);
  await ended(options.seconds, stop);
  clearInterval(statistics);

  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const report = node.report('total');
  await Promise.all([node.stopMeasuring(), delay(LINGER_MS)]);
  await node.close();
  const { failure } = node;
  const ok = failure === undefined;
  if (options.json) print({ type: 'summary', ok, seconds, room: options.room, ...report });
  else for (const link of report.links) print(linkLine(link));
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

/** Aborted by SIGINT, SIGTERM, or the end of a parent that started this node with an IPC channel. */
function stopSignal(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, abort);
  if (process.channel !== undefined) {
    process.on('disconnect', abort);
    process.channel?.unref();
  }
  // A reader that goes away (head, a closed terminal) is no reason to crash.
  process.stdout.on('error', abort);
  return {
    signal: controller.signal,
    release() {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, abort);
      process.off('disconnect', abort);
    },
  };
}

/** The options, or the exit status when there is nothing to run. */
function readOptions(): NodeOptions | number {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  try {
    return parseOptions(process.argv.slice(2), version);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`rm-mesh-node: ${error.message}\n`);
    return 2;
  }
}

process.exitCode = await main();
