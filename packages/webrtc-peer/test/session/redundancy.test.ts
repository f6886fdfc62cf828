import {
  type CodecDescription,
  describeOpus,
  parseMediaSection,
  codecAttributes,
} from '@rm/codecs';
import { expect, test } from '@jest/globals';
import { describeFormats, Formats } from '../../src/session/formats.js';

const OPUS: readonly CodecDescription[] = [{ ...describeOpus(), feedback: ['nack'] }];

/** What the other side reads of a section with these codecs. */
function said(codecs: readonly CodecDescription[]): ReturnType<typeof section> {
  const types = codecs.map(({ payloadType }) => payloadType).join(' ');
  return section([`m=audio 9 UDP/TLS/RTP/SAVPF ${types}`, ...codecAttributes(codecs)]);
}

function section(lines: readonly string[]) {
  const parsed = parseMediaSection(lines.join('\r\n'));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

/** As Chromium offers it. */
const chromium = (fmtp = 'a=fmtp:63 111/111'): ReturnType<typeof section> =>
  section([
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 transport-cc',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=rtpmap:63 red/48000/2',
    fmtp,
    'a=rtpmap:9 G722/8000',
  ]);

test('redundancy is offered in these lines, after Opus', () => {
  expect(codecAttributes(new Formats().offer(OPUS))).toEqual([
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 nack',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=rtpmap:63 red/48000/2',
    'a=fmtp:63 111/111',
  ]);
});

test('two nodes agree on it, and Opus stays the first', () => {
  const offered = new Formats().offer(OPUS);
  const theirs = new Formats().answer(OPUS, said(offered));
  const answer = describeFormats(theirs);
  const ours = new Formats().accept(offered, said(answer));
  for (const formats of [ours, theirs]) {
    expect(formats).toHaveLength(1);
    expect(formats[0]).toMatchObject({ payloadType: 111, red: { local: 63, payloadType: 63 } });
  }
  expect(said(answer).codecs.map(({ name }) => name)).toEqual(['opus', 'red']);
});

test('what Chromium offers is answered with it, and its own answer is taken', () => {
  const [format] = new Formats().answer(OPUS, chromium());
  expect(format).toMatchObject({ payloadType: 111, red: { local: 63, payloadType: 63 } });
  const offered = new Formats().offer(OPUS);
  const [accepted] = new Formats().accept(offered, chromium());
  expect(accepted).toMatchObject({ payloadType: 111, red: { local: 63, payloadType: 63 } });
});

test('other numbers of the other side are the ones that are sent', () => {
  const offered = new Formats().offer(OPUS);
  const [format] = new Formats().accept(
    offered,
    section([
      'm=audio 9 UDP/TLS/RTP/SAVPF 96 97',
      'a=rtpmap:96 opus/48000/2',
      'a=rtpmap:97 red/48000/2',
      'a=fmtp:97 96/96/96',
    ]),
  );
  expect(format).toMatchObject({ payloadType: 96, red: { local: 63, payloadType: 97 } });
});

test.each([
  ['of something else', 'a=fmtp:63 111/0'],
  ['of one block only', 'a=fmtp:63 111'],
  ['of nothing', 'a=ptime:20'],
])('redundancy %s is not taken', (_, fmtp) => {
  const formats = new Formats().answer(OPUS, chromium(fmtp));
  expect(formats).toMatchObject([{ payloadType: 111, red: undefined }]);
  expect(said(describeFormats(formats)).codecs.map(({ name }) => name)).toEqual(['opus']);
});

test('a peer without it is sent Opus as it is', () => {
  const plain = [describeOpus()];
  const offered = new Formats().offer(OPUS);
  const answer = describeFormats(new Formats().answer(plain, said(offered)));
  expect(new Formats().accept(offered, said(answer))).toMatchObject([{ red: undefined }]);
  expect(new Formats().answer(OPUS, said(plain))).toMatchObject([{ red: undefined }]);
});

test('its number is another one where 63 is taken, and stays what it was', () => {
  const formats = new Formats();
  const video = section(['m=video 9 UDP/TLS/RTP/SAVPF 63', 'a=rtpmap:63 VP8/90000']);
  formats.answer([], video);
  const [, red] = formats.offer(OPUS);
  expect(red).toMatchObject({ name: 'red', payloadType: 96, parameters: { '111/111': '' } });
  expect(formats.offer(OPUS)[1]).toEqual(red);
});
