import { ErrorCode } from '../error-codes.js';
import type { JsonRpcError } from '../json-rpc/index.js';
import type { HubParams } from '../messages/index.js';
import type { Micros } from '../time.js';

/** Why a peer could not join. */
export type JoinRefusal = 'peer-id-taken' | 'too-many-peers';

export const ALREADY_ANNOUNCED: JsonRpcError = {
  code: ErrorCode.ALREADY_ANNOUNCED,
  message: 'this connection has announced itself; open another one for another peer',
};

export const NOT_ANNOUNCED: JsonRpcError = {
  code: ErrorCode.NOT_ANNOUNCED,
  message: 'send peer.announce first',
};

export const FALSE_SENDER: JsonRpcError = {
  code: ErrorCode.INVALID_PARAMS,
  message: 'from is not the id this connection announced; leave it out',
};

export const TO_SELF: JsonRpcError = {
  code: ErrorCode.INVALID_PARAMS,
  message: 'to is the id of this connection itself; name another peer',
};

export const OFFER_INVALID: JsonRpcError = {
  code: ErrorCode.OFFER_INVALID,
  message: 'the offer is no session description; it must begin with v=0',
};

export const TOO_MANY_OFFERS: JsonRpcError = {
  code: ErrorCode.TOO_MANY_REQUESTS,
  message: 'too many offers wait for their answers; offer again later',
};

export const RESUME_IN_BATCH: JsonRpcError = {
  code: ErrorCode.INVALID_REQUEST,
  message: 'an announcement with resume is no part of a batch; send it alone',
};

export const ASKED_IN_BATCH: JsonRpcError = {
  code: ErrorCode.INVALID_REQUEST,
  message: 'what is asked of another room is no part of a batch; send it alone',
};

export const TOO_MANY_ROOMS: JsonRpcError = {
  code: ErrorCode.TOO_MANY_ROOMS,
  message: 'the server has no place for another room; use an existing one',
};

export const DRAINING: JsonRpcError = {
  code: ErrorCode.SERVER_DRAINING,
  message: 'the server is about to stop; connect again',
};

export const forbidden = (what: string): JsonRpcError => ({
  code: ErrorCode.FORBIDDEN,
  message: `the token does not allow to ${what}`,
});

export const rateLimited = (retryAfterMs: number): JsonRpcError => ({
  code: ErrorCode.RATE_LIMITED,
  message: `too many messages; send again after ${retryAfterMs} ms`,
  data: { retry_after_ms: retryAfterMs },
});

export const NO_ANSWER: JsonRpcError = {
  code: ErrorCode.TIMEOUT,
  message: 'the peer gave no answer in time; offer again',
};

export const peerNotFound = (peerId: string, room: string): JsonRpcError => ({
  code: ErrorCode.PEER_NOT_FOUND,
  message: `peer ${peerId} is not in room ${room}; wait for its peer.announced`,
});

export const answerInvalid = (why: string): JsonRpcError => ({
  code: ErrorCode.ANSWER_INVALID,
  message: `${why}; offer again`,
});

/** Why an announcement was refused; `heldFor` if the id is kept for a peer that is away. */
export function joinError(
  refusal: JoinRefusal,
  { peer_id, room }: HubParams<'peer.announce'>,
  heldFor?: Micros,
): JsonRpcError {
  switch (refusal) {
    case 'peer-id-taken':
      return heldFor === undefined ? taken(peer_id, room) : held(peer_id, room, heldFor);
    case 'too-many-peers':
      return {
        code: ErrorCode.TOO_MANY_PEERS,
        message: `room ${room} is full; use another room or try again later`,
      };
  }
}

const taken = (peerId: string, room: string): JsonRpcError => ({
  code: ErrorCode.PEER_ID_TAKEN,
  message: `peer id ${peerId} is taken in room ${room}; announce under another`,
});

const held = (peerId: string, room: string, forUs: Micros): JsonRpcError => {
  const retry_after_ms = Math.ceil(forUs / 1_000);
  return {
    code: ErrorCode.PEER_ID_TAKEN,
    message: `peer id ${peerId} of room ${room} is kept for its peer, which lost its connection, for ${retry_after_ms} ms yet; announce under another, or again then`,
    data: { retry_after_ms },
  };
};
