import { type CodecDescription, describeOpus, describeVideo } from '@rm/codecs';
import fc from 'fast-check';
import type { MediaDescription, SessionContent } from '../../src/session/description.js';
import { sends } from '../../src/session/description.js';

const token = fc.stringMatching(/^[a-zA-Z0-9!#$%&'*+.^_`{|}~-]{1,32}$/);
const iceText = (min: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[a-zA-Z0-9+/]{${min},${min + 8}}$`));
const word = fc.integer({ min: 1, max: 0xffff_ffff });
const hex = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => [...bytes].map((b) => b.toString(16).padStart(2, '0').toUpperCase()).join(':'));

const rtx = ({ payloadType }: CodecDescription): CodecDescription => ({
  payloadType: payloadType + 10,
  name: 'rtx',
  clockRate: 90_000,
  channels: 1,
  parameters: { apt: String(payloadType) },
  feedback: [],
});

const codecs = {
  audio: fc.constant([describeOpus()]),
  video: fc
    .shuffledSubarray(['VP8', 'VP9', 'H264', 'AV1'] as const, { minLength: 1 })
    .map((names) => describeVideo(names).flatMap((codec) => [codec, rtx(codec)])),
};

const BARE = {
  direction: 'inactive',
  extensions: new Map<string, number>(),
  streams: undefined,
  streamIds: [],
  trackId: undefined,
  rtcpMux: false,
  reducedSize: false,
} as const;

const media = (kind: 'audio' | 'video'): fc.Arbitrary<MediaDescription> =>
  fc
    .record({
      mid: token,
      direction: fc.constantFrom('sendrecv', 'sendonly', 'recvonly', 'inactive'),
      codecs: codecs[kind],
      extensions: fc
        .uniqueArray(fc.integer({ min: 1, max: 255 }), { maxLength: 3 })
        .map((ids) => new Map(ids.map((id, i) => [`urn:extension:${i}`, id]))),
      ssrc: word,
      rtxSsrc: fc.option(word, { nil: undefined }),
      streamIds: fc.uniqueArray(
        token.filter((id) => id !== '-'),
        { maxLength: 2 },
      ),
      trackId: token,
      reducedSize: fc.boolean(),
    })
    .map(({ codecs: list, ssrc, rtxSsrc, streamIds, trackId, ...said }) => ({
      ...said,
      kind,
      protocol: 'UDP/TLS/RTP/SAVPF',
      rejected: false,
      rtcpMux: true,
      section: { kind, codecs: list, ptime: undefined, maxptime: undefined },
      streams: { ssrc, rtxSsrc },
      ...(sends(said.direction) ? { streamIds, trackId } : { streamIds: [], trackId: undefined }),
    }));

const data = (kind: 'application', rejected: boolean): fc.Arbitrary<MediaDescription> =>
  token.map((mid) => ({
    ...BARE,
    kind,
    mid,
    protocol: 'UDP/DTLS/SCTP',
    rejected,
    // A section says nothing of directions unless there is media in it.
    direction: 'sendrecv',
    section: { kind, codecs: [], ptime: undefined, maxptime: undefined },
  }));

const refused: fc.Arbitrary<MediaDescription> = fc
  .record({ mid: token, kind: fc.constantFrom('audio', 'video') })
  .map(({ mid, kind }) => ({
    ...BARE,
    kind,
    mid,
    protocol: 'UDP/TLS/RTP/SAVPF',
    rejected: true,
    section: { kind, codecs: [], ptime: undefined, maxptime: undefined },
  }));

/** What this side might say: any sections, of which at least one is in use. */
export const descriptions: fc.Arbitrary<SessionContent> = fc
  .record({
    sessionId: fc.maxSafeNat().map(String),
    version: fc.nat(),
    media: fc
      .uniqueArray(fc.oneof(media('audio'), media('video'), data('application', false), refused), {
        minLength: 1,
        maxLength: 6,
        selector: ({ mid }) => mid,
      })
      .filter((sections) => sections.some(({ rejected }) => !rejected)),
    usernameFragment: iceText(4),
    password: iceText(22),
    iceLite: fc.boolean(),
    fingerprint: hex,
    setup: fc.constantFrom('actpass', 'active', 'passive'),
    candidates: fc.uniqueArray(
      fc.integer({ min: 1, max: 65_535 }).map((port) => `1 1 udp 1 10.0.0.1 ${port} typ host`),
      { maxLength: 4 },
    ),
    maxMessageSize: fc.nat(1_000_000),
    cname: token,
  })
  .map(({ sessionId, version, media: sections, cname, ...transport }) => {
    const { fingerprint, maxMessageSize, ...parameters } = transport;
    const hasData = sections.some(({ kind }) => kind === 'application');
    return {
      sessionId,
      version,
      media: sections,
      transport: {
        ...parameters,
        fingerprints: [{ algorithm: 'sha-256', value: fingerprint }],
        maxMessageSize: hasData ? maxMessageSize : 65_536,
      },
      bundle: sections.filter(({ rejected }) => !rejected).map(({ mid }) => mid),
      cname: sections.some(({ streams }) => streams !== undefined) ? cname : undefined,
    };
  });
