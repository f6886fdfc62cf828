import { parseMediaSection } from '@rm/codecs';
import type { DtlsSetup, Fingerprint, TransportParameters } from '../backend/transport.js';
import type {
  AnnouncedStreams,
  Direction,
  MediaDescription,
  SessionContent,
} from './description.js';

/** Outcome of {@link parseSdp}; the reason is for people. */
export type ParsedSdp =
  | { readonly ok: true; readonly value: SessionContent }
  | { readonly ok: false; readonly reason: string };

const MAX_CHARACTERS = 262_144;
const MAX_SECTIONS = 64;
/** Versions are compared by nobody; a larger one would not be written back as it was. */
const MAX_VERSION = Number.MAX_SAFE_INTEGER;
const MAX_CANDIDATES = 64;
const MAX_EXTENSIONS = 32;
/** What a side that does not say takes (RFC 8841 §6.1). */
const DEFAULT_MAX_MESSAGE_SIZE = 65_536;
/** A token (RFC 8866 §9) of a length that fits into the MID header extension with both ends' room for it. */
const MID = /^[\w!#$%&'*+.^`{|}~-]{1,32}$/;
const MEDIA_LINE = /^m=([\w!#$%&'*+.^`{|}~-]{1,32}) (\d{1,5})(?:\/\d{1,5})? ([\w/.+-]{1,64})(?= )/;
/** Profiles that are all taken for the one there is (RFC 8829 §5.1.2), and those of data channels (§5.1.3). */
const RTP = /^(?:UDP\/TLS\/|TCP\/DTLS\/)?RTP\/S?AVPF?$/;
const SCTP = /^(?:UDP\/|TCP\/)?DTLS\/SCTP$/;

/** Attributes of the lines of one part of a description: by name, in order; flags have an empty value. */
type Attributes = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the other side's offer or answer (RFC 8829 §5.8). Never throws. At most 262,144 characters and 64 media
 * sections; what makes no sense within them is passed over, but what a connection cannot do without is demanded.
 */
export function parseSdp(sdp: string): ParsedSdp {
  if (sdp.length > MAX_CHARACTERS) return failure(`it is longer than ${MAX_CHARACTERS} characters`);
  const [head = '', ...sections] = sdp.split(/^(?=m=)/m);
  if (sections.length === 0) return failure('it has no media section');
  if (sections.length > MAX_SECTIONS)
    return failure(`it has more than ${MAX_SECTIONS} media sections`);
  const origin = /^o=\S+ (\d{1,20}) (\d{1,20}) /m.exec(head);
  if (origin === null) return failure('it has no origin line (o=)');
  const session = attributesOf(head);
  const parts = sections.map((text) => ({ text, attributes: attributesOf(text) }));
  const media: MediaDescription[] = [];
  for (const [i, { text, attributes }] of parts.entries()) {
    const section = mediaOf(text, attributes, session, i);
    if (section === undefined) return failure(`the m= line of its media section ${i} is malformed`);
    if (!MID.test(section.mid)) return failure(`the MID of its media section ${i} is malformed`);
    media.push(section);
  }
  if (new Set(media.map(({ mid }) => mid)).size !== media.length)
    return failure('two media sections have the same MID');
  const bundle = bundleOf(session, media);
  const tagged = media.findIndex(({ mid }) => mid === bundle[0]);
  const transport = transportOf(parts, tagged, session);
  if (typeof transport === 'string') return failure(transport);
  const cname = parts
    .flatMap(({ attributes }) => attributes.get('ssrc') ?? [])
    .map((line) => /^\d+ cname:(\S{1,255})/.exec(line)?.[1])
    .find((name) => name !== undefined);
  const [, sessionId = '', version = ''] = origin;
  return {
    ok: true,
    value: {
      sessionId,
      version: Math.min(Number(version), MAX_VERSION),
      media,
      transport,
      bundle,
      cname,
    },
  };
}

const failure = (reason: string): ParsedSdp => ({ ok: false, reason });

function attributesOf(text: string): Attributes {
  const attributes = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    if (!line.startsWith('a=')) continue;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line.slice(2).trim() : line.slice(2, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).trim();
    const values = attributes.get(name);
    if (values === undefined) attributes.set(name, [value]);
    else values.push(value);
  }
  return attributes;
}

function mediaOf(
  text: string,
  attributes: Attributes,
  session: Attributes,
  index: number,
): MediaDescription | undefined {
  const [line, type = '', port = '', protocol = ''] = MEDIA_LINE.exec(text) ?? [];
  if (line === undefined) return undefined;
  const parsed = parseMediaSection(text);
  const none = { kind: type, codecs: [], ptime: undefined, maxptime: undefined };
  const [streams, trackId] = trackOf(attributes);
  return {
    kind: kindOf(type, protocol),
    mid: attributes.get('mid')?.[0] ?? String(index),
    protocol,
    rejected: Number(port) === 0 && !attributes.has('bundle-only'),
    direction: directionOf(attributes) ?? directionOf(session) ?? 'sendrecv',
    section: parsed.ok ? parsed.value : none,
    extensions: extensionsOf([
      ...(session.get('extmap') ?? []),
      ...(attributes.get('extmap') ?? []),
    ]),
    streams: streamsOf(attributes),
    streamIds: streams,
    trackId,
    rtcpMux: attributes.has('rtcp-mux'),
    reducedSize: attributes.has('rtcp-rsize'),
  };
}

function kindOf(type: string, protocol: string): MediaDescription['kind'] {
  if (type === 'application') return SCTP.test(protocol) ? type : 'other';
  return (type === 'audio' || type === 'video') && RTP.test(protocol) ? type : 'other';
}

const directionOf = (attributes: Attributes): Direction | undefined =>
  (['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).find((name) => attributes.has(name));

/** Ids of header extensions by URI (RFC 8285 §5); an id stands for one of them. */
function extensionsOf(lines: readonly string[]): ReadonlyMap<string, number> {
  const byUri = new Map<string, number>();
  const taken = new Set<number>();
  for (const line of lines) {
    const [, id = '', uri = ''] = /^(\d{1,3})(?:\/\w+)? (\S{1,255})/.exec(line) ?? [];
    const number = Number(id);
    if (uri === '' || number < 1 || number > 255 || taken.has(number) || byUri.has(uri)) continue;
    if (byUri.size >= MAX_EXTENSIONS) break;
    taken.add(number);
    byUri.set(uri, number);
  }
  return byUri;
}

/** The announced SSRC, and that of its retransmissions by `ssrc-group:FID` (RFC 5576 §4.2, RFC 4588 §8.8). */
function streamsOf(attributes: Attributes): AnnouncedStreams | undefined {
  const [, first, second] =
    (attributes.get('ssrc-group') ?? [])
      .map((line) => /^FID (\d{1,10}) (\d{1,10})$/.exec(line))
      .find((found) => found !== null) ?? [];
  const [, only] = /^(\d{1,10})\b/.exec(attributes.get('ssrc')?.[0] ?? '') ?? [];
  const ssrc = Number(first ?? only ?? -1);
  const rtxSsrc = second === undefined ? undefined : Number(second);
  const valid = (value: number): boolean => value >= 0 && value <= 0xffff_ffff;
  if (!valid(ssrc)) return undefined;
  return { ssrc, rtxSsrc: rtxSsrc !== undefined && valid(rtxSsrc) ? rtxSsrc : undefined };
}

/** Stream ids and track id (RFC 8830); older descriptions say them by SSRC. */
function trackOf(attributes: Attributes): [readonly string[], string | undefined] {
  const bySsrc = (attributes.get('ssrc') ?? [])
    .map((line) => /^\d+ msid:(.*)$/.exec(line)?.[1])
    .filter((msid) => msid !== undefined);
  const lines = attributes.get('msid') ?? bySsrc.slice(0, 1);
  const pairs = lines.map((line) => line.split(' '));
  const streams = pairs.map(([stream = '']) => stream).filter((id) => id !== '' && id !== '-');
  return [[...new Set(streams)], pairs[0]?.[1]];
}

/** MIDs of the group that is used: all others are rejected. A session of one section needs none. */
function bundleOf(session: Attributes, media: readonly MediaDescription[]): readonly string[] {
  const groups = (session.get('group') ?? [])
    .filter((line) => line.startsWith('BUNDLE'))
    .map((line) => line.split(' ').slice(1));
  const known = new Set(media.filter(({ rejected }) => !rejected).map(({ mid }) => mid));
  const group = (groups[0] ?? []).filter((mid) => known.has(mid));
  if (group.length > 0) return group;
  const first = media.find(({ rejected }) => !rejected);
  return first === undefined ? [] : [first.mid];
}

/**
 * The parameters of the tagged section. A side that repeats them says the same in all sections, but one that would
 * also go without BUNDLE has other credentials and candidates in each, which are of no use here.
 */
function transportOf(
  parts: readonly { readonly attributes: Attributes }[],
  tagged: number,
  session: Attributes,
): TransportParameters | string {
  const sources = [parts[tagged]?.attributes, session, ...parts.map((part) => part.attributes)];
  const first = (name: string): string | undefined =>
    sources.map((attributes) => attributes?.get(name)?.[0]).find((value) => value !== undefined);
  const usernameFragment = first('ice-ufrag');
  const password = first('ice-pwd');
  if (usernameFragment === undefined || password === undefined)
    return 'it has no ICE credentials (a=ice-ufrag, a=ice-pwd)';
  if (!/^[\w+/-]{4,256}$/.test(usernameFragment) || !/^[\w+/-]{22,256}$/.test(password))
    return 'its ICE credentials are malformed';
  const fingerprints = (
    sources.map((attributes) => attributes?.get('fingerprint')).find((lines) => lines) ?? []
  ).flatMap(fingerprintOf);
  if (fingerprints.length === 0) return 'it has no fingerprint of a certificate (a=fingerprint)';
  const candidates = parts
    .filter(
      ({ attributes }) =>
        (attributes.get('ice-ufrag')?.[0] ?? usernameFragment) === usernameFragment,
    )
    .flatMap(({ attributes }) => attributes.get('candidate') ?? []);
  const maxMessageSize = first('max-message-size');
  return {
    usernameFragment,
    password,
    iceLite: session.has('ice-lite'),
    fingerprints,
    setup: setupOf(first('setup')),
    candidates: [...new Set(candidates)].slice(0, MAX_CANDIDATES),
    maxMessageSize: /^\d{1,15}$/.test(maxMessageSize ?? '')
      ? Number(maxMessageSize)
      : DEFAULT_MAX_MESSAGE_SIZE,
  };
}

const fingerprintOf = (line: string): Fingerprint[] => {
  const [, algorithm, value] =
    /^([\w-]{1,16}) ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){1,127})$/.exec(line) ?? [];
  return algorithm === undefined || value === undefined
    ? []
    : [{ algorithm: algorithm.toLowerCase(), value: value.toUpperCase() }];
};

const setupOf = (value: string | undefined): DtlsSetup =>
  value === 'active' || value === 'passive' ? value : 'actpass';
