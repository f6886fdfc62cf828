import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import { SignalingServerError } from '../errors.js';

/** Where Redis is and how it lets one in. */
export interface RedisAddress {
  /** For logs: without user and password. */
  readonly shown: string;
  readonly database: number;
  readonly connection: RedisOptions;
}

const FORM = 'redis://[[user]:password@]host[:port][/database]';

/**
 * Reads `redis://` and, with TLS, `rediss://` URLs; throws `SignalingServerError` (`REDIS_INVALID`),
 * which does not repeat the URL as a password may be in it.
 */
export function redisAddress(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const database = /^\/?(\d{0,4})$/.exec(url?.pathname ?? '-')?.[1];
  if (
    url === undefined ||
    database === undefined ||
    !/^rediss?:$/.test(url.protocol) ||
    url.hostname === '' ||
    url.search + url.hash !== ''
  ) {
    throw invalid();
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 6_379 : Number(url.port);
  return {
    shown: `${url.protocol}//${url.hostname}:${port}/${Number(database)}`,
    database: Number(database),
    connection: {
      host,
      port,
      db: Number(database),
      ...(url.username !== '' && { username: decoded(url.username) }),
      ...(url.password !== '' && { password: decoded(url.password) }),
      ...(url.protocol === 'rediss:' && { tls: isIP(host) === 0 ? { servername: host } : {} }),
    },
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid();
  }
}

const invalid = (): SignalingServerError =>
  new SignalingServerError(
    'REDIS_INVALID',
    `the URL of Redis is none; give ${FORM}, or rediss:// for TLS, with user and password percent-encoded`,
    undefined,
  );
