import type { CandidateFault } from '../candidate.js';

/** What a transport did not carry, counted by reason since it was made. */
export interface TransportCounters {
  /** Remote candidates not used. */
  readonly candidatesIgnored: Record<CandidateFault | 'duplicate' | 'stale' | 'too-many', number>;
  /** Connectivity checks of those who do not know our password, or beyond what is taken. */
  checksIgnored: number;
  /** RTP and RTCP packets refused as there was no connection, or as they were none. */
  packetsRefused: number;
  /** Media datagrams received that failed authentication, came twice or were no packets. */
  packetsDiscarded: number;
  /** Messages refused by `send` of a data channel. */
  readonly messagesRefused: Record<'not-open' | 'too-large' | 'queue-full', number>;
  /** Messages accepted and lost because the channel closed, or their lifetime ended, before they left. */
  messagesLost: number;
  /** Incoming data-channel packets that broke the protocol. */
  malformedData: number;
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
  checksIgnored: 0,
  packetsRefused: 0,
  packetsDiscarded: 0,
  messagesRefused: { 'not-open': 0, 'too-large': 0, 'queue-full': 0 },
  messagesLost: 0,
  malformedData: 0,
});
