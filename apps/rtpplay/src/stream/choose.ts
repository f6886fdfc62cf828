import { type CaptureContents, readCapture } from '../capture/capture.js';
import { CaptureError, UsageError } from '../errors.js';
import { type PayloadKind, clockRateOf, payloadKind } from './payload.js';
import { type StreamPacket, StreamPackets } from './stream.js';
import { Survey, type Surveyed } from './survey.js';

/** What the user says of the stream that is wanted. */
export interface Wanted {
  readonly ssrc?: number;
  readonly payloadType?: number;
  readonly clockRate?: number;
}

/** The stream of a capture that is replayed. */
export interface ChosenStream {
  readonly ssrc: number;
  readonly payloadType: number | undefined;
  readonly clockRate: number;
  readonly payload: PayloadKind;
  /** In order of arrival; at least one. */
  readonly packets: readonly StreamPacket[];
  readonly flow: string;
  readonly contents: CaptureContents;
  /** All streams of the capture. */
  readonly streams: readonly Surveyed[];
  /** RTP packets that belong to no stream. */
  readonly strays: number;
  /** What the user is to know, a line each. */
  readonly warnings: readonly string[];
}

/**
 * Chooses a stream of a capture: the one that is `wanted`, or that of sound with the most packets. Throws a
 * {@link CaptureError} where there is none, and a {@link UsageError} where there is not the one that is wanted.
 */
export function chooseStream(file: Uint8Array, wanted: Wanted): ChosenStream {
  const survey = new Survey();
  const contents = readCapture(file, (packet) => survey.add(packet));
  const streams = survey.streams();
  const source = choose(streams, wanted, contents);
  const payloadType = wanted.payloadType ?? mostFrequent(source.payloadTypes);
  if (!source.payloadTypes.has(payloadType))
    throw new UsageError(
      `stream ${hex(source.ssrc)} has no packets of payload type ${payloadType}: its types are ` +
        [...source.payloadTypes.keys()].join(', '),
    );
  const collected = new StreamPackets(payloadType);
  readCapture(file, (packet) => {
    if (packet.ssrc === source.ssrc) collected.add(packet);
  });
  const packets = collected.sorted();
  const encrypted = [...collected.flows].some((flow) => contents.encryptedFlows.has(flow));
  const found = payloadKind(packets, payloadType, encrypted);
  const clockRate =
    wanted.clockRate ?? contents.clockRate ?? clockRateOf(packets, payloadType, found);
  if (clockRate === undefined)
    throw new CaptureError(
      `the RTP clock of stream ${hex(source.ssrc)} cannot be told from its packets: give --clock-rate HZ`,
    );
  // Opus has one clock only: another one means another codec.
  const payload = found === 'opus' && clockRate !== OPUS_CLOCK ? 'not Opus' : found;
  return {
    ssrc: source.ssrc,
    payloadType,
    clockRate,
    payload,
    packets,
    flow: source.flow,
    contents,
    streams,
    strays: survey.strays,
    warnings: warningsOf(contents, payload),
  };
}

const OPUS_CLOCK = 48_000;

function choose(
  streams: readonly Surveyed[],
  { ssrc, payloadType }: Wanted,
  contents: CaptureContents,
): Surveyed {
  if (ssrc !== undefined) {
    const wanted = streams.find((stream) => stream.ssrc === ssrc);
    if (wanted !== undefined) return wanted;
    const there = streams.slice(0, 10).map((stream) => hex(stream.ssrc));
    throw new UsageError(
      `there is no stream ${hex(ssrc)}` +
        (there.length === 0 ? ', and no other' : `: there is ${there.join(', ')}`),
    );
  }
  const has = ({ payloadTypes }: Surveyed): boolean =>
    payloadType === undefined || payloadTypes.has(payloadType);
  const sound = streams.filter(({ video }) => !video);
  const chosen = sound.find(has) ?? sound[0];
  if (chosen !== undefined) return chosen;
  throw new CaptureError(noStream(streams, contents));
}

function noStream(streams: readonly Surveyed[], contents: CaptureContents): string {
  if (streams.length > 0)
    return `the capture has no stream of sound, only of pictures: name one of them with --ssrc, such as ${hex(streams[0]!.ssrc)}`;
  const skipped = Object.entries(contents.skipped).map(([reason, n]) => `${n} × ${reason}`);
  const seen = Object.entries(contents.datagrams).map(([protocol, n]) => `${n} × ${protocol}`);
  const there = [...seen, ...skipped].join(', ');
  const { fault } = contents;
  return (
    `no RTP stream in this ${contents.format} file${there === '' ? '' : ` (${there})`}` +
    (fault === undefined ? '' : `; ${fault.reason} at byte ${fault.position}`) +
    ': capture the UDP ports of the call from its beginning'
  );
}

function mostFrequent(types: Surveyed['payloadTypes']): number | undefined {
  const [first] = [...types].toSorted(([, a], [, b]) => b - a);
  return first![0];
}

function warningsOf({ fault }: CaptureContents, payload: PayloadKind): string[] {
  const warnings: string[] = [];
  if (fault !== undefined)
    warnings.push(
      `only what comes before byte ${fault.position} of the file was replayed: ${fault.reason}`,
    );
  if (payload !== 'opus')
    warnings.push(`${UNHEARD[payload]}: a built-in signal is heard at the times of its packets`);
  return warnings;
}

const UNHEARD: Record<Exclude<PayloadKind, 'opus'>, string> = {
  'not Opus': 'the payloads are not Opus, or encrypted',
  encrypted: 'the payloads are encrypted (SRTP)',
  'not captured': 'the capture holds no payloads',
};

/** As Wireshark writes it. */
const hex = (ssrc: number): string => `0x${ssrc.toString(16).padStart(8, '0')}`;
