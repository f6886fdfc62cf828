export { KeyFrameDemand } from './key-frame-demand.js';
export { KeyFrameRequests } from './key-frame-requests.js';
export type { KeyFrameFeedback } from './key-frame-requests.js';
export { NackGenerator } from './nack-generator.js';
export type {
  ArrivalVerdict,
  NackDecision,
  NackOptions,
  NackStatistics,
} from './nack-generator.js';
export { SDES_CNAME } from './packet.js';
export type {
  ByePacket,
  FeedbackPacket,
  FirEntry,
  FirPacket,
  NackPacket,
  PliPacket,
  ReceiverReportPacket,
  ReceptionReport,
  RembPacket,
  RtcpPacket,
  SenderReportPacket,
  SourceDescriptionChunk,
  SourceDescriptionItem,
  SourceDescriptionPacket,
  UnknownRtcpPacket,
} from './packet.js';
export { parseCompound } from './parse-compound.js';
export type { ParsedCompound, RtcpFault } from './parse-compound.js';
export type { ReceivedPacket } from './receiver-reports.js';
export { RetransmissionHistory } from './retransmission-history.js';
export type { RetransmissionOptions, RetransmissionStatistics } from './retransmission-history.js';
export { RtcpSession } from './rtcp-session.js';
export type { RtcpSessionOptions, RtcpSessionStatistics } from './rtcp-session.js';
export { RtxSender, unwrapRtx } from './rtx.js';
export type { RtxStream } from './rtx.js';
export type { SentPacket } from './sender-reports.js';
export { RtcpFormatError, writeCompound } from './write-compound.js';
