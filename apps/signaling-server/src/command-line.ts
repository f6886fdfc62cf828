import { Command, InvalidArgumentError, Option } from 'commander';
import { isStunUri, isTurnUri } from './ice/uri.js';
import { DEFAULT_LIMITS } from './options.js';
import type { ListenOptions } from './options.js';
import { version } from './version.js';

/** What the command line says. */
export interface CommandLine {
  readonly options: Omit<ListenOptions, 'logger'>;
  /** Time over which clients are let go at the end. */
  readonly drainSpreadMs: number;
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
  readonly announceTimeout: number;
  readonly resumeWindow: number;
  readonly drainSpread: number;
  readonly stunUrl?: readonly string[];
  readonly turnUrl?: readonly string[];
  readonly turnSecretFile?: string;
  readonly turnTtl?: number;
  readonly redis?: string;
  readonly redisPrefix?: string;
  readonly logLevel: string;
}

/** Reads the arguments of a process; throws commander's `CommanderError`, having said why. */
export function commandLine(args: readonly string[]): CommandLine {
  const command = usage();
  const flags = command.parse(args, { from: 'user' }).opts<Flags>();
  const { auth, jwtKeys, jwtAudience, jwtIssuer } = flags;
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
  const { turnUrl, turnSecretFile } = flags;
  if ((turnUrl === undefined) !== (turnSecretFile === undefined)) {
    command.error('error: --turn-url and --turn-secret-file need each other');
  }
  if (flags.turnTtl !== undefined && turnUrl === undefined) {
    command.error('error: --turn-ttl needs --turn-url and --turn-secret-file');
  }
  if (flags.redisPrefix !== undefined && flags.redis === undefined) {
    command.error('error: --redis-prefix needs --redis URL');
  }
  return {
    logLevel: flags.logLevel,
    drainSpreadMs: flags.drainSpread * 1_000,
    options: {
      port: flags.port,
      host: flags.host,
      insecure: flags.insecure,
      allowedOrigins: flags.allowOrigin,
      maxPeersPerRoom: flags.maxPeersPerRoom,
      maxConnections: flags.maxConnections,
      maxConnectionsPerAddress: flags.maxConnectionsPerAddress,
      maxMessagesPerSecond: flags.maxMessagesPerSecond,
      socketMessagesPerSecond: flags.socketMessagesPerSecond,
      roomMessagesPerSecond: flags.roomMessagesPerSecond,
      maxMessageBytes: flags.maxMessageBytes,
      maxOutboundBytes: flags.maxOutboundBytes,
      handshakeTimeoutMs: flags.handshakeTimeout * 1_000,
      announceTimeoutMs: flags.announceTimeout * 1_000,
      resumeWindowMs: flags.resumeWindow * 1_000,
      iceServers: iceServersOf(flags),
      redis: redisOf(flags),
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

function redisOf({ redis, redisPrefix }: Flags): ListenOptions['redis'] {
  return redis === undefined ? undefined : { url: redis, prefix: redisPrefix };
}

function iceServersOf(flags: Flags): ListenOptions['iceServers'] {
  const { stunUrl, turnUrl, turnSecretFile, turnTtl } = flags;
  if (stunUrl === undefined && turnUrl === undefined) return undefined;
  const turn =
    turnUrl === undefined || turnSecretFile === undefined
      ? undefined
      : { urls: turnUrl, secretFile: turnSecretFile, ttlSeconds: turnTtl };
  return { stunUrls: stunUrl, turn };
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

const uri =
  (kind: 'stun' | 'turn', isUri: (text: string) => boolean) =>
  (text: string, before: readonly string[] = []): string[] => {
    if (isUri(text)) return [...before, text];
    throw new InvalidArgumentError(`Give a URI such as ${kind}:${kind}.example.org:3478.`);
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
    .option(
      '--announce-timeout <seconds>',
      'time a client has to announce itself',
      wholeNumber(1, 3_600),
      DEFAULT_LIMITS.announceTimeoutMs / 1_000,
    )
    .option(
      '--resume-window <seconds>',
      'time a peer that lost its connection keeps its place, 0 for none',
      wholeNumber(0, 3_600),
      DEFAULT_LIMITS.resumeWindowMs / 1_000,
    )
    .option(
      '--drain-spread <seconds>',
      'time over which clients are sent away at the end, 0 to close them at once',
      wholeNumber(0, 600),
      5,
    )
    .option(
      '--stun-url <uri>',
      'STUN server that peers are told of, repeatable',
      uri('stun', isStunUri),
    )
    .option(
      '--turn-url <uri>',
      'TURN server that peers are told of, repeatable',
      uri('turn', isTurnUri),
    )
    .option('--turn-secret-file <file>', 'file with the secret that the TURN server has too')
    .option(
      '--turn-ttl <seconds>',
      'time a TURN credential is good for (default: 14400)',
      wholeNumber(60, 604_800),
    )
    .addOption(
      new Option(
        '--redis <url>',
        'Redis through which instances share their rooms, redis:// or rediss://',
      ).env('RM_REDIS_URL'),
    )
    .option('--redis-prefix <text>', 'what all keys there begin with (default: rm)')
    .addOption(
      new Option('--log-level <level>', 'least level that is logged, as JSON on stderr')
        .choices(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
        .default('info'),
    )
    .addHelpText(
      'after',
      `
Examples:
  rm-signaling-server                                  # port 8080, this machine only
  rm-signaling-server --insecure                       # port 8080, whoever reaches it
  rm-signaling-server --auth jwt --jwt-keys keys.json  # port 8080, whoever has a token
  rm-signaling-server --insecure --tls-cert cert.pem --tls-key key.pem
  rm-signaling-server --insecure --turn-url turn:turn.example.org --turn-secret-file secret
  rm-signaling-server --resume-window 300 --drain-spread 60
  rm-signaling-server --insecure --redis redis://redis.example:6379
  rm-signaling-server --max-peers-per-room 8 --log-level debug

SIGTERM and SIGINT let clients go within --drain-spread; the second of them ends it at once.`,
    )
    .allowExcessArguments(false)
    .configureOutput({
      outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`),
    })
    .exitOverride();
