import type { CodecDescription } from '@rm/codecs';
import type { Direction, MediaDescription } from './description.js';
import type { Transceiver } from './transceiver.js';

const RTP_PROTOCOL = 'UDP/TLS/RTP/SAVPF';
const DATA_PROTOCOL = 'UDP/DTLS/SCTP';

/** What is said of a transceiver. */
export function mediaSection(
  transceiver: Transceiver,
  mid: string,
  codecs: readonly CodecDescription[],
  extensions: ReadonlyMap<string, number>,
  direction: Direction,
): MediaDescription {
  const { kind, ssrc, rtxSsrc, streamIds, trackId } = transceiver;
  const repaired = codecs.some(({ name }) => name === 'rtx');
  return {
    kind,
    mid,
    protocol: RTP_PROTOCOL,
    rejected: false,
    direction,
    section: { kind, codecs, ptime: undefined, maxptime: undefined },
    extensions,
    streams: { ssrc, rtxSsrc: repaired ? rtxSsrc : undefined },
    streamIds,
    trackId,
    rtcpMux: true,
    reducedSize: true,
  };
}

/** A section without media: data channels, or one that is not part of the session. */
const bareSection = (
  mid: string,
  kind: MediaDescription['kind'],
  { type, protocol, rejected: isRejected }: { type: string; protocol: string; rejected: boolean },
): MediaDescription => ({
  kind,
  mid,
  protocol,
  rejected: isRejected,
  direction: 'inactive',
  section: { kind: type, codecs: [], ptime: undefined, maxptime: undefined },
  extensions: new Map(),
  streams: undefined,
  streamIds: [],
  trackId: undefined,
  rtcpMux: false,
  reducedSize: false,
});

/** The data channels. */
export const dataSection = (mid: string): MediaDescription =>
  bareSection(mid, 'application', {
    type: 'application',
    protocol: DATA_PROTOCOL,
    rejected: false,
  });

/** A section that is not part of the session: of this side, or as the other side has offered it. */
export const rejectedSection = (
  mid: string,
  kind: MediaDescription['kind'],
  theirs?: MediaDescription,
): MediaDescription =>
  bareSection(mid, kind, {
    type: theirs?.section.kind ?? kind,
    protocol: theirs?.protocol ?? (kind === 'application' ? DATA_PROTOCOL : RTP_PROTOCOL),
    rejected: true,
  });
