import type { AbsCaptureTime, ReportBlockTimes } from '@rm/rtp-sync';

/** An RTP packet as the media code sees it, whichever backend carried it (RFC 3550 §5.1). */
export interface RtpPacket {
  readonly ssrc: number;
  readonly payloadType: number;
  /** 0…65535 */
  readonly sequenceNumber: number;
  /** 0…2³²−1, in ticks of the payload's clock rate. */
  readonly timestamp: number;
  readonly marker: boolean;
  /** Payload without header, extensions and padding. Valid until the handler returns; copy what you keep. */
  readonly payload: Uint8Array;
  /** What its `abs-capture-time` header extension says, if it has one. */
  readonly captureTime?: AbsCaptureTime | undefined;
  /** The 24 bits of its `abs-send-time` header extension, if it has one. */
  readonly sendTime?: number | undefined;
  /** The MID of its media section, if it says so (RFC 8843 §15). */
  readonly mid?: string | undefined;
}

/** An RTCP sender report's sender information (RFC 3550 §6.4.1). */
export interface SenderReport {
  readonly ssrc: number;
  /** Seconds since 1900-01-01, modulo 2³². */
  readonly ntpSeconds: number;
  /** Fraction of a second in units of 2⁻³². */
  readonly ntpFraction: number;
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
  /** What the block about our stream that came with it says of our own reports, if there was one. */
  readonly echo?: ReportBlockTimes | undefined;
}
