import type { TransportStates } from '../transport.js';
import type { DtlsAssociation } from './dtls-association.js';
import type { IceSession } from './ice-session.js';
import type { IceSessions } from './ice-sessions.js';

/** The states of a closed transport. */
export const CLOSED_STATES: TransportStates = {
  connection: 'closed',
  iceConnection: 'closed',
  iceGathering: 'complete',
};

/** RTCPeerConnectionState as W3C WebRTC §4.3.3 derives it from ICE and DTLS. */
const connectionState = (
  ice: IceSession['state'],
  dtls: DtlsAssociation['state'],
): TransportStates['connection'] => {
  if (ice === 'failed' || dtls === 'failed') return 'failed';
  // The other side ended DTLS. Nothing was closed here; ICE fails later, when consent expires.
  if (dtls === 'closed') return 'disconnected';
  if (dtls === 'connected' && ice === 'connected') return 'connected';
  return ice === 'new' && dtls === 'new' ? 'new' : 'connecting';
};

/** The states of an open transport. */
export const readStates = (
  { state, gathering }: Pick<IceSessions, 'state' | 'gathering'>,
  dtls: DtlsAssociation,
): TransportStates => ({
  connection: connectionState(state, dtls.state),
  iceConnection: state,
  iceGathering: gathering,
});

export const sameStates = (a: TransportStates, b: TransportStates): boolean =>
  a.connection === b.connection &&
  a.iceConnection === b.iceConnection &&
  a.iceGathering === b.iceGathering;
