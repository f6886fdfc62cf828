#!/usr/bin/env node
import { CommanderError } from 'commander';
import { pino } from 'pino';
import { commandLine, version } from './command-line.js';
import { SignalingServerError } from './errors.js';
import type { SignalingServerOptions } from './options.js';

async function main(): Promise<number> {
  const { options, logLevel } = commandLine();
  const told = toldToStop();
  const logger = pino({ level: logLevel }, pino.destination({ fd: 2, sync: true }));
  // Loaded only now, so that a mistake on the command line is told at once.
  const { createSignalingServer } = await import('./server.js');
  const server = await createSignalingServer({ ...options, logger });
  logger.info({ url: server.url, version, reach: reachOf(options) }, 'listening');
  process.stdout.write(`signaling server listening on ${server.url}\n`);
  logger.info({ by: await told }, 'shutting down');
  await server.close();
  if (process.connected) process.disconnect();
  return 0;
}

/** Who can connect, and how to let others. */
function reachOf({ auth, insecure }: Partial<SignalingServerOptions>): string {
  if (auth !== undefined) return 'whoever has a token';
  return insecure === true
    ? 'whoever reaches the port may join any room; --auth jwt --jwt-keys FILE asks for tokens'
    : 'this machine only; --insecure or --auth jwt --jwt-keys FILE lets others in';
}

/** Resolves with what told this process to stop: a signal, or the end of its parent. */
const toldToStop = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve(signal));
    if (process.channel !== undefined) process.once('disconnect', () => resolve('disconnect'));
  });

/** Errors that better options would have avoided. */
const USAGE: ReadonlySet<string> = new Set([
  'HOST_INSECURE',
  'JWT_KEYS_INVALID',
  'TLS_INVALID',
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
