import type { AudioPathReport } from '@rm/codecs';
import { type Micros, micros } from '@rm/rtp-sync';

/** A report counts for so long, and is acted upon so often at most. */
const MAX_AGE = 5_000_000;
const INTERVAL = 1_000_000;

/** Gathers what several receivers report of one stream, which is encoded for the worst of them. */
export class PathReports {
  readonly #latest = new Map<string, { readonly report: AudioPathReport; readonly at: Micros }>();
  #next = Number.NEGATIVE_INFINITY;

  /** Takes the report of one receiver; once a second gives the worst of all, piece by piece. */
  add(receiver: string, report: AudioPathReport, now: Micros): AudioPathReport | undefined {
    this.#latest.set(receiver, { report, at: now });
    if (now < this.#next) return undefined;
    this.#next = now + INTERVAL;
    let fractionLost = 0;
    let roundTrip: number | undefined;
    let bandwidth: number | undefined;
    for (const [id, { report: each, at }] of this.#latest) {
      if (now - at > MAX_AGE) {
        this.#latest.delete(id);
        continue;
      }
      fractionLost = Math.max(fractionLost, each.fractionLost);
      if (each.roundTrip !== undefined) roundTrip = Math.max(roundTrip ?? 0, each.roundTrip);
      if (each.bandwidth !== undefined)
        bandwidth = Math.min(bandwidth ?? Number.POSITIVE_INFINITY, each.bandwidth);
    }
    return {
      fractionLost,
      roundTrip: roundTrip === undefined ? undefined : micros(roundTrip),
      bandwidth,
    };
  }
}
