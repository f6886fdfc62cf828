import type { Micros } from '@rm/rtp-sync';

/** How much longer two groups of packets were apart when they arrived than when they were sent. */
export interface GroupDelta {
  /** Between the last packets of the two groups as they were sent; positive. */
  readonly sent: number;
  /** The same as they arrived. */
  readonly arrived: number;
  /** Arrival of the later group's last packet. */
  readonly arrival: Micros;
}

interface Group {
  readonly firstSent: number;
  lastSent: number;
  readonly firstArrival: number;
  lastArrival: number;
}

/** Packets sent within this time are a burst: one group (draft-ietf-rmcat-gcc-02 §5.2). */
const BURST = 5000;
/** Packets that arrive at once were held together on the way, for as long as this at most. */
const MAX_BURST = 100_000;
/** Clocks or paths that jumped by this are begun anew. */
const MAX_STEP = 3_000_000;

/**
 * Gathers packets into groups that were sent, or let through by the network, in a burst, as delays within a burst say
 * nothing of the path's queue (draft-ietf-rmcat-gcc-02 §5.2).
 */
export class ArrivalGroups {
  #current: Group | undefined;
  #previous: Group | undefined;

  /** Takes a packet in order of arrival; gives the difference between the two groups that are now complete. */
  add(sent: Micros, arrival: Micros): GroupDelta | undefined {
    const current = this.#current;
    if (!current || this.#jumped(current, sent, arrival)) {
      this.#previous = undefined;
      this.#current = groupOf(sent, arrival);
      return undefined;
    }
    // sent before this group: out of order on the way, or a repetition with its first timestamp
    if (sent < current.firstSent) return undefined;
    if (this.#belongs(current, sent, arrival)) {
      current.lastSent = Math.max(current.lastSent, sent);
      current.lastArrival = arrival;
      return undefined;
    }
    const previous = this.#previous;
    this.#previous = current;
    this.#current = groupOf(sent, arrival);
    if (!previous) return undefined;
    return {
      sent: current.lastSent - previous.lastSent,
      arrived: current.lastArrival - previous.lastArrival,
      arrival: current.lastArrival as Micros,
    };
  }

  #belongs(group: Group, sent: number, arrival: number): boolean {
    if (sent - group.firstSent <= BURST) return true;
    const slower = arrival - group.lastArrival - (sent - group.lastSent);
    return (
      slower < 0 && arrival - group.lastArrival <= BURST && arrival - group.firstArrival < MAX_BURST
    );
  }

  #jumped(group: Group, sent: number, arrival: number): boolean {
    const arrived = arrival - group.lastArrival;
    return arrived < 0 || arrived > MAX_STEP || Math.abs(sent - group.lastSent) > MAX_STEP;
  }
}

const groupOf = (sent: number, arrival: number): Group => ({
  firstSent: sent,
  lastSent: sent,
  firstArrival: arrival,
  lastArrival: arrival,
});
