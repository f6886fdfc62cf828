import type { CandidateFault } from './candidate.js';

/** What a transport did not carry, counted by reason since it was made. */
export interface TransportCounters {
  /** Remote candidates not used. */
  readonly candidatesIgnored: Record<CandidateFault | 'duplicate' | 'stale' | 'too-many', number>;
  /** Audio packets and sender reports refused because no connection was there to carry them. */
  packetsRefused: number;
  /** Messages refused by `sendMessage`. */
  readonly messagesRefused: Record<'not-open' | 'empty' | 'too-large' | 'queue-full', number>;
  /** Messages accepted and lost because the channel closed before they left. */
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
  packetsRefused: 0,
  messagesRefused: { 'not-open': 0, empty: 0, 'too-large': 0, 'queue-full': 0 },
  messagesLost: 0,
  malformedData: 0,
});
