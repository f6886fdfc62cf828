export { ABS_SEND_TIME_URI, AbsSendTimeClock, absSendTime } from './abs-send-time.js';
export { BandwidthEstimator } from './bandwidth-estimator.js';
export type { BandwidthEstimate, MeasuredPacket } from './bandwidth-estimator.js';
export { Pacer } from './pacer.js';
export type { PacerOptions, PacerStatistics } from './pacer.js';
export type { RateBounds } from './rate-control.js';
export { SendRate } from './send-rate.js';
