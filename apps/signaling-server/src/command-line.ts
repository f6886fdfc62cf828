import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_LIMITS } from './options.js';
import type { SignalingServerOptions } from './options.js';

/** What the command line says, as options of the server, and the level of its log. */
export interface CommandLine {
  readonly options: Omit<SignalingServerOptions, 'logger'>;
  readonly logLevel: string;
}

interface Flags {
  readonly port: number;
  readonly host?: string;
  readonly auth: 'none' | 'jwt';
  readonly jwtKeys?: string;
  readonly jwtAudience?: string;
  readonly jwtIssuer?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecure?: boolean;
  readonly allowOrigin?: readonly string[];
  readonly maxPeersPerRoom: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxMessagesPerSecond: number;
  readonly socketMessagesPerSecond: number;
  readonly roomMessagesPerSecond: number;
  readonly maxMessageBytes: number;
  readonly maxOutboundBytes: number;
  readonly handshakeTimeout: number;
  readonly logLevel: string;
}

/** The version of this package. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;

/** Reads the arguments of this process; throws commander's `CommanderError`, having said why. */
export function commandLine(): CommandLine {
  const command = usage();
  const { auth, jwtKeys, jwtAudience, jwtIssuer, logLevel, ...flags } = command
    .parse()
    .opts<Flags>();
  if (auth === 'jwt' && jwtKeys === undefined) {
    command.error('error: --auth jwt needs --jwt-keys FILE, the keys that tokens are signed with');
  }
  if (auth === 'none' && (jwtKeys ?? jwtAudience ?? jwtIssuer) !== undefined) {
    command.error('error: --jwt-keys, --jwt-audience and --jwt-issuer need --auth jwt');
  }
  const { tlsCert, tlsKey } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    command.error('error: --tls-cert and --tls-key need each other');
  }
  return {
    logLevel,
    options: {
      ...flags,
      allowedOrigins: flags.allowOrigin,
      handshakeTimeoutMs: flags.handshakeTimeout * 1_000,
      tls:
        tlsCert === undefined || tlsKey === undefined
          ? undefined
          : { certFile: tlsCert, keyFile: tlsKey },
      auth:
        jwtKeys === undefined
          ? undefined
          : { keysFile: jwtKeys, audience: jwtAudience, issuer: jwtIssuer },
    },
  };
}

const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };

const origin = (text: string, before: readonly string[] = []): string[] => {
  if (URL.canParse(text) && new URL(text).origin === text) return [...before, text];
  throw new InvalidArgumentError('Give an origin, such as https://app.example.');
};

const usage = (): Command =>
  new Command('rm-signaling-server')
    .description('WebSocket signaling server: peers in a room find each other through it.')
    .version(version)
    .option('--port <number>', 'TCP port, 0 for any that is free', wholeNumber(0, 65_535), 8080)
    .option(
      '--host <address>',
      'address to listen on (default: all interfaces with --auth jwt or --insecure, else 127.0.0.1)',
    )
    .addOption(
      new Option('--auth <kind>', 'what is asked of clients')
        .choices(['none', 'jwt'])
        .default('none'),
    )
    .option('--jwt-keys <file>', 'JSON Web Key Set: oct (HS256) and Ed25519 (EdDSA) keys, by kid')
    .option('--jwt-audience <name>', 'what aud of a token must contain')
    .option('--jwt-issuer <name>', 'what iss of a token must be')
    .option('--tls-cert <file>', 'PEM certificate chain for wss://, read again when it changes')
    .option('--tls-key <file>', 'PEM key of the certificate')
    .option('--insecure', 'let other machines in without tokens')
    .option('--allow-origin <origin>', 'whose pages may connect, repeatable (default: any)', origin)
    .option(
      '--max-peers-per-room <number>',
      'size of a room',
      wholeNumber(1, 10_000),
      DEFAULT_LIMITS.maxPeersPerRoom,
    )
    .option(
      '--max-connections <number>',
      'WebSockets in all',
      wholeNumber(1, 1_000_000),
      DEFAULT_LIMITS.maxConnections,
    )
    .option(
      '--max-connections-per-address <number>',
      'WebSockets of one IP address',
      wholeNumber(1, 1_000_000),
      DEFAULT_LIMITS.maxConnectionsPerAddress,
    )
    .option(
      '--max-messages-per-second <number>',
      'messages of one IP address, ten times as many at once',
      wholeNumber(1, 1_000_000),
      DEFAULT_LIMITS.maxMessagesPerSecond,
    )
    .option(
      '--socket-messages-per-second <number>',
      'messages of one socket, twice as many at once',
      wholeNumber(1, 1_000_000),
      DEFAULT_LIMITS.socketMessagesPerSecond,
    )
    .option(
      '--room-messages-per-second <number>',
      'messages in one room, ten times as many at once',
      wholeNumber(1, 1_000_000),
      DEFAULT_LIMITS.roomMessagesPerSecond,
    )
    .option(
      '--max-message-bytes <number>',
      'size of a message',
      wholeNumber(1_024, 16_777_216),
      DEFAULT_LIMITS.maxMessageBytes,
    )
    .option(
      '--max-outbound-bytes <number>',
      'bytes a client may leave unread',
      wholeNumber(65_536, 1_073_741_824),
      DEFAULT_LIMITS.maxOutboundBytes,
    )
    .option(
      '--handshake-timeout <seconds>',
      'time to state the HTTP request',
      wholeNumber(1, 3_600),
      DEFAULT_LIMITS.handshakeTimeoutMs / 1_000,
    )
    .addOption(
      new Option('--log-level <level>', 'least level that is logged, as JSON on stderr')
        .choices(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
        .default('info'),
    )
    .addHelpText(
      'after',
      `
Examples:
  rm-signaling-server                                 port 8080, this machine only
  rm-signaling-server --insecure                      port 8080, whoever reaches it
  rm-signaling-server --auth jwt --jwt-keys keys.json port 8080, whoever has a token
  rm-signaling-server --insecure --tls-cert cert.pem --tls-key key.pem
  rm-signaling-server --max-peers-per-room 8 --log-level debug`,
    )
    .allowExcessArguments(false)
    .configureOutput({
      outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`),
    })
    .exitOverride();
