import type { NtpTime } from '@rm/rtp-sync';

/** How one stream is received, as a report block says it on the wire (RFC 3550 §6.4.1). */
export interface ReceptionReport {
  /** The stream that is reported on. */
  readonly ssrc: number;
  /** Loss since the previous report in 1/256, 0…255. */
  readonly fractionLost: number;
  /** Packets lost since the beginning, −2²³…2²³−1; negative when duplicates outnumber losses. */
  readonly cumulativeLost: number;
  /** Highest sequence number received, with the count of its cycles in the upper 16 bits. */
  readonly extendedHighestSequence: number;
  /** Interarrival jitter in ticks of the stream's clock rate. */
  readonly jitter: number;
  /** LSR: middle 32 bits of the NTP timestamp of the last sender report; 0 for none. */
  readonly lastSenderReport: number;
  /** DLSR: time from its arrival to this block, in 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
}

/** SR (RFC 3550 §6.4.1). */
export interface SenderReportPacket {
  readonly type: 'sender-report';
  readonly ssrc: number;
  /** When the report was made, on the sender's wall clock. */
  readonly ntp: NtpTime;
  /** The same instant on the stream's RTP clock. */
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  /** Payload bytes, without headers and padding. */
  readonly octetCount: number;
  /** At most 31. */
  readonly reports: readonly ReceptionReport[];
}

/** RR (RFC 3550 §6.4.2). */
export interface ReceiverReportPacket {
  readonly type: 'receiver-report';
  readonly ssrc: number;
  /** At most 31. */
  readonly reports: readonly ReceptionReport[];
}

/** What a source says of itself, of {@link SDES_CNAME} and other types (RFC 3550 §6.5). */
export interface SourceDescriptionItem {
  /** 1…255 */
  readonly kind: number;
  /** At most 255 bytes of UTF-8. */
  readonly text: string;
}

/** The items of one source. */
export interface SourceDescriptionChunk {
  readonly ssrc: number;
  readonly items: readonly SourceDescriptionItem[];
}

/** SDES (RFC 3550 §6.5). */
export interface SourceDescriptionPacket {
  readonly type: 'source-description';
  /** At most 31. */
  readonly chunks: readonly SourceDescriptionChunk[];
}

/** BYE (RFC 3550 §6.6). */
export interface ByePacket {
  readonly type: 'bye';
  /** At most 31. */
  readonly ssrcs: readonly number[];
  readonly reason?: string;
}

/** Generic NACK: packets that are asked for again (RFC 4585 §6.2.1). */
export interface NackPacket {
  readonly type: 'nack';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** 0…65535 each, in the order of the stream. */
  readonly sequences: readonly number[];
}

/** Picture Loss Indication: a key frame is asked for (RFC 4585 §6.3.1). */
export interface PliPacket {
  readonly type: 'pli';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
}

/** One request of a {@link FirPacket}. */
export interface FirEntry {
  readonly ssrc: number;
  /** 0…255; another number is another request, the same one a repetition. */
  readonly sequence: number;
}

/** Full Intra Request: a key frame is asked for by number (RFC 5104 §4.3.1). */
export interface FirPacket {
  readonly type: 'fir';
  readonly senderSsrc: number;
  readonly entries: readonly FirEntry[];
}

/** Receiver Estimated Maximum Bitrate (draft-alvestrand-rmcat-remb-03 §2.2). */
export interface RembPacket {
  readonly type: 'remb';
  readonly senderSsrc: number;
  /** Bits per second of all `ssrcs` together; 18 significant bits, the rest rounded down. */
  readonly bitrate: number;
  /** At most 255. */
  readonly ssrcs: readonly number[];
}

/** A packet of a type or format not listed here, kept as it came. */
export interface UnknownRtcpPacket {
  readonly type: 'unknown';
  /** 0…255 */
  readonly payloadType: number;
  /** The five bits after version and padding: a count or a format. */
  readonly count: number;
  /** What follows the header, a multiple of 4 bytes, without padding. */
  readonly body: Uint8Array;
}

/** A feedback packet that a receiver of media sends as soon as it has something to say. */
export type FeedbackPacket = NackPacket | PliPacket | FirPacket | RembPacket;

/** Any packet of an RTCP compound. */
export type RtcpPacket =
  | SenderReportPacket
  | ReceiverReportPacket
  | SourceDescriptionPacket
  | ByePacket
  | FeedbackPacket
  | UnknownRtcpPacket;

/** SDES item type of the canonical name (RFC 3550 §6.5.1). */
export const SDES_CNAME = 1;

/** RTCP packet types (RFC 3550 §12.1, RFC 4585 §6.1). */
export const PayloadType = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  bye: 203,
  transportFeedback: 205,
  payloadFeedback: 206,
} as const;

/** Formats of transport and payload-specific feedback (RFC 4585 §6.2 and §6.3, RFC 5104 §4.3). */
export const FeedbackFormat = { nack: 1, pli: 1, fir: 4, application: 15 } as const;

/** Report blocks, chunks or sources that the five bits of a header can count. */
export const MAX_COUNT = 31;
