import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SessionDescription as Oracle } from 'werift';
import type { SessionContent } from '../../src/session/description.js';
import { MediaSession } from '../../src/session/media-session.js';
import { parseSdp } from '../../src/session/parse-sdp.js';
import { writeSdp } from '../../src/session/write-sdp.js';
import { chrome, firefox, library, strange } from '../support/descriptions.js';
import { descriptions } from './arbitrary-description.js';
import { fuzzDescriptions } from './description-fuzz.js';
import { LOCAL, codecs, parsed, transceiver } from './sides.js';

/** What a side with audio and video answers, and what it has agreed on. */
function answerTo(sdp: string): { sdp: string; content: SessionContent; session: MediaSession } {
  const session = new MediaSession({ codecs, accept: transceiver });
  session.add(transceiver('audio'));
  session.add(transceiver('video'));
  const offer = parsed(sdp);
  expect(session.offerFault(offer)).toBeUndefined();
  session.takeOffer(offer);
  const { media, bundle } = session.createAnswer();
  const written = writeSdp({
    sessionId: '7',
    version: 0,
    media,
    bundle,
    transport: LOCAL,
    cname: 'us',
  });
  return { sdp: written, content: parsed(written), session };
}

/** Each line of a description that begins with one of `heads`, by section. */
const lines = (sdp: string, ...heads: string[]): string[][] =>
  sdp
    .split(/(?=^m=)/m)
    .slice(1)
    .map((section) => section.split('\r\n').filter((l) => heads.some((h) => l.startsWith(h))));

test('what Chrome offers is answered with its payload types, ids and repair formats', () => {
  const { sdp, session } = answerTo(chrome());
  expect(
    lines(sdp, 'm=', 'a=mid', 'a=rtpmap', 'a=fmtp', 'a=extmap', 'a=sendrecv', 'a=recvonly'),
  ).toEqual([
    [
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=mid:0',
      'a=sendrecv',
      'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
      'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
      'a=rtpmap:111 opus/48000/2',
      'a=fmtp:111 minptime=10;useinbandfec=1',
    ],
    [
      'm=video 9 UDP/TLS/RTP/SAVPF 98 99 96 97 108 109',
      'a=mid:1',
      'a=recvonly',
      'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
      'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
      'a=rtpmap:98 VP9/90000',
      'a=fmtp:98 profile-id=0',
      'a=rtpmap:99 rtx/90000',
      'a=fmtp:99 apt=98',
      'a=rtpmap:96 VP8/90000',
      'a=rtpmap:97 rtx/90000',
      'a=fmtp:97 apt=96',
      'a=rtpmap:108 H264/90000',
      'a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
      'a=rtpmap:109 rtx/90000',
      'a=fmtp:109 apt=108',
    ],
    ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=mid:2'],
  ]);
  const [audio, video] = session.transceivers.map(({ negotiated }) => negotiated!);
  expect(audio!.remoteStreams).toEqual({ ssrc: 2231627014, rtxSsrc: undefined });
  expect(audio!.extensions).toEqual({ mid: 4, sendTime: 2, captureTime: undefined });
  expect(video!.remoteStreams).toEqual({ ssrc: 3570614608, rtxSsrc: 4079032989 });
  expect(video!.direction).toBe('recvonly');
  expect(video!.remoteStreamIds).toEqual(['57017e67']);
  expect(video!.remoteTrackId).toBe('05b9d2a1');
  expect(session.negotiationNeeded).toBe(false);
});

test('of sections that could also go alone, only the transport of the first counts', () => {
  const { transport, media } = parsed(chrome(true));
  expect(transport.usernameFragment).toBe('4tI0');
  expect(transport.candidates).toEqual([expect.stringContaining(' 46243 ')]);
  expect(media.map(({ rejected }) => rejected)).toEqual([false, false, false]);
  expect(parsed(chrome()).transport).toMatchObject({ setup: 'actpass', maxMessageSize: 262_144 });
});

test('the section whose transport the offer uses is that of the answer too', () => {
  const { sdp } = answerTo(chrome(true).replace('BUNDLE 0 1 2', 'BUNDLE 1 0 2'));
  expect(sdp).toContain('a=group:BUNDLE 1 0 2\r\n');
  expect(lines(sdp, 'a=candidate').map(({ length }) => length)).toEqual([0, 1, 0]);
  expect(parsed(chrome(true).replace('BUNDLE 0', 'BUNDLE 1 0')).transport.usernameFragment).toBe(
    '4tI1',
  );
});

test('what Firefox offers is taken: a section only in the bundle, feedback for all, ids with a direction', () => {
  const { sdp, session } = answerTo(firefox);
  expect(lines(sdp, 'm=', 'a=sendonly', 'a=sendrecv', 'a=recvonly', 'a=fmtp')).toEqual([
    ['m=audio 9 UDP/TLS/RTP/SAVPF 109', 'a=sendonly', expect.stringContaining('a=fmtp:109')],
    expect.arrayContaining([
      'm=video 9 UDP/TLS/RTP/SAVPF 121 125 120 124',
      'a=sendrecv',
      'a=fmtp:125 apt=121',
    ]),
  ]);
  const [audio, video] = session.transceivers.map(({ negotiated }) => negotiated!);
  expect(video!.formats[0]!.feedback).toEqual(['nack', 'nack pli', 'ccm fir', 'goog-remb']);
  expect(video!.extensions).toEqual({ mid: 3, sendTime: 4, captureTime: undefined });
  expect([audio!.reducedSize, video!.reducedSize]).toEqual([false, true]);
  // It offers no data channels, so they are still to be offered.
  expect(session.negotiationNeeded).toBe(true);
});

test('what a library offers is taken: parameters of the session, data channels as they once were written', () => {
  const offer = parsed(library);
  expect(offer.transport).toMatchObject({
    usernameFragment: '9vS2',
    iceLite: true,
    maxMessageSize: 65_536,
  });
  const { sdp } = answerTo(library);
  expect(sdp).toContain('a=group:BUNDLE audio data\r\n');
  expect(lines(sdp, 'm=', 'a=inactive', 'a=recvonly', 'a=sctp', 'a=candidate')).toEqual([
    ['m=video 0 UDP/TLS/RTP/SAVPF 0', 'a=inactive'],
    [
      'm=audio 9 UDP/TLS/RTP/SAVPF 96',
      'a=candidate:1 1 udp 2130706431 10.0.0.1 5000 typ host',
      'a=recvonly',
    ],
    ['m=application 9 DTLS/SCTP 5000', 'a=sctpmap:5000 webrtc-datachannel 65535'],
  ]);
});

test('what is not known, not multiplexed or without a common codec is refused with its own type and protocol', () => {
  const { sdp, session } = answerTo(strange);
  expect(sdp).toContain('a=group:BUNDLE b\r\n');
  expect(lines(sdp, 'm=', 'a=mid', 'a=extmap')).toEqual([
    ['m=text 0 RTP/AVP 0', 'a=mid:t'],
    ['m=application 0 TCP/BFCP 0', 'a=mid:s'],
    ['m=audio 0 UDP/TLS/RTP/SAVPF 0', 'a=mid:a'],
    ['m=video 9 RTP/SAVPF 100', 'a=mid:b', 'a=extmap:20 urn:ietf:params:rtp-hdrext:sdes:mid'],
    ['m=video 0 UDP/TLS/RTP/SAVPF 0', 'a=mid:v'],
  ]);
  // Nothing was made up for what was refused: the audio of this side is still free.
  expect(session.transceivers.map(({ negotiated }) => negotiated?.mid)).toEqual([undefined, 'b']);
});

test('an offer of ours is what RFC 8829 says, line by line', () => {
  const session = new MediaSession({
    codecs: (kind) => codecs(kind).slice(0, 1),
    accept: transceiver,
  });
  session.add(transceiver('audio', 101));
  session.add(transceiver('video', 102));
  const { media, bundle } = session.createOffer();
  const transport = { ...LOCAL, setup: 'actpass' as const };
  const sdp = writeSdp({ sessionId: '12', version: 3, media, bundle, transport, cname: 'us' });
  const common = [
    'a=ice-ufrag:ours',
    'a=ice-pwd:a+password+of+22+chars',
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${LOCAL.fingerprints[0]!.value}`,
    'a=setup:actpass',
  ];
  const extensions = [
    'a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid',
    'a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
    'a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  ];
  expect(sdp.split('\r\n')).toEqual([
    'v=0',
    'o=- 12 3 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1 2',
    'a=msid-semantic:WMS *',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=candidate:1 1 udp 2130706431 10.0.0.1 5000 typ host',
    ...common,
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    ...extensions,
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=msid:us track',
    'a=ssrc:101 cname:us',
    'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
    'c=IN IP4 0.0.0.0',
    'a=mid:1',
    ...common,
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtcp-rsize',
    ...extensions,
    'a=rtpmap:96 VP9/90000',
    'a=rtcp-fb:96 nack',
    'a=rtcp-fb:96 nack pli',
    'a=rtcp-fb:96 ccm fir',
    'a=rtcp-fb:96 goog-remb',
    'a=fmtp:96 profile-id=0',
    'a=rtpmap:97 rtx/90000',
    'a=fmtp:97 apt=96',
    'a=msid:us track',
    'a=ssrc-group:FID 102 103',
    'a=ssrc:102 cname:us',
    'a=ssrc:103 cname:us',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:2',
    ...common,
    'a=sctp-port:5000',
    'a=max-message-size:262144',
    '',
  ]);
});

test('a section that sends nothing at present is in no stream, and keeps its SSRCs', () => {
  const session = new MediaSession({ codecs, accept: transceiver });
  const video = transceiver('video', 102);
  session.add(video);
  video.direction = 'recvonly';
  const { media, bundle } = session.createOffer();
  const sdp = writeSdp({
    sessionId: '12',
    version: 3,
    media,
    bundle,
    transport: LOCAL,
    cname: 'us',
  });
  expect(sdp).not.toContain('a=msid:');
  expect(sdp.match(/^a=ssrc.*$/gm)).toEqual([
    'a=ssrc-group:FID 102 103',
    'a=ssrc:102 cname:us',
    'a=ssrc:103 cname:us',
  ]);
});

test('whatever this side writes, it reads back the same', () => {
  fc.assert(
    fc.property(descriptions, (content) => {
      expect(parseSdp(writeSdp(content))).toEqual({ ok: true, value: content });
    }),
    { numRuns: 100 },
  );
});

test('another implementation reads the same in what this side writes', () => {
  fc.assert(
    fc.property(descriptions, (content) => {
      const oracle = Oracle.parse(writeSdp(content));
      expect(oracle.group.flatMap(({ items }) => items)).toEqual(content.bundle);
      expect(
        oracle.media.map(({ kind, rtp, port, direction, dtlsParams, iceParams }) => ({
          kind,
          mid: rtp.muxId,
          rejected: port === 0,
          ...(kind === 'application' || port === 0 ? {} : { direction }),
          ...(port === 0
            ? {}
            : {
                role: dtlsParams?.role,
                ufrag: iceParams?.usernameFragment,
                pwd: iceParams?.password,
              }),
          types: rtp.codecs.map(({ payloadType }) => payloadType),
        })),
      ).toEqual(
        content.media.map(({ kind, mid, rejected, direction, section }) => ({
          kind,
          mid,
          rejected,
          ...(kind === 'application' || rejected ? {} : { direction }),
          ...(rejected
            ? {}
            : {
                role: { actpass: 'auto', active: 'client', passive: 'server' }[
                  content.transport.setup
                ],
                ufrag: content.transport.usernameFragment,
                pwd: content.transport.password,
              }),
          types: section.codecs.map(({ payloadType }) => payloadType),
        })),
      );
    }),
    { numRuns: 100 },
  );
});

test('damaged and hostile descriptions are refused or answered, never thrown at', () => {
  expect(fuzzDescriptions(1000)).toBeGreaterThan(200);
});

test.each([
  ['', 'no media section'],
  ['v=0\r\n', 'no media section'],
  [`v=0\r\n${'m=audio 9 X 0\r\n'.repeat(65)}`, 'more than 64 media sections'],
  [' '.repeat(300_000), 'longer than'],
  [chrome().replace(/^o=.*$/m, 'o=hello'), 'no origin'],
  [chrome().replaceAll(/^a=ice-ufrag.*\r\n/gm, ''), 'no ICE credentials'],
  [chrome().replaceAll(/^a=ice-pwd.*$/gm, 'a=ice-pwd:short'), 'malformed'],
  [chrome().replaceAll(/^a=fingerprint.*\r\n/gm, ''), 'no fingerprint'],
  [chrome().replace('a=mid:1', 'a=mid:0'), 'same MID'],
  [chrome().replace('a=mid:1', `a=mid:${'x'.repeat(33)}`), 'MID of its media section 1'],
  [chrome().replace('a=mid:1', 'a=mid:a b'), 'MID of its media section 1'],
  [chrome().replace(/^m=video.*$/m, 'm=video'), 'm= line of its media section 1'],
])('a description that cannot be used says why (%#)', (sdp, reason) => {
  expect(parseSdp(sdp)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
});
