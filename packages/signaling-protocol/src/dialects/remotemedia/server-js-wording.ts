import { ErrorCode } from '../../error-codes.js';
import type { Wording } from './wording.js';

/** The shapes of the example server `server.js` of the SDK: methods without a prefix. */
export const SERVER_JS: Wording = {
  announced: ({ peers }, { peer_id }) => ({
    peer_id,
    peers_count: peers.length + 1,
    other_peers: peers.map((peer) => peer.peer_id),
  }),
  listed: (result, { self }) => {
    const peers = [...result.peers, ...(self === undefined ? [] : [self])].map(
      ({ peer_id, capabilities }) => ({
        peer_id,
        capabilities,
        state: 'available',
      }),
    );
    return { peers, count: peers.length };
  },
  // It has no such method; a client that asks for it has it from the Rust server.
  info: (_, { hostname, addresses }) => ({
    addresses: addresses.map((ip, i) => ({ ip, is_default: i === 0 })),
    hostname,
  }),
  offerTaken: (to, offerId) => ({ offer_id: offerId, to_peer_id: to }),
  passedOn: (to) => ({ to_peer_id: to }),
  disconnected: (peerId) => ({ peer_id: peerId }),
  notices: ({ method, params }) => {
    switch (method) {
      case 'peer.announced': {
        const { peer_id, capabilities } = params;
        return [{ method: 'peer_joined', params: { peer_id, capabilities } }];
      }
      case 'peer.left':
        return [{ method: 'peer_left', params: { peer_id: params.peer_id } }];
      case 'peer.ice_candidate': {
        const { from, candidate, sdp_mid, sdp_m_line_index } = params;
        const where = { sdp_mid, sdp_mline_index: sdp_m_line_index };
        return [{ method: 'ice_candidate', params: { from_peer_id: from, candidate, ...where } }];
      }
      case 'peer.disconnect':
        return [{ method: 'peer_disconnected', params: { peer_id: params.from } }];
      case 'peer.state_changed':
      case 'server.ice_servers':
      case 'server.draining':
        return [];
    }
  },
  offer: ({ from, sdp, request_id }) => ({
    method: 'offer',
    params: { from_peer_id: from, offer_id: request_id, sdp, type: 'offer' },
  }),
  answer: (from, _, sdp) => ({
    method: 'answer',
    params: { from_peer_id: from, sdp, type: 'answer' },
  }),
  offerFailed: ({ from, offerId, code, message }) => ({
    method: 'error',
    params: { from_peer_id: from, offer_id: offerId, code, message },
  }),
  errorCode: (code) => {
    switch (code) {
      case ErrorCode.PEER_ID_TAKEN:
      case ErrorCode.ALREADY_ANNOUNCED:
      case ErrorCode.NOT_ANNOUNCED:
        return ErrorCode.PEER_NOT_FOUND;
      default:
        return code;
    }
  },
};
