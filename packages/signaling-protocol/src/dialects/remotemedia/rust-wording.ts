import { ErrorCode } from '../../error-codes.js';
import type { WirePeerInfo } from '../../messages/index.js';
import type { Surroundings, Wording } from './wording.js';

/** The shapes of the WebSocket server of the Rust SDK: methods `peer.*`. */
export const RUST: Wording = {
  announced: ({ peers }, { peer_id }) => ({
    success: true,
    peer_id,
    peers_count: peers.length + 1,
    other_peers: peers.map((peer) => peer.peer_id),
  }),
  listed: (result, around) => {
    const self = around.self === undefined ? [] : [around.self];
    const peers = [...result.peers, ...self].map((info) => listedPeer(info, around));
    return { peers, count: peers.length };
  },
  info: (_, { hostname, addresses }) => ({
    addresses: addresses.map((ip, i) => ({ ip, is_default: i === 0 })),
    hostname,
  }),
  offerTaken: (to) => ({ success: true, to_peer_id: to }),
  passedOn: (to) => ({ success: true, to_peer_id: to }),
  disconnected: (peerId) => ({ success: true, peer_id: peerId }),
  notices: ({ method, params }, epochMs) => {
    switch (method) {
      case 'peer.announced': {
        const { peer_id, capabilities, user_data } = params;
        return [{ method: 'peer.joined', params: { peer_id, capabilities, metadata: user_data } }];
      }
      case 'peer.left':
        return [{ method, params: { peer_id: params.peer_id } }];
      case 'peer.ice_candidate': {
        const { from, to, candidate, sdp_mid, sdp_m_line_index } = params;
        return [{ method, params: { from, to, candidate, sdp_mid, sdp_m_line_index } }];
      }
      case 'peer.disconnect':
        return [
          {
            method: 'peer.disconnected',
            params: { peer_id: params.from, reason: params.reason },
          },
        ];
      case 'peer.state_changed': {
        const { from, connection_state, ice_connection_state, ice_gathering_state } = params;
        const states = { connection_state, ice_connection_state, ice_gathering_state };
        return [
          {
            method: 'peer.state_change',
            params: { peer_id: from, ...states, timestamp: epochMs },
          },
        ];
      }
      case 'server.ice_servers':
      case 'server.draining':
        return [];
    }
  },
  offer: ({ from, to, sdp }) => ({ method: 'peer.offer', params: { from, to, sdp } }),
  answer: (from, to, sdp) => ({ method: 'peer.answer', params: { from, to, sdp } }),
  offerFailed: ({ from, to, code, message }) => ({
    method: 'peer.error',
    params: { from, to, code, message },
  }),
  errorCode: (code) => {
    switch (code) {
      case ErrorCode.PEER_ID_TAKEN:
      case ErrorCode.ALREADY_ANNOUNCED:
        return ErrorCode.INVALID_PARAMS;
      case ErrorCode.NOT_ANNOUNCED:
        return ErrorCode.INVALID_REQUEST;
      default:
        return code;
    }
  },
};

/** A peer in the Rust server's list; `connected_at` is since when the asker knows of it. */
export function listedPeer(
  { peer_id, capabilities, user_data }: WirePeerInfo,
  { self, selfSinceEpochMs, roster }: Surroundings,
): object {
  const since = peer_id === self?.peer_id ? selfSinceEpochMs : roster.get(peer_id)?.sinceEpochMs;
  const connected_at = Math.floor((since ?? selfSinceEpochMs) / 1_000);
  return { peer_id, capabilities, metadata: user_data, connected_at };
}
