import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  codecAttributes,
  describeOpus,
  describeVideo,
  parseMediaSection,
  type MediaSection,
} from '../src/index.js';

const section = (...lines: string[]): MediaSection => {
  const result = parseMediaSection(lines.join('\r\n'));
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

test('VP9 is offered first and H.264 as fallback, in the numbers of the specification', () => {
  expect(codecAttributes(describeVideo('vp9-primary-h264-fallback'))).toEqual([
    'a=rtpmap:96 VP9/90000',
    'a=rtcp-fb:96 nack',
    'a=rtcp-fb:96 nack pli',
    'a=rtcp-fb:96 ccm fir',
    'a=rtcp-fb:96 goog-remb',
    'a=fmtp:96 profile-id=0',
    'a=rtpmap:97 H264/90000',
    'a=rtcp-fb:97 nack',
    'a=rtcp-fb:97 nack pli',
    'a=rtcp-fb:97 ccm fir',
    'a=rtcp-fb:97 goog-remb',
    'a=fmtp:97 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  ]);
});

test.each([
  ['vp9-only', ['VP9']],
  ['h264-only', ['H264']],
  [
    ['AV1', 'VP8'],
    ['AV1', 'VP8'],
  ],
] as const)('the preference %j offers %j', (preference, names) => {
  expect(describeVideo(preference).map(({ name }) => name)).toEqual(names);
});

test('transport-wide feedback is offered only if asked for', () => {
  const kinds = (transportCc: boolean): string[] =>
    [...describeVideo(['VP8'], { transportCc }), describeOpus({}, { transportCc })].flatMap(
      ({ feedback }) => feedback,
    );
  expect(kinds(false)).not.toContain('transport-cc');
  expect(kinds(true).filter((kind) => kind === 'transport-cc')).toHaveLength(2);
});

test('Opus is described with what the receiver wants', () => {
  expect(codecAttributes([describeOpus()])).toEqual([
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 minptime=10;useinbandfec=1',
  ]);
  const all = describeOpus(
    {
      stereo: true,
      sendsStereo: true,
      inbandFec: false,
      dtx: true,
      cbr: true,
      maxAverageBitrate: 48_000,
      maxPlaybackRate: 24_000,
      minPtime: 20,
    },
    { payloadType: 100 },
  );
  expect(codecAttributes([all])).toEqual([
    'a=rtpmap:100 opus/48000/2',
    'a=fmtp:100 minptime=20;useinbandfec=0;stereo=1;sprop-stereo=1;usedtx=1;cbr=1;maxaveragebitrate=48000;maxplaybackrate=24000',
  ]);
});

test.each([
  () => describeOpus({ maxAverageBitrate: 5_999 }),
  () => describeOpus({ maxPlaybackRate: 48_001 }),
  () => describeOpus({ minPtime: 2 }),
  () => describeOpus({}, { payloadType: 128 }),
  () => describeVideo(['VP8', 'VP9'], { firstPayloadType: 127 }),
])('what cannot be described is refused with what to give instead (%#)', (describe) => {
  expect(describe).toThrow(
    expect.objectContaining({ code: 'BAD_ARGUMENT', message: expect.stringMatching(/give|let/) }),
  );
});

test('the codecs come in the order of the m= line, those without rtpmap are left out', () => {
  const { kind, codecs } = section(
    'v=0',
    'a=rtpmap:97 ignored/90000',
    'm=video 9 UDP/TLS/RTP/SAVPF 98 0 97 200 96',
    'a=rtpmap:96 vp8/90000',
    'a=rtcp-fb:* nack pli',
    'a=rtcp-fb:97 nack',
    'a=rtpmap:97 VP9/90000',
    'a=fmtp:97  Profile-ID = 2 ; ;x;y=',
    'a=rtpmap:98 H264/90000',
    'a=rtpmap:99 AV1/90000',
    'a=rtpmap:200 AV1/90000',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:96 ccm fir',
  );
  expect(kind).toBe('video');
  expect(codecs.map(({ payloadType, name }) => [payloadType, name])).toEqual([
    [98, 'H264'],
    [97, 'VP9'],
    [96, 'vp8'],
  ]);
  expect(codecs[1]).toEqual({
    payloadType: 97,
    name: 'VP9',
    clockRate: 90_000,
    channels: 1,
    parameters: { 'profile-id': '2', x: '', y: '' },
    feedback: ['nack pli', 'nack'],
  });
  expect(codecs[2]!.feedback).toEqual(['nack pli']);
});

test('packet durations are read where they make sense', () => {
  const media = 'm=audio 9 RTP/AVP 111';
  expect(section(media, 'a=ptime:20', 'a=maxptime:60')).toMatchObject({ ptime: 20, maxptime: 60 });
  expect(section(media, 'a=ptime:0', 'a=maxptime:1e3')).toMatchObject({
    ptime: undefined,
    maxptime: undefined,
  });
});

test('text that is too long or has no media section is refused', () => {
  expect(parseMediaSection('v=0\r\n')).toEqual({ ok: false, reason: 'no-media-line' });
  expect(parseMediaSection(`m=video 9 RTP/AVP 96\n${'x'.repeat(65_536)}`)).toEqual({
    ok: false,
    reason: 'too-long',
  });
});

test('a payload type keeps no more parameters and feedback than the limits say', () => {
  const { codecs } = section(
    'm=video 9 RTP/AVP 96',
    'a=rtpmap:96 VP8/90000',
    `a=fmtp:96 ${Array.from({ length: 100 }, (_, i) => `p${i}=1`).join(';')}`,
    ...Array.from({ length: 100 }, (_, i) => `a=rtcp-fb:96 kind${i}`),
  );
  expect(Object.keys(codecs[0]!.parameters)).toHaveLength(64);
  expect(codecs[0]!.feedback).toHaveLength(32);
});

test('names that belong to every object harm nothing', () => {
  const { codecs } = section(
    'm=video 9 RTP/AVP 96',
    'a=rtpmap:96 VP8/90000',
    'a=fmtp:96 __proto__=1;constructor=2',
  );
  expect(Object.entries(codecs[0]!.parameters)).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
  ]);
  expect(({} as Record<string, unknown>)['1']).toBeUndefined();
});

test('what is written is read back', () => {
  const codecs = [
    describeOpus({ stereo: true, maxAverageBitrate: 64_000 }),
    ...describeVideo(['VP9', 'AV1', 'H264', 'VP8'], { transportCc: true }),
  ];
  const types = codecs.map(({ payloadType }) => payloadType).join(' ');
  const read = section(`m=video 9 UDP/TLS/RTP/SAVPF ${types}`, ...codecAttributes(codecs));
  expect(read.codecs).toEqual(codecs);
});

test('no text makes the parser throw', () => {
  const words =
    'm= video a= rtpmap: fmtp: rtcp-fb: ptime: 96 * / 90000 ; = opus -1 é 999999999999 profile-level-id';
  const word = fc.constantFrom(...words.split(' '), ' ', '\r\n', '\n', '\u0000');
  const text = fc.array(fc.oneof(word, fc.string({ maxLength: 5 })), { maxLength: 60 });
  fc.assert(
    fc.property(text, (words) => {
      const result = parseMediaSection(`m=video 9 RTP/AVP 96 97\n${words.join('')}`);
      expect(result.ok).toBe(true);
    }),
    { numRuns: 500 },
  );
});
