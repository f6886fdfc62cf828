import * as z from 'zod';
import * as field from './fields.js';

/** A peer as others in its room see it. */
const peerInfo = z.object({
  peer_id: field.id,
  capabilities: field.capabilities,
  user_data: field.userData,
});

/** Counts the changes of who is in the room; each change is one more than the one before. */
const version = { version: field.count.optional() };

/** A draining server sends nobody away for longer than this. */
const MAX_RECONNECT_AFTER_MS = 600_000;

const route = { from: field.id.optional(), to: field.id };
const stampedRoute = { from: field.id, to: field.id };

const offer = {
  sdp: field.sdp,
  can_trickle_ice_candidates: z.boolean(),
  request_id: field.requestId,
};

const iceCandidate = {
  candidate: field.candidate,
  sdp_m_line_index: field.sdpMLineIndex,
  sdp_mid: field.sdpMid,
  user_fragment: field.userFragment,
};

const states = {
  connection_state: field.connectionState,
  ice_connection_state: field.iceConnectionState,
  ice_gathering_state: field.iceGatheringState,
  signaling_state: field.signalingState,
};

/** `ttl_seconds` 0 goes with an empty list: the server has none to give. */
const iceServers = { ice_servers: field.iceServers, ttl_seconds: field.count };

const disconnect = { reason: field.reason };

/**
 * Every method of `rm.signaling.v1`. `toHub` are its parameters where clients send it, `toClient`
 * where the hub does; `result` is there if it is a request, which is of no use without an id.
 * A notification sent with an id is answered with null or an error.
 *
 * The sender's identity is its connection's: `from` may be left out on the way in, must be true if
 * given, and is always there on the way out.
 */
export const METHODS = {
  'peer.announce': {
    toHub: z.object({
      peer_id: field.id,
      room: field.id.default('default'),
      capabilities: field.capabilities.default([]),
      user_data: field.userData.default({}),
      /** Whether to keep the place, and what is sent there, for a time without a connection. */
      resume: z.boolean().optional(),
      /**
       * To take an earlier place again: its token. Where there is none it becomes that of the new
       * place, so a peer that chooses one (which nobody can guess) can come back though the answer
       * to its first announcement be lost.
       */
      resume_token: field.resumeToken.optional(),
      /**
       * The highest `seq` received at the earlier place. Without it a place whose peer is away is
       * begun anew, as by a process that was started again.
       */
      last_seq: field.count.optional(),
    }),
    result: z.object({
      status: z.literal('registered'),
      registered_at: z.iso.datetime({ offset: true }),
      room: field.id,
      peers: z.array(peerInfo),
      presence_version: field.count.optional(),
      /** There if this place can be taken again. */
      resume_token: field.resumeToken.optional(),
      /** Whether this is an earlier place; what was missed there follows, oldest first. */
      resumed: z.boolean().optional(),
      /** ICE servers for this peer if the server has any; `server.ice_servers` brings fresh ones. */
      ice: z.object(iceServers).optional(),
      /** Highest `seq` that has come from the peer; there if it resumed and numbers its messages. */
      received_seq: field.count.optional(),
    }),
  },
  'peer.announced': { toClient: peerInfo.extend(version) },
  /** Who is in the room; of any other than the own one only admins may ask. */
  'peer.list': {
    toHub: z.object({ room: field.id.optional() }),
    result: z.object({ peers: z.array(peerInfo), presence_version: field.count }),
  },
  'peer.offer': {
    toHub: z.object({ ...route, ...offer }),
    toClient: z.object({ ...stampedRoute, ...offer }),
    result: z.object(offer),
  },
  'peer.ice_candidate': {
    toHub: z.object({ ...route, ...iceCandidate }),
    toClient: z.object({ ...stampedRoute, ...iceCandidate }),
  },
  'peer.state_changed': {
    toHub: z.object({ ...route, ...states }),
    toClient: z.object({ ...stampedRoute, ...states }),
  },
  'peer.disconnect': {
    toHub: z.object({ ...route, ...disconnect }),
    toClient: z.object({ ...stampedRoute, ...disconnect }),
  },
  'peer.left': {
    toClient: z.object({
      peer_id: field.id,
      /** It said so; it lost its connection; an admin removed it. */
      reason: z.enum(['left', 'connection-lost', 'removed']),
      ...version,
    }),
  },
  'server.info': {
    toHub: z.object({}),
    result: z.object({
      name: z.string(),
      version: z.string(),
      protocol: z.string(),
      limits: z.object({
        max_message_bytes: field.count,
        max_batch: field.count,
        max_peers_per_room: field.count,
        messages_per_second: field.count,
        message_burst: field.count,
        offer_timeout_ms: field.count,
      }),
    }),
  },
  'server.ice_servers': {
    toHub: z.object({}),
    toClient: z.object(iceServers),
    result: z.object(iceServers),
  },
  'server.draining': {
    toClient: z.object({ reconnect_after_ms: z.int().min(0).max(MAX_RECONNECT_AFTER_MS) }),
  },
  /** For admins: the rooms of this server that have a peer. */
  'admin.rooms': {
    toHub: z.object({}),
    result: z.object({ rooms: z.array(z.object({ room: field.id, peers: field.count })) }),
  },
  /** For admins: removes a peer; its connection is closed with 4403. */
  'admin.kick': {
    toHub: z.object({ room: field.id, peer_id: field.id, reason: field.closeReason }),
    result: z.null(),
  },
  /** For admins: removes all peers of a room, and with them the room. */
  'admin.close_room': {
    toHub: z.object({ room: field.id, reason: field.closeReason }),
    result: z.object({ removed: field.count }),
  },
  /** The OpenRPC document of this protocol. */
  'rpc.discover': {
    toHub: z.object({}),
    result: z.looseObject({ openrpc: z.string() }),
  },
} as const;

/** Name of a method. */
export type MethodName = keyof typeof METHODS;

type ReceivedBy<Side extends string> = {
  [M in MethodName]: (typeof METHODS)[M] extends Record<Side, z.ZodType> ? M : never;
}[MethodName];

type ParamsOf<M extends MethodName, Side extends string> =
  (typeof METHODS)[M] extends Record<Side, infer Schema extends z.ZodType>
    ? z.output<Schema>
    : never;

/** Methods that the hub receives. */
export type HubMethod = ReceivedBy<'toHub'>;
/** Methods that a client receives. */
export type ClientMethod = ReceivedBy<'toClient'>;

/** Checked parameters of `M` as the hub receives them, defaults filled in. */
export type HubParams<M extends HubMethod> = ParamsOf<M, 'toHub'>;
/** Checked parameters of `M` as a client receives them. */
export type ClientParams<M extends ClientMethod> = ParamsOf<M, 'toClient'>;
/** Checked result of the request `M`. */
export type ResultOf<M extends ReceivedBy<'result'>> = ParamsOf<M, 'result'>;

/** A call that the hub has received and checked. */
export type HubCall = {
  [M in HubMethod]: { readonly method: M; readonly params: HubParams<M> };
}[HubMethod];
/** A call that a client has received and checked. */
export type ClientCall = {
  [M in ClientMethod]: { readonly method: M; readonly params: ClientParams<M> };
}[ClientMethod];

/** {@link peerInfo} on the wire. */
export type WirePeerInfo = z.output<typeof peerInfo>;
/** {@link field.iceServer} on the wire and in the API. */
export type IceServer = z.output<typeof field.iceServer>;
/** Why a peer is gone: it said so, its connection was lost, or an admin removed it. */
export type LeaveReason = ClientParams<'peer.left'>['reason'];
/** `connectionState` of an RTCPeerConnection. */
export type ConnectionState = z.output<typeof field.connectionState>;
/** `iceConnectionState` of an RTCPeerConnection. */
export type IceConnectionState = z.output<typeof field.iceConnectionState>;
/** `iceGatheringState` of an RTCPeerConnection. */
export type IceGatheringState = z.output<typeof field.iceGatheringState>;
/** `signalingState` of an RTCPeerConnection. */
export type SignalingState = z.output<typeof field.signalingState>;
