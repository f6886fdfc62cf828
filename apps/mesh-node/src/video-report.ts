import type { VideoConnectionStatistics } from '@rm/webrtc-peer';
import { round } from './round.js';
import type { Quantiles, VideoMeasurement } from './video-meter.js';

/** What one node has measured of a stream of pictures of one peer. A field that was not measured is absent. */
export interface VideoReport {
  readonly stream?: string;
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
  /** Frames a second that came whole, were decoded, and were shown. */
  readonly fps: { readonly received: number; readonly decoded: number; readonly shown: number };
  /** Bit/s of the frames, without packets' headers and what was sent again. */
  readonly bitrate: number;
  readonly frames: { readonly received: number; readonly decoded: number; readonly shown: number };
  readonly keyFrames: number;
  /** Key frames that were asked for, and packets: asked for, come late for it, come twice. Of the present connection. */
  readonly keyFrameRequests: number;
  readonly packets: {
    readonly requested: number;
    readonly recovered: number;
    readonly duplicate: number;
  };
  /** Gaps between pictures of more than 150 ms, and of more than three usual ones. */
  readonly freezes: number;
  /** Capture to being shown, and ± how far that can be off as the two clocks are not the same. */
  readonly glassToGlassMs?: Quantiles & { readonly bound: number };
  /** How much later the sound is heard than its picture is seen; below 0 the picture is late. */
  readonly avSkewMs?: Quantiles;
  /** What the pictures of a test pattern say themselves, by the wall clocks of both machines. */
  readonly stamps?: {
    readonly missing: number;
    readonly outOfOrder: number;
    readonly glassToGlassMs?: Quantiles;
  };
  /** Recordings, in order. */
  readonly files?: readonly string[];
}

/** Puts what was measured of a stream and the statistics of its connection into a report. */
export function videoReport(
  streamId: string | undefined,
  measured: VideoMeasurement,
  decoded: number,
  statistics: VideoConnectionStatistics | undefined,
  files: readonly string[],
): VideoReport {
  const { seconds, received, shown, stamps } = measured;
  const rate = (count: number): number => (seconds === 0 ? 0 : round(count / seconds, 1));
  return {
    ...(streamId !== undefined && { stream: streamId }),
    ...(statistics?.codec !== undefined && { codec: statistics.codec }),
    ...(statistics?.frameWidth !== undefined && { width: statistics.frameWidth }),
    ...(statistics?.frameHeight !== undefined && { height: statistics.frameHeight }),
    fps: { received: rate(received), decoded: rate(decoded), shown: rate(shown) },
    bitrate: round(seconds === 0 ? 0 : (8 * measured.bytes) / seconds, 0),
    frames: { received, decoded, shown },
    keyFrames: measured.keyFrames,
    keyFrameRequests: statistics?.keyFrameRequests ?? 0,
    packets: {
      requested: statistics?.packetsRequested ?? 0,
      recovered: statistics?.packetsRecovered ?? 0,
      duplicate: statistics?.packetsDuplicate ?? 0,
    },
    freezes: measured.freezes,
    ...(measured.glassToGlass !== undefined && {
      glassToGlassMs: {
        ...measured.glassToGlass,
        bound: round(statistics?.glassToGlassMs?.bound ?? 0, 1),
      },
    }),
    ...(measured.skew !== undefined && { avSkewMs: measured.skew }),
    ...(stamps !== undefined && {
      stamps: {
        missing: stamps.missing,
        outOfOrder: stamps.outOfOrder,
        ...(stamps.glassToGlass !== undefined && { glassToGlassMs: stamps.glassToGlass }),
      },
    }),
    ...(files.length > 0 && { files }),
  };
}

/** One plain line for a stream, for eyes and grep. */
export function videoLine(video: VideoReport): string {
  const part = (name: string, value: number | undefined, unit = ''): string[] =>
    value === undefined ? [] : [`${name} ${value}${unit}`];
  return [
    'video',
    ...(video.codec === undefined ? [] : [video.codec]),
    ...(video.width === undefined ? [] : [`${video.width}x${video.height}`]),
    `fps ${video.fps.shown}`,
    `${round(video.bitrate / 1000, 0)} kbit/s`,
    `key frames ${video.keyFrames}`,
    ...part(
      'glass-to-glass',
      video.stamps?.glassToGlassMs?.p50 ?? video.glassToGlassMs?.p50,
      ' ms',
    ),
    ...part('A/V skew', video.avSkewMs?.p50, ' ms'),
    `freezes ${video.freezes}`,
    ...part('missing', video.stamps?.missing),
    ...part('out of order', video.stamps?.outOfOrder),
  ].join('  ');
}
