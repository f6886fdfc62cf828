#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { UsageError } from './errors.js';
import { type NodeOptions, parseOptions } from './options.js';

// The rest is loaded when it is known to be needed: a mistake is told at once.
async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'number') return options;
  const stop = stopSignal();
  try {
    const { openInputs } = await import('./inputs.js');
    const inputs = await openInputs(options);
    const { runNode } = await import('./run.js');
    return await runNode(options, inputs, stop.signal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`rm-mesh-node: ${error.message}\n`);
    return 1;
  } finally {
    stop.release();
  }
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
