import type { AudioPathReport } from '@rm/codecs';
import { type Micros, micros } from '@rm/rtp-sync';

/** A report counts for so long, and is acted upon so often at most. */
const MAX_AGE = 5_000_000;
const INTERVAL = 400_000;

interface Path {
  report: AudioPathReport;
  at: Micros;
  /** Time that `report.fractionLost` is over, in µs. */
  over: number;
  /** Whether it was acted upon. */
  used: boolean;
}

/** Gathers what several receivers report of one stream, which is encoded for the worst of them. */
export class PathReports {
  readonly #paths = new Map<string, Path>();
  #next = Number.NEGATIVE_INFINITY;

  /**
   * Takes the report of one receiver; at most every 0.4 s gives the worst of all, piece by piece. Nothing is lost of
   * what was told between: losses are those of the whole time since the last.
   */
  add(receiver: string, report: AudioPathReport, now: Micros): AudioPathReport | undefined {
    this.#take(receiver, report, now);
    if (now < this.#next) return undefined;
    this.#next = now + INTERVAL;
    let fractionLost = 0;
    let roundTrip: number | undefined;
    let bandwidth: number | undefined;
    for (const [id, path] of this.#paths) {
      if (now - path.at > MAX_AGE) {
        this.#paths.delete(id);
        continue;
      }
      path.used = true;
      const { report: each } = path;
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

  #take(receiver: string, report: AudioPathReport, now: Micros): void {
    const known = this.#paths.get(receiver);
    const over = Math.min(MAX_AGE, known === undefined ? INTERVAL : now - known.at);
    if (known === undefined || known.used) {
      this.#paths.set(receiver, { report, at: now, over, used: false });
      return;
    }
    const sum = known.over + over;
    const before = known.report.fractionLost;
    const fractionLost =
      sum > 0 ? (before * known.over + report.fractionLost * over) / sum : report.fractionLost;
    Object.assign(known, { report: { ...report, fractionLost }, at: now, over: sum });
  }
}
