import type { ErrorName } from '../error-codes.js';

/** What the schemas of one method do not say. */
export interface MethodDoc {
  /** One sentence: what it does. */
  readonly summary: string;
  /** Errors it may end with beside those that any request may. */
  readonly errors: readonly ErrorName[];
  /** Parameters as a client sends them; there if the server receives the method. */
  readonly toHub?: Readonly<Record<string, unknown>>;
  /** Parameters as the server sends them; there if clients receive the method. */
  readonly toClient?: Readonly<Record<string, unknown>>;
  /** A result; there if the method is a request. */
  readonly result?: unknown;
}

const offer = {
  sdp: 'v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n',
  can_trickle_ice_candidates: true,
  request_id: 'offer-1',
};

const candidate = {
  candidate: 'candidate:1 1 udp 2130706431 192.0.2.1 54321 typ host',
  sdp_m_line_index: 0,
  sdp_mid: '0',
  user_fragment: 'k3Fz',
};

const states = {
  connection_state: 'connected',
  ice_connection_state: 'completed',
  ice_gathering_state: 'complete',
  signaling_state: 'stable',
};

const bob = { peer_id: 'bob', capabilities: ['audio', 'video'], user_data: { name: 'Bob' } };

/** Every method's summary, errors and examples; `openRpcDocument` refuses gaps and leftovers. */
export const METHOD_DOCS: Readonly<Record<string, MethodDoc>> = {
  'peer.announce': {
    summary: 'Takes a seat in a room under a peer id; the first message of a connection.',
    errors: [
      'PEER_ID_TAKEN',
      'ALREADY_ANNOUNCED',
      'TOO_MANY_PEERS',
      'TOO_MANY_ROOMS',
      'SERVER_DRAINING',
      'FORBIDDEN',
      'RATE_LIMITED',
    ],
    toHub: {
      peer_id: 'alice',
      room: 'studio',
      capabilities: ['audio'],
      user_data: { name: 'Alice' },
    },
    result: {
      status: 'registered',
      registered_at: '2026-01-02T03:04:05.678Z',
      room: 'studio',
      peers: [bob],
    },
  },
  'peer.announced': {
    summary: 'Another peer has taken a seat in the room.',
    errors: [],
    toClient: bob,
  },
  'peer.offer': {
    summary: 'Offers a connection to one peer; the result is its answer.',
    errors: [
      'NOT_ANNOUNCED',
      'PEER_NOT_FOUND',
      'CONNECTION_FAILED',
      'OFFER_INVALID',
      'ANSWER_INVALID',
      'NEGOTIATION_IN_PROGRESS',
      'TIMEOUT',
      'TOO_MANY_REQUESTS',
    ],
    toHub: { to: 'bob', ...offer },
    toClient: { from: 'alice', to: 'bob', ...offer },
    result: offer,
  },
  'peer.ice_candidate': {
    summary: 'Passes one ICE candidate to one peer; an empty one ends the candidates.',
    errors: ['NOT_ANNOUNCED', 'PEER_NOT_FOUND'],
    toHub: { to: 'bob', ...candidate },
    toClient: { from: 'alice', to: 'bob', ...candidate },
  },
  'peer.state_changed': {
    summary: 'Tells one peer the four states of the connection with it.',
    errors: ['NOT_ANNOUNCED', 'PEER_NOT_FOUND'],
    toHub: { to: 'bob', ...states },
    toClient: { from: 'alice', to: 'bob', ...states },
  },
  'peer.disconnect': {
    summary: 'Tells one peer that the connection with it is being closed.',
    errors: ['NOT_ANNOUNCED', 'PEER_NOT_FOUND'],
    toHub: { to: 'bob', reason: 'user_requested' },
    toClient: { from: 'alice', to: 'bob', reason: 'user_requested' },
  },
  'peer.left': {
    summary: 'A peer has left the room, or its connection is lost.',
    errors: [],
    toClient: { peer_id: 'alice', reason: 'left' },
  },
  'peer.list': {
    summary: 'Lists who else is in the room; of other rooms for admins only.',
    errors: ['NOT_ANNOUNCED', 'FORBIDDEN', 'RATE_LIMITED'],
    toHub: {},
    result: { peers: [bob], presence_version: 2 },
  },
  'server.info': {
    summary: 'Tells what the server is and what it allows.',
    errors: ['RATE_LIMITED'],
    toHub: {},
    result: {
      name: 'rm-signaling',
      version: '1.0.0',
      protocol: 'rm.signaling.v1',
      limits: {
        max_message_bytes: 262144,
        max_batch: 64,
        max_peers_per_room: 64,
        messages_per_second: 500,
        message_burst: 1000,
        offer_timeout_ms: 10000,
      },
    },
  },
  'server.ice_servers': {
    summary:
      'ICE servers for this peer; asked for, or told by the server before the old ones expire.',
    errors: ['NOT_ANNOUNCED', 'RATE_LIMITED'],
    toHub: {},
    toClient: {
      ice_servers: [
        { urls: ['turn:192.0.2.1:3478'], username: '1767323045:alice', credential: 'c2VjcmV0' },
      ],
      ttl_seconds: 3600,
    },
    result: {
      ice_servers: [
        { urls: ['turn:192.0.2.1:3478'], username: '1767323045:alice', credential: 'c2VjcmV0' },
      ],
      ttl_seconds: 3600,
    },
  },
  'server.draining': {
    summary: 'The server is about to stop; connect again after the time it gives.',
    errors: [],
    toClient: { reconnect_after_ms: 1500 },
  },
  'admin.rooms': {
    summary: 'Lists the rooms of this server that have a peer; for admins.',
    errors: ['FORBIDDEN', 'RATE_LIMITED'],
    toHub: {},
    result: { rooms: [{ room: 'studio', peers: 2 }] },
  },
  'admin.kick': {
    summary: 'Removes a peer from its room and closes its connection with 4403; for admins.',
    errors: ['FORBIDDEN', 'PEER_NOT_FOUND', 'RATE_LIMITED'],
    toHub: { room: 'studio', peer_id: 'bob', reason: 'not invited' },
    result: null,
  },
  'admin.close_room': {
    summary: 'Removes every peer of a room; for admins.',
    errors: ['FORBIDDEN', 'RATE_LIMITED'],
    toHub: { room: 'studio', reason: 'the meeting is over' },
    result: { removed: 2 },
  },
  'rpc.discover': {
    summary: 'Gives this document (OpenRPC service discovery).',
    errors: ['RATE_LIMITED'],
    toHub: {},
    result: {
      openrpc: '1.4.1',
      info: { title: 'rm.signaling.v1', version: '1' },
      methods: [],
    },
  },
};
