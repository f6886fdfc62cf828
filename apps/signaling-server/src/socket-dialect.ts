import { randomUUID } from 'node:crypto';
import { milliseconds } from '@rm/signaling-protocol';
import { dialectFor } from '@rm/signaling-protocol/dialects';
import type { Dialect } from '@rm/signaling-protocol/dialects';
import type { Grant } from '@rm/signaling-protocol/hub';

/** Limits of the hub behind a dialect. */
export interface DialectLimits {
  readonly maxMessageBytes: number;
  readonly offerTimeoutMs: number;
}

/**
 * The dialect of a socket that agreed on `subProtocol`, if it needs one. A client that names no
 * peer or room is who, and where, its token says.
 */
export const socketDialect = (
  subProtocol: string,
  grant: Grant | undefined,
  { maxMessageBytes, offerTimeoutMs }: DialectLimits,
): Dialect | undefined =>
  dialectFor(subProtocol, {
    epochMs: (at) => Math.floor(performance.timeOrigin + at / 1_000),
    randomId: randomUUID,
    peerId: grant?.peerId,
    room: grant?.room,
    messageLimits: { maxMessageBytes },
    offerTimeout: milliseconds(offerTimeoutMs),
  });
