import type { Micros } from '@rm/rtp-sync';
import type { CaptureFault } from '@rm/webrtc-peer';

/** What one UDP datagram carried, as captured. */
export interface Datagram {
  /** When it was captured, in µs on the clock of the capture. */
  readonly arrival: Micros;
  /** From where to where, `A:PORT>B:PORT`; empty where the format does not tell. */
  readonly flow: string;
  /** What was captured of it: a view into the file. */
  readonly bytes: Uint8Array;
  /** Its length on the network, more than `bytes` where the capture is cut to headers. */
  readonly length: number;
  /** Whether it is RTP or RTCP, where the format tells; otherwise its bytes do. */
  readonly kind?: 'rtp' | 'rtcp';
}

/** Why something in a capture could not be looked into. */
export type SkipReason =
  | 'link type not known'
  | 'not IP'
  | 'not UDP'
  | 'IP fragment'
  | 'cut within its headers'
  | 'malformed'
  | 'no time of arrival';

/** Is told what was skipped. */
export type Skip = (reason: SkipReason) => void;

/** Reads the datagrams of a capture; returns where it had to end early, if it had to. */
export type DatagramReader = Generator<Datagram, CaptureFault | undefined>;
