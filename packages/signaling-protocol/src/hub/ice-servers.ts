import type { ResultOf } from '../messages/index.js';
import type { Micros } from '../time.js';
import type { GivenIceServers } from './connection.js';

const NONE = { ice_servers: [], ttl_seconds: 0 };

/** `given` as it is told at `now`, with the time it has left; none if there are none any more. */
export function iceServersParams(
  given: GivenIceServers | undefined,
  now: Micros,
): ResultOf<'server.ice_servers'> {
  if (given === undefined) return NONE;
  const ttl_seconds = Math.floor((given.expiresAt - now) / 1_000_000);
  if (ttl_seconds < 1) return NONE;
  const ice_servers = given.servers.map((server) => ({ ...server, urls: [...server.urls] }));
  return { ice_servers, ttl_seconds };
}
