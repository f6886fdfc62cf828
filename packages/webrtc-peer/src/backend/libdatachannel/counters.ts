import type { CandidateFault } from '../candidate.js';

/** What a transport did not carry, counted by reason since it was made. */
export interface TransportCounters {
  /** Remote candidates not used. */
  readonly candidatesIgnored: Record<CandidateFault | 'duplicate' | 'stale' | 'too-many', number>;
  /** RTP and RTCP packets refused as there was no connection, or as they were none. */
  packetsRefused: number;
  /** RTP and RTCP packets that libdatachannel did not send, such as one far behind its stream. */
  packetsFailed: number;
  /** Packets received that are none. */
  packetsDiscarded: number;
  /** Messages refused by `send` of a data channel. */
  readonly messagesRefused: Record<'not-open' | 'too-large' | 'queue-full', number>;
  /** Messages accepted and lost because the channel closed before they left. */
  messagesLost: number;
}

export const newCounters = (): TransportCounters => ({
  candidatesIgnored: {
    malformed: 0,
    component: 0,
    protocol: 0,
    address: 0,
    port: 0,
    type: 0,
    duplicate: 0,
    stale: 0,
    'too-many': 0,
  },
  packetsRefused: 0,
  packetsFailed: 0,
  packetsDiscarded: 0,
  messagesRefused: { 'not-open': 0, 'too-large': 0, 'queue-full': 0 },
  messagesLost: 0,
});
