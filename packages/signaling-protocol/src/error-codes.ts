/** JSON-RPC error codes on the wire: the five of JSON-RPC 2.0 §5.1 and those of signaling. */
export const ErrorCode = {
  PARSE_ERROR: -32700,
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  INTERNAL_ERROR: -32603,
  PEER_NOT_FOUND: -32000,
  CONNECTION_FAILED: -32001,
  OFFER_INVALID: -32002,
  ANSWER_INVALID: -32003,
  NEGOTIATION_IN_PROGRESS: -32005,
  TIMEOUT: -32006,
  PEER_ID_TAKEN: -32010,
  NOT_ANNOUNCED: -32011,
  ALREADY_ANNOUNCED: -32012,
  TOO_MANY_PEERS: -32013,
  TOO_MANY_ROOMS: -32014,
  TOO_MANY_REQUESTS: -32015,
  SERVER_DRAINING: -32016,
  FORBIDDEN: -32017,
  RATE_LIMITED: -32018,
} as const;

/** Name of a wire error. */
export type ErrorName = keyof typeof ErrorCode;

/** What one wire error means: why it is sent and what the caller does about it. */
export interface ErrorMeaning {
  readonly cause: string;
  readonly remedy: string;
}

/** Every wire error with its cause and the caller's remedy; the README's table is this one. */
export const ERROR_MEANINGS: Readonly<Record<ErrorName, ErrorMeaning>> = {
  PARSE_ERROR: {
    cause: 'the message is not JSON',
    remedy: 'send one JSON text per WebSocket message',
  },
  INVALID_REQUEST: {
    cause: 'the JSON is not a JSON-RPC 2.0 message, or breaks a size limit',
    remedy: 'correct the envelope: jsonrpc, method, params, id',
  },
  METHOD_NOT_FOUND: {
    cause: 'the receiver has no such method',
    remedy: 'use a method of the protocol; check who may receive it',
  },
  INVALID_PARAMS: {
    cause: "a field is missing, of the wrong shape or too large, or `from` is not the sender's id",
    remedy: 'correct the fields that error.data names',
  },
  INTERNAL_ERROR: {
    cause: 'the receiver failed',
    remedy: 'try again later; report it if it stays',
  },
  PEER_NOT_FOUND: {
    cause: 'the addressed peer is not in the room, or left before it answered',
    remedy: 'wait for its peer.announced',
  },
  CONNECTION_FAILED: {
    cause: 'the addressed peer takes no connection, or could not set one up',
    remedy: 'offer again after a pause',
  },
  OFFER_INVALID: {
    cause: 'the offer is not a session description the receiver can use',
    remedy: 'create a new offer',
  },
  ANSWER_INVALID: {
    cause: 'the addressed peer returned something that is not an answer to this offer',
    remedy: 'roll back and offer again',
  },
  NEGOTIATION_IN_PROGRESS: {
    cause: 'glare: the impolite side has an offer of its own under way and ignores this one',
    remedy: "roll back and answer the other side's offer",
  },
  TIMEOUT: {
    cause: 'the addressed peer gave no answer in time',
    remedy: 'roll back and offer again',
  },
  PEER_ID_TAKEN: {
    cause: 'another connection holds this peer id in the room',
    remedy: 'announce under another id, or wait until the holder has left',
  },
  NOT_ANNOUNCED: {
    cause: 'a message came before peer.announce',
    remedy: 'announce first',
  },
  ALREADY_ANNOUNCED: {
    cause: 'this connection has announced itself before',
    remedy: 'open another connection for another peer',
  },
  TOO_MANY_PEERS: {
    cause: 'the room is full',
    remedy: 'use another room, or try again after a peer.left',
  },
  TOO_MANY_ROOMS: {
    cause: 'the server holds as many rooms as it may',
    remedy: 'use an existing room, or try again later',
  },
  TOO_MANY_REQUESTS: {
    cause: 'too many requests wait for their answers',
    remedy: 'wait for answers before sending more',
  },
  SERVER_DRAINING: {
    cause: 'the server is about to stop and seats nobody any more',
    remedy: 'connect again; another server, or its successor, answers',
  },
  FORBIDDEN: {
    cause: "the connection's token does not allow this peer id, room or act",
    remedy: 'use what the token allows, or connect with another',
  },
  RATE_LIMITED: {
    cause: 'this connection or its room sends faster than it may',
    remedy: 'send again after error.data.retry_after_ms, and slower',
  },
};
