import type { ResultOf } from '../messages/index.js';
import { SUB_PROTOCOL } from '../sub-protocol.js';
import type { HubLimits, HubOptions } from './options.js';

/** The answer to `server.info`, the same for everyone. */
export type ServerInfo = ResultOf<'server.info'>;

export function serverInfo({ server }: HubOptions, limits: HubLimits): ServerInfo {
  return {
    name: server?.name ?? 'rm-signaling',
    version: server?.version ?? 'unknown',
    protocol: SUB_PROTOCOL,
    limits: {
      max_message_bytes: limits.messageLimits.maxMessageBytes,
      max_batch: limits.messageLimits.maxBatch,
      max_peers_per_room: limits.maxPeersPerRoom,
      messages_per_second: limits.messagesPerSecond,
      message_burst: limits.messageBurst,
      offer_timeout_ms: Math.round(limits.offerTimeout / 1_000),
    },
  };
}
