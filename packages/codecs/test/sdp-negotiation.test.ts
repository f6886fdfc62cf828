import { describe, expect, test } from '@jest/globals';
import {
  acceptAnswer,
  answerCodecs,
  codecAttributes,
  describeOpus,
  describeVideo,
  fitsLimits,
  parseMediaSection,
  type CodecDescription,
  type MediaSection,
  type NegotiatedCodec,
} from '../src/index.js';

const media = (...lines: string[]): MediaSection => {
  const result = parseMediaSection(lines.join('\n'));
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};
const answerOf = (negotiated: readonly NegotiatedCodec[]): MediaSection => {
  const codecs = negotiated.map(({ local }) => local);
  const types = codecs.map(({ payloadType }) => payloadType).join(' ');
  return media(`m=video 9 UDP/TLS/RTP/SAVPF ${types}`, ...codecAttributes(codecs));
};
const offerOf = (codecs: readonly CodecDescription[]): MediaSection => ({
  kind: 'video',
  codecs,
  ptime: undefined,
  maxptime: undefined,
});
const h264 = (parameters: string): MediaSection =>
  media('m=video 9 RTP/SAVPF 100', 'a=rtpmap:100 H264/90000', `a=fmtp:100 ${parameters}`);
const opus = (...lines: string[]): MediaSection =>
  media('m=audio 54312 RTP/AVP 101', 'a=rtpmap:101 opus/48000/2', ...lines);
const size = (width: number, height: number, frameRate: number = 30) => ({
  width,
  height,
  frameRate,
});
const onlyVideo = ([codec]: readonly NegotiatedCodec[]) => {
  if (!codec || codec.send.codec === 'opus') throw new Error('no video codec was negotiated');
  return codec.send;
};

describe('a video codec', () => {
  test('is chosen in the order of the answerer, with payload types of the offer', () => {
    const offer = media(
      'm=video 9 UDP/TLS/RTP/SAVPF 120 121 122',
      'a=rtpmap:120 VP8/90000',
      'a=rtpmap:121 H264/90000',
      'a=fmtp:121 packetization-mode=1;profile-level-id=42e01f',
      'a=rtpmap:122 vp9/90000',
      'a=rtcp-fb:122 nack',
      'a=rtcp-fb:122 transport-cc',
    );
    const negotiated = answerCodecs(describeVideo('vp9-primary-h264-fallback'), offer);
    expect(negotiated.map(({ payloadType, send }) => [payloadType, send.codec])).toEqual([
      [122, 'VP9'],
      [121, 'H264'],
    ]);
    expect(negotiated[0]!.feedback).toEqual(['nack']);
    expect(codecAttributes(negotiated.map(({ local }) => local))).toEqual([
      'a=rtpmap:122 VP9/90000',
      'a=rtcp-fb:122 nack',
      'a=fmtp:122 profile-id=0',
      'a=rtpmap:121 H264/90000',
      'a=fmtp:121 packetization-mode=1;profile-level-id=42e01f',
    ]);
  });

  test('that both sides have is agreed by both to be the same', () => {
    const offered = describeVideo(['AV1', 'VP9', 'VP8', 'H264']);
    const ours = describeVideo(['H264', 'VP8', 'VP9', 'AV1'], { firstPayloadType: 40 });
    const answered = answerCodecs(ours, offerOf(offered));
    const accepted = acceptAnswer(offered, answerOf(answered));
    expect(accepted.map(({ payloadType, send }) => [payloadType, send])).toEqual(
      answered.map(({ payloadType, send }) => [payloadType, send]),
    );
    expect(accepted.map(({ send }) => send.codec)).toEqual(['H264', 'VP8', 'VP9', 'AV1']);
    expect(accepted.map(({ local }) => local)).toEqual(
      [...offered]
        .reverse()
        .map((_, i) => offered.find(({ name }) => name === accepted[i]!.local.name)),
    );
  });

  test('that only one side has is not', () => {
    expect(answerCodecs(describeVideo('vp9-only'), offerOf(describeVideo('h264-only')))).toEqual(
      [],
    );
    expect(acceptAnswer(describeVideo('vp9-only'), offerOf(describeVideo('h264-only')))).toEqual(
      [],
    );
  });

  test('may be sent with the other payload type that an answer gives it', () => {
    const answer = media('m=video 9 RTP/AVP 50', 'a=rtpmap:50 VP8/90000');
    expect(acceptAnswer(describeVideo(['VP8']), answer)).toMatchObject([
      { payloadType: 50, local: { payloadType: 96 } },
    ]);
  });

  test('is agreed on once, however often an answer names it', () => {
    const answer = media(
      'm=video 9 RTP/AVP 50 96',
      'a=rtpmap:50 VP8/90000',
      'a=rtpmap:96 VP8/90000',
    );
    expect(acceptAnswer(describeVideo(['VP8']), answer)).toHaveLength(1);
  });

  test('of the same name is told apart by its parameters', () => {
    const offer = media(
      'm=video 9 RTP/SAVPF 100 101 102 103',
      'a=rtpmap:100 H264/90000',
      'a=fmtp:100 packetization-mode=0;profile-level-id=42e01f',
      'a=rtpmap:101 H264/90000',
      'a=fmtp:101 packetization-mode=1;profile-level-id=640c1f',
      'a=rtpmap:102 VP9/90000',
      'a=fmtp:102 profile-id=2',
      'a=rtpmap:103 H264/90000',
      'a=fmtp:103 packetization-mode=1;profile-level-id=42c00d',
    );
    const negotiated = answerCodecs(describeVideo('vp9-primary-h264-fallback'), offer);
    expect(negotiated.map(({ payloadType }) => payloadType)).toEqual([103]);
  });
});

describe('VP9', () => {
  const vp9 = (...fmtp: string[]): MediaSection =>
    media('m=video 9 RTP/SAVPF 98', 'a=rtpmap:98 VP9/90000', ...fmtp);

  test('without profile-id is profile 0', () => {
    expect(answerCodecs(describeVideo('vp9-only'), vp9())).toMatchObject([
      { send: { codec: 'VP9', profile: 0 } },
    ]);
  });

  test.each(['profile-id=1', 'profile-id=9', 'profile-id=x'])('with %s is refused', (fmtp) => {
    expect(answerCodecs(describeVideo('vp9-only'), vp9(`a=fmtp:98 ${fmtp}`))).toEqual([]);
  });

  test('is sent no larger and no faster than max-fs and max-fr say', () => {
    const { limits } = onlyVideo(
      answerCodecs(describeVideo('vp9-only'), vp9('a=fmtp:98 max-fs=1200;max-fr=30')),
    );
    // The example of RFC 7741 §6.1: 1200 macroblocks, sides up to 97 of them.
    expect(limits).toMatchObject({ maxWidth: 1552, maxHeight: 1552, maxPixels: 640 * 480 });
    expect(fitsLimits(limits, size(640, 480))).toBe(true);
    expect(fitsLimits(limits, size(640, 480, 31))).toBe(false);
    expect(fitsLimits(limits, size(641, 480))).toBe(false);
    expect(fitsLimits(limits, size(1568, 16))).toBe(false);
  });
});

describe('H.264', () => {
  const ours = describeVideo('h264-only');
  const BOTH = 'level-asymmetry-allowed=1;packetization-mode=1;';
  const ONE = 'packetization-mode=1;';
  const answerLevel = (offer: MediaSection): string | undefined =>
    answerCodecs(ours, offer)[0]?.local.parameters['profile-level-id'];

  test.each([
    // offered, sent level, answered profile-level-id, asymmetry in the answer
    [`${BOTH}profile-level-id=42e01f`, '3.1', '42e01f', '1'],
    [`${BOTH}profile-level-id=42e00d`, '1.3', '42e01f', '1'],
    [`${BOTH}profile-level-id=42e033`, '5.1', '42e01f', '1'],
    [`${ONE}profile-level-id=42e00d`, '1.3', '42e00d', undefined],
    [`${ONE}profile-level-id=42e033`, '3.1', '42e01f', undefined],
    // Constrained baseline in the other guises of RFC 6184 table 5.
    [`${ONE}profile-level-id=42C01F`, '3.1', '42c01f', undefined],
    [`${ONE}profile-level-id=4d801f`, '3.1', '4d801f', undefined],
    [`${ONE}profile-level-id=58c01f`, '3.1', '58c01f', undefined],
    // Level 1b has the number of 1.1 and a flag.
    [`${ONE}profile-level-id=42f00b`, '1b', '42f00b', undefined],
    [`${ONE}profile-level-id=42e00b`, '1.1', '42e00b', undefined],
    [`${ONE}profile-level-id=42f01f`, '3.1', '42e01f', undefined],
  ])('offered with %s is sent at level %s and answered %s', (fmtp, level, answered, asymmetry) => {
    const negotiated = answerCodecs(ours, h264(fmtp));
    expect(negotiated).toMatchObject([
      { send: { codec: 'H264', profile: 'constrained-baseline', level, packetizationMode: 1 } },
    ]);
    const { parameters } = negotiated[0]!.local;
    expect(parameters['profile-level-id']).toBe(answered);
    expect(parameters['level-asymmetry-allowed']).toBe(asymmetry);
    expect(parameters['packetization-mode']).toBe('1');
  });

  test.each([
    'profile-level-id=42e01f',
    'packetization-mode=0;profile-level-id=42e01f',
    'packetization-mode=2;profile-level-id=42e01f',
    'packetization-mode=1',
    'packetization-mode=1;profile-level-id=42001f',
    'packetization-mode=1;profile-level-id=4d001f',
    'packetization-mode=1;profile-level-id=64001f',
    'packetization-mode=1;profile-level-id=640c1f',
    'packetization-mode=1;profile-level-id=42e0',
    'packetization-mode=1;profile-level-id=42e0ff',
    'packetization-mode=1;profile-level-id=nonsense',
  ])('offered with %s is refused, as another thing would come than was agreed', (fmtp) => {
    expect(answerCodecs(ours, h264(fmtp))).toEqual([]);
  });

  test('at level 3.1 is 720p at 30 frames, and not more', () => {
    const { limits } = onlyVideo(answerCodecs(ours, h264(`${ONE}profile-level-id=42e01f`)));
    expect(limits.maxBitrate).toBe(14_000_000);
    expect(fitsLimits(limits, size(1280, 720))).toBe(true);
    expect(fitsLimits(limits, size(1280, 720, 31))).toBe(false);
    expect(fitsLimits(limits, size(1280, 736))).toBe(false);
    // Fewer pixels than 720p, but more macroblocks.
    expect(fitsLimits(limits, size(1272, 724))).toBe(false);
  });

  test('goes beyond its level as far as the receiver says', () => {
    const more = `${ONE}profile-level-id=42e00b;max-fs=1200;max-mbps=36000;max-br=1500`;
    const { limits } = onlyVideo(answerCodecs(ours, h264(more)));
    expect(limits.maxBitrate).toBe(1_500_000);
    expect(fitsLimits(limits, size(640, 480))).toBe(true);
    const less = `${ONE}profile-level-id=42e01f;max-fs=99;max-mbps=1;max-br=1`;
    expect(fitsLimits(onlyVideo(answerCodecs(ours, h264(less))).limits, size(1280, 720))).toBe(
      true,
    );
  });

  test('of a high profile counts bits as that profile does', () => {
    const high = ours.map((codec) => ({
      ...codec,
      parameters: { ...codec.parameters, 'profile-level-id': '64001f' },
    }));
    const send = onlyVideo(answerCodecs(high, h264(`${BOTH}profile-level-id=640009`)));
    expect(send).toMatchObject({ profile: 'high', level: '1b', limits: { maxBitrate: 160_000 } });
  });

  test('is the same for offerer and answerer where levels may not differ', () => {
    const low = ours.map((codec) => ({
      ...codec,
      parameters: { 'packetization-mode': '1', 'profile-level-id': '42e015' },
    }));
    const answered = answerCodecs(ours, offerOf(low));
    const accepted = acceptAnswer(low, answerOf(answered));
    expect(onlyVideo(answered)).toEqual(onlyVideo(accepted));
    expect(answerLevel(offerOf(low))).toBe('42e015');
  });
});

describe('AV1', () => {
  const av1 = (fmtp: string): MediaSection =>
    media('m=video 49170 RTP/AVPF 98', 'a=rtpmap:98 AV1/90000', `a=fmtp:98 ${fmtp}`);
  const ours = describeVideo(['AV1']);

  test('is sent at the level of each receiver, as in the example of its payload format', () => {
    const offered = ours.map((codec) => ({
      ...codec,
      payloadType: 98,
      parameters: { profile: '0', 'level-idx': '0' },
    }));
    const answerer = ours.map((codec) => ({
      ...codec,
      parameters: { profile: '0', 'level-idx': '4', tier: '1' },
    }));
    const answered = answerCodecs(answerer, av1('profile=0; level-idx=0;'));
    expect(onlyVideo(answered)).toMatchObject({ profile: 0, levelIdx: 0, tier: 0 });
    expect(codecAttributes(answered.map(({ local }) => local))).toEqual([
      'a=rtpmap:98 AV1/90000',
      'a=fmtp:98 profile=0;level-idx=4;tier=1',
    ]);
    expect(onlyVideo(acceptAnswer(offered, answerOf(answered)))).toMatchObject({
      levelIdx: 4,
      tier: 1,
    });
  });

  test('is Main profile at level 3.1 where nothing is said, and never beyond our own profile', () => {
    expect(onlyVideo(answerCodecs(ours, av1('x')))).toMatchObject({
      profile: 0,
      levelIdx: 5,
      tier: 0,
    });
    expect(onlyVideo(answerCodecs(ours, av1('profile=2;level-idx=8;tier=1')))).toMatchObject({
      profile: 0,
      levelIdx: 8,
      limits: { maxBitrate: 30_000_000 },
    });
  });

  test.each([
    [5, 1280, 720, true],
    [5, 1920, 1080, false],
    [8, 1920, 1080, true],
    [10, 1920, 1080, true],
    [12, 3840, 2160, true],
    [31, 30_000, 30_000, true],
  ])('at level-idx %i takes %i × %i: %s', (level, width, height, fits) => {
    const { limits } = onlyVideo(answerCodecs(ours, av1(`level-idx=${level}`)));
    expect(fitsLimits(limits, size(width, height))).toBe(fits);
  });
});

describe('Opus', () => {
  const send = (...lines: string[]) => answerCodecs([describeOpus()], opus(...lines))[0]!.send;

  test('is sent mono, in 20 ms, without FEC and DTX, to who says nothing', () => {
    expect(send()).toEqual({
      codec: 'opus',
      channels: 1,
      inbandFec: false,
      dtx: false,
      cbr: false,
      maxAverageBitrate: 64_000,
      maxPlaybackRate: 48_000,
      minPacketDuration: 3_000,
      packetDuration: 20_000,
      maxPacketDuration: 120_000,
    });
  });

  test('is sent as the second example of RFC 7587 §7 asks', () => {
    const lines = [
      'a=fmtp:101 maxplaybackrate=16000; sprop-maxcapturerate=16000; maxaveragebitrate=20000; stereo=1; useinbandfec=1; usedtx=0',
      'a=ptime:40',
      'a=maxptime:40',
    ];
    expect(send(...lines)).toMatchObject({
      channels: 2,
      inbandFec: true,
      dtx: false,
      maxAverageBitrate: 20_000,
      maxPlaybackRate: 16_000,
      packetDuration: 40_000,
      maxPacketDuration: 40_000,
    });
  });

  test.each([
    ['stereo=1', 128_000],
    ['maxplaybackrate=8000', 12_000],
    ['maxplaybackrate=16000;stereo=1', 20_000],
    ['maxaveragebitrate=5000', 64_000],
    ['maxaveragebitrate=510000', 510_000],
  ])('with %s is at most %i bit/s on average', (fmtp, bitrate) => {
    expect(send(`a=fmtp:101 ${fmtp}`)).toMatchObject({ maxAverageBitrate: bitrate });
  });

  test('packets last as long as both limits allow', () => {
    expect(send('a=fmtp:101 minptime=40')).toMatchObject({ packetDuration: 40_000 });
    expect(send('a=ptime:2.5')).toMatchObject({ packetDuration: 3_000 });
    expect(send('a=maxptime:10')).toMatchObject({ packetDuration: 10_000 });
    expect(send('a=fmtp:101 minptime=60', 'a=maxptime:20')).toMatchObject({
      packetDuration: 60_000,
      maxPacketDuration: 60_000,
    });
  });

  test('of our side is described in the answer as it is in an offer', () => {
    const ours = describeOpus({ stereo: true, dtx: true });
    const [negotiated] = answerCodecs([ours], opus('a=fmtp:101 useinbandfec=0'));
    expect(negotiated).toMatchObject({
      payloadType: 101,
      local: { payloadType: 101, parameters: ours.parameters },
      send: { dtx: false, inbandFec: false, channels: 1 },
    });
  });

  test('with one channel in its rtpmap is no Opus', () => {
    const offer = media('m=audio 9 RTP/AVP 101', 'a=rtpmap:101 opus/48000');
    expect(answerCodecs([describeOpus()], offer)).toEqual([]);
  });
});
