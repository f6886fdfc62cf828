import type { ClientCall, ClientParams, HubParams, WirePeerInfo } from '../messages/index.js';
import type { EngineEvent } from './engine-io.js';
import type { IceCandidate, PeerConnectionStates, PeerInfo, SessionDescription } from './types.js';

export const peerInfoFrom = (wire: WirePeerInfo): PeerInfo => ({
  peerId: wire.peer_id,
  capabilities: wire.capabilities,
  userData: wire.user_data,
});

const candidateFrom = (wire: ClientParams<'peer.ice_candidate'>): IceCandidate => ({
  candidate: wire.candidate,
  sdpMLineIndex: wire.sdp_m_line_index,
  sdpMid: wire.sdp_mid,
  usernameFragment: wire.user_fragment ?? null,
});

export const candidateParams = (
  to: string,
  candidate: IceCandidate,
): HubParams<'peer.ice_candidate'> => ({
  to,
  candidate: candidate.candidate,
  sdp_m_line_index: candidate.sdpMLineIndex,
  sdp_mid: candidate.sdpMid,
  user_fragment: candidate.usernameFragment ?? null,
});

const statesFrom = (wire: ClientParams<'peer.state_changed'>): PeerConnectionStates => ({
  connectionState: wire.connection_state,
  iceConnectionState: wire.ice_connection_state,
  iceGatheringState: wire.ice_gathering_state,
  signalingState: wire.signaling_state,
});

export const statesParams = (
  to: string,
  states: PeerConnectionStates,
): HubParams<'peer.state_changed'> => ({
  to,
  connection_state: states.connectionState,
  ice_connection_state: states.iceConnectionState,
  ice_gathering_state: states.iceGatheringState,
  signaling_state: states.signalingState,
});

interface WireDescription {
  readonly sdp: string;
  readonly can_trickle_ice_candidates: boolean;
}

export const descriptionFrom = (wire: WireDescription): SessionDescription => ({
  sdp: wire.sdp,
  canTrickle: wire.can_trickle_ice_candidates,
});

export const descriptionParams = (
  description: SessionDescription,
  requestId: string,
): WireDescription & { request_id: string } => ({
  sdp: description.sdp,
  can_trickle_ice_candidates: description.canTrickle,
  request_id: requestId,
});

/** A received call that is an event and nothing else. */
type PlainCall = Exclude<
  ClientCall,
  { readonly method: 'peer.offer' | 'peer.announced' | 'peer.left' | 'server.draining' }
>;

/** The event that a received call amounts to. */
export function eventFrom(call: PlainCall): EngineEvent {
  switch (call.method) {
    case 'peer.ice_candidate': {
      const event = { from: call.params.from, candidate: candidateFrom(call.params) };
      return { kind: 'event', name: 'candidate', event };
    }
    case 'peer.state_changed': {
      const event = { from: call.params.from, states: statesFrom(call.params) };
      return { kind: 'event', name: 'state-changed', event };
    }
    case 'peer.disconnect': {
      const { from, reason } = call.params;
      return { kind: 'event', name: 'disconnect', event: { from, reason } };
    }
    case 'server.ice_servers':
      return iceServersEvent(call.params);
  }
}

export const iceServersEvent = ({
  ice_servers: iceServers,
  ttl_seconds: ttlSeconds,
}: ClientParams<'server.ice_servers'>): EngineEvent => ({
  kind: 'event',
  name: 'ice-servers',
  event: { iceServers, ttlSeconds },
});
