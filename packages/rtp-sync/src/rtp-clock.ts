import { type NtpTime, isNtpTime, unixFromNtp } from './ntp.js';
import { ReportLine } from './report-line.js';
import { type Micros, micros } from './time.js';
import { nearestDelta, timestampDelta } from './wrap.js';

/** Reports the line rests on at most: four minutes at one a second average out what a sloppy sender adds. */
const WINDOW = 240;
/** So many of the newest reports tell whether the line still holds; when it does not, only they stay. */
const RECENT = 8;
/** Standard deviations from which a report is not believed, and from which the newest ones' mean is off the line. */
const OUTLIER = 5;
const OFF_LINE = 4;
/** Less than this is never an outlier; more than that, however long nothing has been heard, always is. */
const TOLERANCE = 100;
const MAX_TOLERANCE = 50_000;
/** So many refused reports in a row that agree among themselves are a step of the sender's clock. */
const STEP_REPORTS = 3;
/** They agree within this, plus the drift of a clock. */
const STEP_AGREEMENT = 30_000;
const MAX_DRIFT = 1000e-6;

/**
 * Maps RTP timestamps of one stream to the sender's wall clock, by its RTCP sender reports
 * (RFC 3550 §6.4.1).
 *
 * A line through the reports of the last minutes averages out what the sender does not stamp exactly, and follows
 * its media clock's drift. A report far off the line is refused; three such in a row that agree are a step of the
 * sender's clock, and the mapping begins anew with them. When the newest reports leave the line slowly (a clock
 * being slewed), older ones are forgotten. Reports may be lost, repeated or late.
 */
export class RtpClock {
  readonly #clockRate: number;
  readonly #line = new ReportLine();
  /** The same without the newest reports. */
  readonly #earlier = new ReportLine();
  /** Reports in use: media time since `#originTicks`, and the wall clock's lead over it since `#originUnix`. */
  readonly #media = new Float64Array(WINDOW);
  readonly #lead = new Float64Array(WINDOW);
  #size = 0;
  #originUnix = 0;
  /** The newest report in use; its ticks count from the origin and do not wrap. */
  #newest = { rtpTimestamp: 0, ticks: 0, unix: 0 };
  /** Reports refused since the last one that fitted. */
  readonly #refused: { readonly rtpTimestamp: number; readonly unix: number }[] = [];
  #outliers = 0;
  #steps = 0;

  /**
   * @param clockRate - RTP clock rate of the stream in Hz (48000 for Opus, 90000 for video).
   * @throws RangeError when it is not positive.
   */
  constructor(clockRate: number) {
    if (!(clockRate > 0)) throw new RangeError('clockRate must be a positive number of Hz');
    this.#clockRate = clockRate;
  }

  /** Reports refused because they were far off the line. */
  get reportsRefused(): number {
    return this.#outliers;
  }

  /** Times the mapping began anew because the sender's clock, or its timestamps, stepped. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Takes a sender report. Returns whether it is in use now: false, leaving the mapping as it was, for the all-zero
   * timestamp by which a sender says that it has no wall clock, for what is no NTP or RTP timestamp, for a report
   * that is not newer than the last, and for one far off the line.
   */
  update(ntp: NtpTime, rtpTimestamp: number): boolean {
    if (!isNtpTime(ntp) || (ntp.seconds === 0 && ntp.fraction === 0)) return false;
    if (rtpTimestamp !== rtpTimestamp >>> 0) return false;
    const unix = unixFromNtp(ntp);
    if (this.#size === 0) {
      this.#begin(unix, rtpTimestamp);
      return true;
    }
    const ticks = this.#ticksAt(unix, rtpTimestamp);
    const media = this.#micros(ticks);
    const lead = unix - this.#originUnix - media;
    const deviation = Math.hypot(this.#line.noise, this.#line.deviation(media));
    const allowed = Math.min(OUTLIER * deviation, MAX_TOLERANCE) + TOLERANCE;
    if (Math.abs(lead - this.#line.at(media)) > allowed) {
      this.#outliers++;
      return this.#isStep(unix, rtpTimestamp);
    }
    this.#refused.length = 0;
    if (ticks <= this.#newest.ticks) return false;
    this.#append(media, lead);
    this.#newest = { rtpTimestamp, ticks, unix };
    this.#fit();
    return true;
  }

  /**
   * Sender's wall clock, in microseconds since 1970, at `rtpTimestamp`, which lies within half the 32-bit range of
   * the newest report; undefined before the first report.
   */
  unixAt(rtpTimestamp: number): Micros | undefined {
    if (this.#size === 0) return undefined;
    const media = this.#mediaAt(rtpTimestamp);
    return micros(Math.round(this.#originUnix + media + this.#line.at(media)));
  }

  /**
   * How far {@link unixAt} can be off the line that the sender's reports scatter about, in 99.9 % of cases. It
   * grows with the distance from the reports. Undefined before the first report.
   */
  boundAt(rtpTimestamp: number): Micros | undefined {
    if (this.#size === 0) return undefined;
    return micros(Math.ceil(this.#line.bound(this.#mediaAt(rtpTimestamp))));
  }

  #begin(unix: number, rtpTimestamp: number): void {
    this.#originUnix = unix;
    this.#newest = { rtpTimestamp, ticks: 0, unix };
    this.#size = 0;
    this.#append(0, 0);
    this.#fit();
  }

  #append(media: number, lead: number): void {
    if (this.#size === WINDOW) this.#keepLast(WINDOW - 1);
    this.#media[this.#size] = media;
    this.#lead[this.#size++] = lead;
  }

  #keepLast(count: number): void {
    this.#media.copyWithin(0, this.#size - count, this.#size);
    this.#lead.copyWithin(0, this.#size - count, this.#size);
    this.#size = count;
  }

  #fit(): void {
    if (this.#hasLeftLine()) this.#keepLast(RECENT);
    this.#line.fit(this.#media, this.#lead, this.#size);
  }

  /** Whether the newest reports lie, in the mean, off the line through those before. */
  #hasLeftLine(): boolean {
    const earlier = this.#size - RECENT;
    if (earlier < RECENT) return false;
    this.#earlier.fit(this.#media, this.#lead, earlier);
    let media = 0;
    let off = 0;
    for (let i = earlier; i < this.#size; i++) {
      media += this.#media[i]! / RECENT;
      off += (this.#lead[i]! - this.#earlier.at(this.#media[i]!)) / RECENT;
    }
    const { noise } = this.#earlier;
    const deviation = Math.hypot(noise / Math.sqrt(RECENT), this.#earlier.deviation(media));
    return Math.abs(off) > OFF_LINE * deviation + TOLERANCE;
  }

  /** Keeps a report that is off the line; true when with the ones before it shows where the clock is now. */
  #isStep(unix: number, rtpTimestamp: number): boolean {
    const before = this.#refused.at(-1);
    if (before !== undefined) {
      const media = this.#micros(timestampDelta(rtpTimestamp, before.rtpTimestamp));
      const apart = Math.abs(unix - before.unix - media);
      if (media <= 0 || apart > STEP_AGREEMENT + media * MAX_DRIFT) this.#refused.length = 0;
    }
    this.#refused.push({ rtpTimestamp, unix });
    if (this.#refused.length < STEP_REPORTS) return false;
    this.#steps++;
    const [first, ...rest] = this.#refused.splice(0);
    this.#begin(first!.unix, first!.rtpTimestamp);
    for (const report of rest) {
      const ticks = this.#ticksAt(report.unix, report.rtpTimestamp);
      const media = this.#micros(ticks);
      this.#append(media, report.unix - this.#originUnix - media);
      this.#newest = { ...report, ticks };
    }
    this.#fit();
    return true;
  }

  /** Ticks since the origin; after a long silence the wall clock tells how often the timestamps have wrapped. */
  #ticksAt(unix: number, rtpTimestamp: number): number {
    const expected = ((unix - this.#newest.unix) * this.#clockRate) / 1e6;
    return this.#newest.ticks + nearestDelta(rtpTimestamp, this.#newest.rtpTimestamp, expected);
  }

  #mediaAt(rtpTimestamp: number): number {
    return this.#micros(
      this.#newest.ticks + timestampDelta(rtpTimestamp, this.#newest.rtpTimestamp),
    );
  }

  #micros(ticks: number): number {
    return (ticks * 1e6) / this.#clockRate;
  }
}
