import type { LinkStatistics } from '@rm/webrtc-peer';
import { round } from './round.js';
import { type VideoReport, videoLine } from './video-report.js';

/** What one node has measured of what it hears from one peer. A field that was not measured is absent. */
export interface LinkReport {
  readonly from: string;
  readonly to: string;
  readonly state: string;
  /** Both announced → first audio played. */
  readonly connectMs?: number;
  readonly rttMs?: number;
  readonly packets: number;
  readonly lost: number;
  /** Concealed samples of all samples played, 0…1. */
  readonly concealedRatio?: number;
  /** Time from arrival to playout, mean over all samples, and the delay aimed for now. */
  readonly jitterBufferMs?: { readonly mean: number; readonly target: number };
  /** Capture to playout, and ± how far that can be off as the two clocks are not the same. */
  readonly mouthToEarMs?: { readonly p50: number; readonly p95: number; readonly bound: number };
  /** RMS level in dB relative to full scale: since the last report, in a summary over all that was heard. */
  readonly levelDbfs?: number;
  /** Messages of the peer. */
  readonly messages: number;
  readonly wav?: string;
  /** How much later than the picture the sound is heard, as the connection sees it. */
  readonly lipSyncMs?: number;
  /** What was sent to the peer of the test pattern; absent where there is none. */
  readonly videoSent?: {
    readonly frames: number;
    readonly keyFrames: number;
    /** Not sent: the peer had no key frame yet, or too much was waiting to be sent. */
    readonly dropped: number;
  };
  /** Streams of pictures of the peer; absent where it has sent none. */
  readonly video?: readonly VideoReport[];
}

/** Puts a link's statistics into a report. */
export function linkReport(
  to: string,
  link: LinkStatistics,
  more: Pick<LinkReport, 'levelDbfs' | 'messages' | 'wav' | 'video'>,
): LinkReport {
  const { received } = link;
  const played = received?.totalSamplesReceived ?? 0;
  const sent = link.sentVideo.find(
    ({ framesSent, framesDropped }) => framesSent + framesDropped > 0,
  );
  const emitted = received?.jitterBufferEmittedCount ?? 0;
  return {
    from: link.peerId,
    to,
    state: link.state,
    ...(link.connectMs !== undefined && { connectMs: round(link.connectMs, 0) }),
    ...(link.roundTripMs !== undefined && { rttMs: round(link.roundTripMs, 2) }),
    packets: received?.packetsReceived ?? 0,
    lost: received?.packetsLost ?? 0,
    ...(received !== undefined &&
      played > 0 && { concealedRatio: round(received.concealedSamples / played, 5) }),
    ...(received !== undefined &&
      emitted > 0 && {
        jitterBufferMs: {
          mean: round((received.jitterBufferDelay / emitted) * 1000, 1),
          target: round(received.targetDelay * 1000, 1),
        },
      }),
    ...(received?.mouthToEarMs !== undefined && { mouthToEarMs: received.mouthToEarMs }),
    ...(link.lipSyncMs !== undefined && { lipSyncMs: round(link.lipSyncMs, 1) }),
    ...(sent !== undefined && {
      videoSent: {
        frames: sent.framesSent,
        keyFrames: sent.keyFramesSent,
        dropped: sent.framesDropped,
      },
    }),
    ...more,
  };
}

/** A plain line for a link and one for each of its streams of pictures, for eyes and grep. */
export function linkLines(link: LinkReport): string[] {
  const name = `${link.from} → ${link.to}`;
  return [
    soundLine(name, link),
    ...(link.video ?? []).map((video) => `${name}  ${videoLine(video)}`),
  ];
}

function soundLine(name: string, link: LinkReport): string {
  const part = (name: string, value: number | undefined, unit: string): string[] =>
    value === undefined ? [] : [`${name} ${value}${unit}`];
  return [
    name,
    link.state,
    ...part('connect', link.connectMs, ' ms'),
    ...part('rtt', link.rttMs, ' ms'),
    `packets ${link.packets}`,
    `lost ${link.lost}`,
    ...part(
      'concealed',
      link.concealedRatio === undefined ? undefined : round(link.concealedRatio * 100, 2),
      ' %',
    ),
    ...part('buffer', link.jitterBufferMs?.mean, ' ms'),
    ...part('mouth-to-ear', link.mouthToEarMs?.p50, ' ms'),
    ...part('level', link.levelDbfs, ' dBFS'),
  ].join('  ');
}
