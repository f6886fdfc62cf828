import type { BufferedPacket } from './packet-buffer.js';

/** What became of an inserted packet. */
export type InsertResult = 'accepted' | 'duplicate' | 'late' | 'invalid';

/** What to do to get the next samples. The object is reused: read it before the next call. */
export type PlayoutDecision =
  /** Decode `packet`. Its payload is readable until the next insert. */
  | { readonly op: 'decode'; readonly packet: BufferedPacket }
  /** Recover the `ticks` that come right before `packet` from it. Its payload is readable until the next insert. */
  | { readonly op: 'recover'; readonly packet: BufferedPacket; readonly ticks: number }
  /** Let the decoder conceal `ticks`. */
  | { readonly op: 'conceal'; readonly ticks: number }
  /** Play `ticks` of background noise: the sender paused. */
  | { readonly op: 'comfort-noise'; readonly ticks: number }
  /** Play silence for `ticks`: nothing has begun yet, or nothing has come for long. */
  | { readonly op: 'silence'; readonly ticks: number };

/** Whether the samples at hand should be shortened or lengthened to approach the target delay. */
export type StretchDecision = 'accelerate' | 'decelerate' | 'none';
