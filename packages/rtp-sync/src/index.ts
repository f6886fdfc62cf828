export {
  ABS_CAPTURE_TIME_URI,
  parseAbsCaptureTime,
  writeAbsCaptureTime,
} from './abs-capture-time.js';
export type { AbsCaptureTime, AbsCaptureTimeResult } from './abs-capture-time.js';
export { ArrivalModel } from './arrival-model.js';
export { SenderReportClock } from './capture-clock.js';
export type { CaptureClock, CaptureTime, CaptureClockOptions } from './capture-clock.js';
export { CaptureTimeClock } from './capture-time-clock.js';
export { CaptureTimeReceiver, CaptureTimeSender } from './capture-time-stream.js';
export { ClockDriftEstimator } from './clock-drift.js';
export { ClockOffsetEstimator } from './clock-offset.js';
export type { ClockOffset, PingExchange, RoundTripStatistics } from './clock-offset.js';
export { AdaptiveDelayPolicy } from './delay-policy-adaptive.js';
export type { AdaptiveDelayOptions } from './delay-policy-adaptive.js';
export { NetEqDelayPolicy } from './delay-policy-neteq.js';
export { FixedDelayPolicy } from './delay-policy.js';
export type { DelayPolicy } from './delay-policy.js';
export { JitterBuffer } from './jitter-buffer.js';
export type { JitterBufferOptions } from './jitter-buffer.js';
export { LipSync } from './lip-sync.js';
export type { LipSyncOptions } from './lip-sync.js';
export { compactNtp, ntpFromUnix, unixFromNtp } from './ntp.js';
export type { NtpTime } from './ntp.js';
export type { BufferedPacket, PacketTraits } from './packet-buffer.js';
export { PlayoutAlignment } from './playout-alignment.js';
export type { AlignedStream, PlayoutAlignmentOptions } from './playout-alignment.js';
export type { InsertResult, PlayoutDecision, StretchDecision } from './playout-decision.js';
export { estimatedPlayoutTimestamp } from './playout-timestamp.js';
export type { PlayoutStatistics } from './playout-statistics.js';
export { ReceptionStatistics } from './reception-statistics.js';
export type { ReceptionOptions, SequenceVerdict } from './reception-statistics.js';
export { reportExchange, reportRoundTrip } from './rtcp-round-trip.js';
export type { ReportBlockTimes } from './rtcp-round-trip.js';
export { RtpClock } from './rtp-clock.js';
export { SessionTimeline } from './session-timeline.js';
export type { SessionTimelineOptions, SessionTimelineStatistics } from './session-timeline.js';
export { SyncManager } from './sync-manager.js';
export type { StreamKind, SyncManagerOptions, SyncStatistics } from './sync-manager.js';
export { micros, microsToTicks, millis, ticksToMicros } from './time.js';
export type { Micros } from './time.js';
export type { AlignedFrame, TimelineSource, TimelineSourceStatistics } from './timeline-source.js';
export { VideoTimeline } from './video-timeline.js';
export type { TimedVideoFrame, VideoTimelineStatistics } from './video-timeline.js';
export { Unwrapper, sequenceDelta, timestampDelta } from './wrap.js';
