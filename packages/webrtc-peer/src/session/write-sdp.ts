import { codecAttributes } from '@rm/codecs';
import type { MediaDescription, SessionContent } from './description.js';
import { sends } from './description.js';

/** The older form of data channels (draft-ietf-mmusic-sctp-sdp-05) says it instead of `webrtc-datachannel`. */
const SCTP_PORT = 5000;
/** Any port will do where candidates say where to send (RFC 8829 §5.2.1). */
const DISCARD = 9;

/**
 * Writes an offer or answer (RFC 8829 §5.2, §5.3). All sections share one transport; each repeats its parameters, as
 * some read those of the first section only, and others those of each.
 */
export function writeSdp(content: SessionContent): string {
  const { sessionId, version, bundle, transport, media } = content;
  const lines = [
    'v=0',
    `o=- ${sessionId} ${version} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(bundle.length > 0 ? [`a=group:BUNDLE ${bundle.join(' ')}`] : []),
    'a=msid-semantic:WMS *',
    ...(transport.iceLite ? ['a=ice-lite'] : []),
    ...media.flatMap((section) => sectionLines(section, content)),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function sectionLines(media: MediaDescription, content: SessionContent): string[] {
  const { kind, mid, section } = media;
  const types = section.codecs.map(({ payloadType }) => payloadType);
  const port = media.rejected ? 0 : DISCARD;
  if (kind === 'application') {
    const old = media.protocol === 'DTLS/SCTP';
    return [
      `m=application ${port} ${media.protocol} ${old ? SCTP_PORT : 'webrtc-datachannel'}`,
      'c=IN IP4 0.0.0.0',
      `a=mid:${mid}`,
      ...(media.rejected ? [] : transportLines(media, content)),
      old ? `a=sctpmap:${SCTP_PORT} webrtc-datachannel 65535` : `a=sctp-port:${SCTP_PORT}`,
      `a=max-message-size:${content.transport.maxMessageSize}`,
    ];
  }
  const head = [
    `m=${section.kind} ${port} ${media.protocol} ${types.length > 0 ? types.join(' ') : 0}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
  ];
  if (media.rejected) return [...head, 'a=inactive'];
  return [
    ...head,
    ...transportLines(media, content),
    `a=${media.direction}`,
    'a=rtcp-mux',
    ...(media.reducedSize ? ['a=rtcp-rsize'] : []),
    ...[...media.extensions].map(([uri, id]) => `a=extmap:${id} ${uri}`),
    ...codecAttributes(section.codecs),
    ...streamLines(media, content.cname ?? '-'),
  ];
}

function transportLines(
  { mid }: MediaDescription,
  { transport, bundle }: SessionContent,
): string[] {
  const { usernameFragment, password, fingerprints, setup, candidates } = transport;
  return [
    ...(mid === bundle[0] ? candidates.map((candidate) => `a=candidate:${candidate}`) : []),
    `a=ice-ufrag:${usernameFragment}`,
    `a=ice-pwd:${password}`,
    'a=ice-options:trickle',
    ...fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    `a=setup:${setup}`,
  ];
}

/**
 * What is sent, and which SSRCs are this side's. Those are told while nothing is sent too: Chromium does not show a
 * stream whose SSRC was gone for a while.
 */
function streamLines(media: MediaDescription, cname: string): string[] {
  const { streams, streamIds, trackId, direction } = media;
  const ids = streamIds.length > 0 ? streamIds : ['-'];
  const msid = sends(direction)
    ? ids.map((id) => `a=msid:${id}${trackId === undefined ? '' : ` ${trackId}`}`)
    : [];
  if (streams === undefined) return msid;
  const { ssrc, rtxSsrc } = streams;
  const ssrcs = rtxSsrc === undefined ? [ssrc] : [ssrc, rtxSsrc];
  return [
    ...msid,
    ...(rtxSsrc === undefined ? [] : [`a=ssrc-group:FID ${ssrc} ${rtxSsrc}`]),
    ...ssrcs.map((each) => `a=ssrc:${each} cname:${cname}`),
  ];
}
