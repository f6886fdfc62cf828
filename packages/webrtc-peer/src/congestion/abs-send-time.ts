import { type Micros, micros } from '@rm/rtp-sync';

/** Name of the header extension in SDP. */
export const ABS_SEND_TIME_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';

const BITS = 24;
/** Fixed point 6.18: seconds modulo 64. */
const UNITS_PER_SECOND = 2 ** 18;

/** The 24 bits of the `abs-send-time` extension for a packet that leaves at `now`. */
export const absSendTime = (now: Micros): number =>
  Math.floor((now * UNITS_PER_SECOND) / 1e6) % 2 ** BITS;

/** Continues the 64 s circle of `abs-send-time` as a time in microseconds that does not wrap. */
export class AbsSendTimeClock {
  #latest: number | undefined;

  /** The send time of a packet on the sender's clock, of which only differences mean something. */
  timeOf(value: number): Micros {
    const latest = this.#latest ?? value;
    const units = latest + (((value - latest) << (32 - BITS)) >> (32 - BITS));
    this.#latest = units;
    return micros((units * 1e6) / UNITS_PER_SECOND);
  }
}
