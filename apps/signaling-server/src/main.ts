#!/usr/bin/env node
import { CommanderError } from 'commander';
import { boundedLog } from './bounded-log.js';
import { commandLine } from './command-line.js';
import { SignalingServerError } from './errors.js';
import type { ListenOptions } from './options.js';
import { version } from './version.js';

async function main(): Promise<number> {
  const { options, drainSpreadMs, logLevel } = commandLine(process.argv.slice(2));
  const stops = toldToStop();
  const { logger, flush } = boundedLog(logLevel, process.stderr);
  // Loaded only now, so that a mistake on the command line is told at once.
  const { createSignalingServer } = await import('./server.js');
  const server = await createSignalingServer({ ...options, logger });
  logger.info({ url: server.url, version, reach: reachOf(options) }, 'listening');
  process.stdout.write(`signaling server listening on ${server.url}\n`);
  logger.info({ by: await stops.first, drainSpreadMs }, 'shutting down');
  void stops.second.then(() => server.close());
  await server.close({ drainSpreadMs });
  if (process.connected) process.disconnect();
  // Lines that nobody reads would keep the process alive.
  if (!(await flush())) process.exit(0);
  return 0;
}

/** Who can connect, and how to let others. */
function reachOf({ auth, insecure }: Partial<ListenOptions>): string {
  if (auth !== undefined) return 'whoever has a token';
  return insecure === true
    ? 'whoever reaches the port may join any room; --auth jwt --jwt-keys FILE asks for tokens'
    : 'this machine only; --insecure or --auth jwt --jwt-keys FILE lets others in';
}

/** What tells this process to stop, a signal or the end of its parent: the first time, and again. */
function toldToStop(): { readonly first: Promise<string>; readonly second: Promise<string> } {
  const waiting: ((by: string) => void)[] = [];
  const told = (by: string): void => waiting.shift()?.(by);
  const next = (): Promise<string> => new Promise((resolve) => waiting.push(resolve));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, told);
  if (process.channel !== undefined) process.once('disconnect', () => told('disconnect'));
  return { first: next(), second: next() };
}

/** Errors that better options would have avoided. */
const USAGE: ReadonlySet<string> = new Set([
  'HOST_INSECURE',
  'JWT_KEYS_INVALID',
  'TLS_INVALID',
  'ICE_SERVERS_INVALID',
  'REDIS_INVALID',
  'INVALID_OPTION',
]);

try {
  process.exitCode = await main();
} catch (error) {
  // Commander has said what is wrong with the usage; help and version are no errors.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof SignalingServerError) {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = USAGE.has(error.code) ? 2 : 1;
  } else throw error;
}
