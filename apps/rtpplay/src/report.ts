import type { AudioPlayoutStatistics } from '@rm/webrtc-peer';
import type { CaptureContents } from './capture/capture.js';
import type { PolicyOption } from './options.js';
import type { Listening } from './replay/listening.js';
import type { Reception } from './replay/reception.js';
import { type Samples, operationsOf } from './replay/replay.js';
import type { ChosenStream } from './stream/choose.js';
import type { PayloadKind } from './stream/payload.js';
import type { Surveyed } from './stream/survey.js';

/** A stream by its names. A field that is not known is absent. */
export interface StreamNames {
  readonly ssrc: number;
  readonly cname?: string;
  readonly payloadType?: number;
  readonly packets: number;
  readonly flow?: string;
}

/** What `rm-rtpplay` prints. Times are in ms to a thousandth, samples those of 48 kHz; what was not measured is absent. */
export interface Report {
  readonly capture: {
    readonly format: CaptureContents['format'];
    /** Datagrams by protocol. */
    readonly datagrams: CaptureContents['datagrams'];
    /** What could not be looked into, by reason. */
    readonly skipped: CaptureContents['skipped'];
    /** RTP packets that belong to no stream. */
    readonly strays: number;
    /** Where the file ended early. */
    readonly fault?: { readonly position: number; readonly reason: string };
  };
  readonly stream: StreamNames & {
    readonly clockRate: number;
    /** From the first packet's arrival to the last one's. */
    readonly durationMs: number;
    readonly payload: PayloadKind;
    /** What is heard: its own sound, or a built-in signal in its place. */
    readonly signal: 'own' | 'built-in';
  };
  readonly otherStreams: readonly (StreamNames & { readonly kind: 'sound' | 'video' })[];
  readonly policy: string;
  readonly packets: {
    readonly received: number;
    readonly lost: number;
    readonly duplicates: number;
    readonly reordered: number;
    /** Received after their time was over. */
    readonly late: number;
    /** Received and dropped: before the stream was joined, to catch up, or for lack of room. */
    readonly skipped: number;
    /** All that were received and not played: late and skipped. */
    readonly discarded: number;
    /** Not the payload the decoder takes. */
    readonly malformed: number;
    /** Not believed to be of the stream: their sequence numbers jumped (RFC 3550 A.1). */
    readonly ignored: number;
  };
  readonly jitterMs: number;
  /** Share of what was played that stood in for something sent. */
  readonly concealedPercent: number;
  /** Delay above the fastest recent packet. */
  readonly delayMs?: { readonly mean: number; readonly p95: number };
  readonly samples: Samples & { readonly played: number };
  /** Times without sound of 150 ms or more. */
  readonly interruptions: number;
  readonly longestInterruptionMs: number;
  /** The longest time in which nothing came though something was sent, from 100 ms on. */
  readonly worstStall?: {
    readonly atMs: number;
    readonly lengthMs: number;
    /** Until the delay stays within 20 ms of its target; absent when it never did. */
    readonly recoveryMs?: number;
  };
  readonly driftPpm: { readonly estimate: number; readonly bound: number };
  readonly sha256: { readonly pcm: string; readonly events: string };
}

/** What a report is made of. */
export interface Findings {
  readonly stream: ChosenStream;
  readonly received: Reception;
  readonly listening: Listening;
  readonly counted: AudioPlayoutStatistics;
  /** Packets that the receiver was given for each captured one. */
  readonly parts: number;
  readonly policy: PolicyOption;
  readonly hashes: Report['sha256'];
}

export function reportOf(findings: Findings): Report {
  const { stream, received, listening, counted, parts, hashes } = findings;
  const { contents } = stream;
  const { results } = listening;
  const skipped = Math.ceil(listening.skipped / parts);
  const delays = listening.delays();
  const samples = operationsOf(counted);
  const played = counted.totalSamplesReceived;
  return {
    capture: {
      format: contents.format,
      datagrams: contents.datagrams,
      skipped: contents.skipped,
      strays: stream.strays,
      ...(contents.fault !== undefined && { fault: contents.fault }),
    },
    stream: {
      ...names(stream.ssrc, stream.payloadType, stream.packets.length, stream.flow, contents),
      clockRate: stream.clockRate,
      durationMs: ms(stream.packets.at(-1)!.arrival),
      payload: stream.payload,
      signal: stream.payload === 'opus' ? 'own' : 'built-in',
    },
    otherStreams: stream.streams
      .filter(({ ssrc }) => ssrc !== stream.ssrc)
      .map((other) => otherStream(other, contents)),
    policy:
      typeof findings.policy === 'string' ? findings.policy : `fixed:${findings.policy.fixed}`,
    packets: {
      received: received.received,
      lost: received.lost,
      duplicates: received.duplicates,
      reordered: received.reordered,
      late: results.late,
      skipped,
      discarded: results.late + skipped,
      malformed: counted.packetsMalformed,
      ignored: results.ignored,
    },
    jitterMs: received.jitterMs,
    concealedPercent: played === 0 ? 0 : rounded((100 * samples.concealed) / played),
    ...(delays !== undefined && { delayMs: { mean: ms(delays.mean), p95: ms(delays.p95) } }),
    samples: { ...samples, played },
    interruptions: listening.interruptions,
    longestInterruptionMs: ms(listening.longestInterruption),
    ...stallOf(received, listening),
    driftPpm: {
      estimate: rounded(counted.clockDriftPpm.estimate),
      bound: rounded(counted.clockDriftPpm.bound),
    },
    sha256: hashes,
  };
}

function stallOf(
  { worstStall }: Reception,
  { recovery }: Listening,
): Pick<Report, 'worstStall'> | undefined {
  if (worstStall === undefined) return undefined;
  return {
    worstStall: {
      atMs: ms(worstStall.end - worstStall.length),
      lengthMs: ms(worstStall.length),
      ...(recovery !== undefined && { recoveryMs: ms(recovery) }),
    },
  };
}

function otherStream(
  { ssrc, payloadTypes, packets, flow, video }: Surveyed,
  contents: CaptureContents,
): Report['otherStreams'][number] {
  const [type] = [...payloadTypes].toSorted(([, a], [, b]) => b - a)[0]!;
  return { ...names(ssrc, type, packets, flow, contents), kind: video ? 'video' : 'sound' };
}

function names(
  ssrc: number,
  payloadType: number | undefined,
  packets: number,
  flow: string,
  { cnames }: CaptureContents,
): StreamNames {
  const cname = cnames.get(ssrc);
  return {
    ssrc,
    ...(cname !== undefined && { cname }),
    ...(payloadType !== undefined && { payloadType }),
    packets,
    ...(flow !== '' && { flow }),
  };
}

/** Milliseconds of microseconds. */
const ms = (micros: number): number => rounded(micros / 1000);

/** To three digits after the point, so that the last bits of a sum do not differ between machines. */
const rounded = (value: number): number => Math.round(value * 1000) / 1000;
