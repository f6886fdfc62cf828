import type { TransportStates } from '../transport.js';
import type { DtlsAssociation } from './dtls-association.js';
import type { IceSession } from './ice-session.js';

/** The states of a closed transport. */
export const CLOSED_STATES: TransportStates = {
  connection: 'closed',
  iceConnection: 'closed',
  iceGathering: 'complete',
};

/** Without a pair in use, a restart that checks decides. */
const iceState = (
  present: IceSession | undefined,
  next: IceSession | undefined,
): IceSession['state'] => {
  const state = present?.state ?? 'new';
  const restarts = next !== undefined && next.state !== 'new' && state !== 'connected';
  return restarts ? next.state : state;
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

/** The states of an open transport, whose ICE may be restarting. */
export const readStates = (
  present: IceSession | undefined,
  next: IceSession | undefined,
  dtls: DtlsAssociation,
): TransportStates => {
  const ice = iceState(present, next);
  return {
    connection: connectionState(ice, dtls.state),
    iceConnection: ice,
    iceGathering: (next ?? present)?.gathering ?? 'new',
  };
};

export const sameStates = (a: TransportStates, b: TransportStates): boolean =>
  a.connection === b.connection &&
  a.iceConnection === b.iceConnection &&
  a.iceGathering === b.iceGathering;
