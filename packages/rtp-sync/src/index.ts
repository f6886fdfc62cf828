export { ArrivalModel } from './arrival-model.js';
export { ClockOffsetEstimator } from './clock-offset.js';
export type { ClockOffset, PingExchange } from './clock-offset.js';
export { AdaptiveDelayPolicy, FixedDelayPolicy } from './delay-policy.js';
export type { AdaptiveDelayOptions, DelayPolicy } from './delay-policy.js';
export { JitterBuffer } from './jitter-buffer.js';
export type {
  InsertResult,
  JitterBufferOptions,
  PlayoutDecision,
  StretchDecision,
} from './jitter-buffer.js';
export { compactNtp, ntpFromUnix, unixFromNtp } from './ntp.js';
export type { NtpTime } from './ntp.js';
export type { BufferedPacket } from './packet-buffer.js';
export type { PlayoutStatistics } from './playout-statistics.js';
export { ReceptionStatistics } from './reception-statistics.js';
export type { SequenceVerdict } from './reception-statistics.js';
export { RtpClock } from './rtp-clock.js';
export { micros, microsToTicks, millis, ticksToMicros } from './time.js';
export type { Micros } from './time.js';
export { Unwrapper, sequenceDelta, timestampDelta } from './wrap.js';
