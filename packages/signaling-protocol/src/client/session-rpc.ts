import { RpcPeer } from '../json-rpc/index.js';
import { milliseconds } from '../time.js';
import type { Micros } from '../time.js';
import type { ClientSettings } from './options.js';

/** Own requests of the application that may wait for their responses. */
export const MAX_REQUESTS = 256;

/** Time the application has to answer an offer; the server waits no longer either. */
const ANSWER_TIME: Micros = milliseconds(10_000);

/**
 * Nesting accepted from the server, above what it accepts from clients: it repeats their data
 * deeper inside its own messages.
 */
const MAX_DEPTH = 64;

/** The JSON-RPC state of one place in a room, which may outlive its connection. */
export const sessionRpc = ({ maxMessageBytes, offerTimeout }: ClientSettings): RpcPeer =>
  new RpcPeer({
    limits: { maxMessageBytes, maxDepth: MAX_DEPTH },
    // Room for the announcement and the catching up beside the application's own.
    maxPendingRequests: MAX_REQUESTS + 2,
    requestTimeout: offerTimeout,
    callTimeout: ANSWER_TIME,
  });
