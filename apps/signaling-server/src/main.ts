#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { pino } from 'pino';
import { SignalingServerError } from './errors.js';
import { createSignalingServer } from './server.js';

interface Flags {
  readonly port: number;
  readonly host?: string;
  readonly maxPeersPerRoom: number;
  readonly logLevel: string;
}

const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

const command = new Command('rm-signaling-server')
  .description('WebSocket signaling server: peers in a room find each other through it.')
  .version(version)
  .option('--port <number>', 'TCP port, 0 for any that is free', wholeNumber(0, 65_535), 8080)
  .option('--host <address>', 'address to listen on (default: all interfaces)')
  .option('--max-peers-per-room <number>', 'size of a room', wholeNumber(1, 10_000), 64)
  .addOption(
    new Option('--log-level <level>', 'least level that is logged, as JSON on stderr')
      .choices(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info'),
  )
  .addHelpText(
    'after',
    `
Examples:
  rm-signaling-server                                 port 8080 on all interfaces
  rm-signaling-server --host 127.0.0.1 --port 0       any free port, this machine only
  rm-signaling-server --max-peers-per-room 8 --log-level debug`,
  )
  .allowExcessArguments(false)
  .configureOutput({
    outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`),
  })
  .exitOverride();

async function main(): Promise<number> {
  const flags = command.parse().opts<Flags>();
  const told = toldToStop();
  const logger = pino({ level: flags.logLevel }, pino.destination({ fd: 2, sync: true }));
  const server = await createSignalingServer({ ...flags, logger });
  logger.info({ url: server.url, version }, 'listening');
  logger.warn(
    { host: flags.host ?? 'all interfaces' },
    'there is no authentication yet: whoever reaches this port may join any room',
  );
  process.stdout.write(`signaling server listening on ${server.url}\n`);
  logger.info({ by: await told }, 'shutting down');
  await server.close();
  if (process.connected) process.disconnect();
  return 0;
}

/** Resolves with what told this process to stop: a signal, or the end of its parent. */
const toldToStop = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve(signal));
    if (process.channel !== undefined) process.once('disconnect', () => resolve('disconnect'));
  });

try {
  process.exitCode = await main();
} catch (error) {
  // Commander has said what is wrong with the usage; help and version are no errors.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof SignalingServerError) {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  } else throw error;
}
