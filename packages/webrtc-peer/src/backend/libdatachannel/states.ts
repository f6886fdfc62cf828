import type { TransportStates } from '../transport.js';

/** The last that libdatachannel told of each of its states, by its words. */
export interface NativeStates {
  ice: string;
  gathering: string;
  /** Of the whole: DTLS and SCTP too. */
  connection: string;
  /** DTLS is done: the track can be sent on. */
  isTrackOpen: boolean;
}

/** The states of a closed transport. */
export const CLOSED_STATES: TransportStates = {
  connection: 'closed',
  iceConnection: 'closed',
  iceGathering: 'complete',
};

const iceState = ({ ice, connection }: NativeStates): TransportStates['iceConnection'] => {
  // It closes itself, with its sockets, when the other side left or the path broke, and cannot come back.
  if (connection === 'closed') return 'failed';
  switch (ice) {
    case 'checking':
    case 'connected':
    case 'completed':
    case 'disconnected':
    case 'failed':
      return ice;
    case 'closed':
      return 'disconnected';
    default:
      return 'new';
  }
};

/**
 * The states of a transport that is not closed here (W3C WebRTC §4.3.3). libdatachannel calls itself connected when
 * SCTP is too, which media need not wait for, nor those who have no data channels.
 */
export const readStates = (native: NativeStates): TransportStates => {
  const iceConnection = iceState(native);
  const isPath = iceConnection === 'connected' || iceConnection === 'completed';
  const connection = (): TransportStates['connection'] => {
    if (iceConnection === 'failed' || native.connection === 'failed') return 'failed';
    if (iceConnection === 'disconnected' || native.connection === 'disconnected')
      return 'disconnected';
    if (isPath && native.isTrackOpen) return 'connected';
    return iceConnection === 'new' ? 'new' : 'connecting';
  };
  const { gathering } = native;
  return {
    connection: connection(),
    iceConnection,
    iceGathering: gathering === 'complete' ? 'complete' : gathering === 'new' ? 'new' : 'gathering',
  };
};

export const sameStates = (a: TransportStates, b: TransportStates): boolean =>
  a.connection === b.connection &&
  a.iceConnection === b.iceConnection &&
  a.iceGathering === b.iceGathering;
