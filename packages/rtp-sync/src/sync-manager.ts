import { type CaptureClock, type CaptureTime, SenderReportClock } from './capture-clock.js';
import type { ClockOffset } from './clock-offset.js';
import { LipSync } from './lip-sync.js';
import type { NtpTime } from './ntp.js';
import type { SessionTimeline } from './session-timeline.js';
import { type Micros, micros, ticksToMicros } from './time.js';
import type { TimelineSource, TimelineSourceStatistics } from './timeline-source.js';
import {
  type TimedVideoFrame,
  VideoTimeline,
  type VideoTimelineStatistics,
} from './video-timeline.js';

/** Which of a peer's two streams. */
export type StreamKind = 'audio' | 'video';

/** How a {@link SyncManager} is set up. */
export interface SyncManagerOptions<A> {
  /** Where the peer's sound meets that of the others. */
  readonly timeline: SessionTimeline<A>;
  /** Local wall clock, in microseconds since 1970, at time 0 of the local timeline. */
  readonly unixOrigin: Micros;
  /** The peer's wall clock against the local one at `nowUnix`, when known. */
  readonly clockOffset: (nowUnix: Micros) => ClockOffset | undefined;
  /** A better source of capture times than sender reports, which take its place where it knows nothing. */
  readonly captureClocks?: { readonly [K in StreamKind]?: CaptureClock };
  /** RTP clock rate of the audio stream in Hz, default 48000. */
  readonly audioClockRate?: number;
  /** RTP clock rate of the video stream in Hz, default 90000. */
  readonly videoClockRate?: number;
  /** Whether video will come: then the sound waits for it for up to 500 ms, to begin aligned. Default false. */
  readonly expectVideo?: boolean;
  /** Most decoded pictures held, default 32. */
  readonly videoCapacity?: number;
}

/** State of one peer's synchronization; durations in seconds. */
export interface SyncStatistics {
  readonly audio: TimelineSourceStatistics;
  readonly video: VideoTimelineStatistics;
  /** Delay added to the sound for the sake of the picture. */
  readonly audioExtraDelay: number;
  /** How much later the sound is than the picture, negative when the picture comes too late; absent while unknown. */
  readonly residual?: number;
  /** Corrections of the sound's delay made in one step. */
  readonly realignments: number;
}

/** The sound waits for an expected picture for so long. */
const START_GATE = 500_000;

/**
 * Keeps one peer's sound and picture in step with each other and with the other peers.
 *
 * Sound goes to the session timeline; pictures are held here and asked for by the capture time of the sound that
 * is played. So a picture that is early waits, and when pictures are late the sound is delayed.
 */
export class SyncManager<A, V> {
  readonly #audioClock: SenderReportClock;
  readonly #videoClock: SenderReportClock;
  readonly #captureClocks: { readonly [K in StreamKind]?: CaptureClock };
  readonly #audioClockRate: number;
  readonly #expectVideo: boolean;
  readonly #source: TimelineSource<A>;
  readonly #video: VideoTimeline<V>;
  readonly #lipSync = new LipSync();
  #heard = false;
  #closed = false;

  /** @throws RangeError for a clock rate or capacity that is not a positive integer. */
  constructor(options: SyncManagerOptions<A>) {
    const { timeline, audioClockRate = 48_000, videoClockRate = 90_000 } = options;
    for (const [name, value] of Object.entries({ audioClockRate, videoClockRate }))
      if (!Number.isInteger(value) || value <= 0)
        throw new RangeError(`${name} must be a positive integer of Hz, got ${value}`);
    this.#captureClocks = options.captureClocks ?? {};
    this.#audioClockRate = audioClockRate;
    this.#expectVideo = options.expectVideo ?? false;
    this.#audioClock = new SenderReportClock({ ...options, clockRate: audioClockRate });
    this.#videoClock = new SenderReportClock({ ...options, clockRate: videoClockRate });
    this.#video = new VideoTimeline(options.videoCapacity ?? 32);
    this.#source = timeline.join();
  }

  /** The peer's place on the session timeline, to tell its frames from those of others. */
  get source(): TimelineSource<A> {
    return this.#source;
  }

  /** Takes a sender report of one of the streams. Returns false, changing nothing, when it cannot be used. */
  updateNtpMapping(kind: StreamKind, ntp: NtpTime, rtpTimestamp: number): boolean {
    return this.#clock(kind).update(ntp, rtpTimestamp);
  }

  /** The peer's wall clock at `rtpTimestamp`, in microseconds since 1970; undefined before the first report. */
  rtpToWallclock(kind: StreamKind, rtpTimestamp: number): Micros | undefined {
    return this.#clock(kind).unixAt(rtpTimestamp);
  }

  /**
   * Takes decoded sound as it leaves the jitter buffer and puts it on the session timeline, which keeps a
   * reference to it.
   * @param rtpTimestamp - Timestamp of the first sample.
   * @param ticks - Length in ticks of the audio clock rate, positive.
   * @returns its capture time; undefined while the peer's clock is unknown. Reused by the next call.
   */
  processAudioFrame(
    rtpTimestamp: number,
    ticks: number,
    frame: A,
    now: Micros,
  ): CaptureTime | undefined {
    const capture = this.#captureAt('audio', rtpTimestamp, now);
    if (!this.#heard && this.#expectVideo) this.#source.holdUntil(micros(now + START_GATE));
    this.#heard = true;
    this.#source.push(frame, ticksToMicros(ticks, this.#audioClockRate), capture, now);
    this.#align(now);
    return capture;
  }

  /**
   * Takes a decoded picture and holds it until a later one is due.
   * @returns its capture time; undefined while the peer's clock is unknown. Reused by the next call.
   */
  processVideoFrame(rtpTimestamp: number, frame: V, now: Micros): CaptureTime | undefined {
    const capture = this.#captureAt('video', rtpTimestamp, now);
    if (!this.#closed) this.#video.push(frame, capture, now);
    return capture;
  }

  /**
   * The picture due at `instant` on the local timeline, which is the capture time of the sound played at `now`;
   * undefined before the first. Instants must not decrease.
   */
  getVideoFrameAtTime(instant: Micros, now: Micros): TimedVideoFrame<V> | undefined {
    return this.#video.at(instant, now);
  }

  /** Forgets one of the streams, as another SSRC takes its place; counters go on. */
  resetSync(kind: StreamKind): void {
    this.#clock(kind).reset();
    if (kind === 'video') {
      // The sound goes on, at its delay: the new pictures will need much the same.
      this.#video.reset();
      return;
    }
    this.#source.reset();
    this.#lipSync.reset();
    this.#heard = false;
  }

  statistics(): SyncStatistics {
    const { residual } = this.#lipSync;
    return {
      audio: this.#source.statistics(),
      video: this.#video.statistics(),
      audioExtraDelay: this.#lipSync.audioDelay / 1e6,
      ...(residual !== undefined && { residual: residual / 1e6 }),
      realignments: this.#lipSync.realignments,
    };
  }

  /** Leaves the session timeline and lets go of all frames. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#video.reset();
    this.#source.close();
  }

  #captureAt(kind: StreamKind, rtpTimestamp: number, now: Micros): CaptureTime | undefined {
    return (
      this.#captureClocks[kind]?.captureAt(rtpTimestamp, now) ??
      this.#clock(kind).captureAt(rtpTimestamp, now)
    );
  }

  #clock(kind: StreamKind): SenderReportClock {
    return kind === 'audio' ? this.#audioClock : this.#videoClock;
  }

  #align(now: Micros): void {
    const audio = this.#source.baseDelay;
    const video = this.#video.requiredDelay(now);
    this.#source.requireDelay(video ?? micros(0));
    if (audio === undefined) return;
    if (video === undefined && this.#lipSync.audioDelay === 0) {
      this.#lipSync.reset();
      return;
    }
    if (this.#source.begun) this.#lipSync.begin();
    else this.#source.holdUntil(now);
    // Pictures are given by the time of the sound, so they are never earlier than it.
    this.#lipSync.update(audio, micros(Math.max(audio, video ?? 0)), now);
    const extra = this.#lipSync.audioDelay;
    this.#source.delayAtLeast(micros(extra > 0 ? audio + extra : 0));
  }
}
