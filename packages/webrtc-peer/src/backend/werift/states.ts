import type { RTCDtlsTransport, RTCPeerConnection } from 'werift';
import type { TransportStates } from '../transport.js';

/** The states of a closed transport. */
export const CLOSED_STATES: TransportStates = {
  connection: 'closed',
  iceConnection: 'closed',
  iceGathering: 'complete',
  signaling: 'closed',
};

/** werift calls ICE "completed" when gathering is over, so the nominated pair decides instead. */
const iceConnection = (
  pc: RTCPeerConnection,
  dtls: RTCDtlsTransport,
): TransportStates['iceConnection'] => {
  const ice = dtls.iceTransport;
  if (ice.state === 'failed' || ice.state === 'disconnected') return ice.state;
  if (ice.connection.nominated !== undefined) return 'connected';
  return ice.state === 'checking' || pc.connectionState === 'connecting' ? 'checking' : 'new';
};

/** RTCPeerConnectionState as W3C WebRTC §4.3.3 derives it from ICE and DTLS; werift's waits for SCTP too. */
const connection = (
  pc: RTCPeerConnection,
  dtls: RTCDtlsTransport,
  ice: TransportStates['iceConnection'],
): TransportStates['connection'] => {
  if (pc.connectionState === 'failed' || ice === 'failed' || dtls.state === 'failed')
    return 'failed';
  // The other side ended DTLS. Nothing was closed here; ICE fails later, when consent expires.
  if (dtls.state === 'closed' || ice === 'disconnected') return 'disconnected';
  if (dtls.state === 'connected' && ice === 'connected') return 'connected';
  return ice === 'new' && dtls.state === 'new' ? 'new' : 'connecting';
};

/** Reads the four states off an open peer connection. */
export const readStates = (pc: RTCPeerConnection, dtls: RTCDtlsTransport): TransportStates => {
  const ice = iceConnection(pc, dtls);
  return {
    connection: connection(pc, dtls, ice),
    iceConnection: ice,
    iceGathering: pc.iceGatheringState,
    signaling: pc.signalingState,
  };
};

export const sameStates = (a: TransportStates, b: TransportStates): boolean =>
  a.connection === b.connection &&
  a.iceConnection === b.iceConnection &&
  a.iceGathering === b.iceGathering &&
  a.signaling === b.signaling;
