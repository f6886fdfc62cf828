import { describeVideo } from '@rm/codecs';
import { expect, test } from '@jest/globals';
import { parseSdp } from '../../src/session/parse-sdp.js';
import { Formats } from '../../src/session/formats.js';

test('what was offered and not answered can be received, as some go by what they prefer', () => {
  const formats = new Formats();
  const offered = formats.offer(describeVideo(['VP9', 'H264']));
  const only = offered.find(({ name }) => name === 'H264')!;
  const answer = { kind: 'video', codecs: [only], ptime: undefined, maxptime: undefined };
  const agreed = formats.accept(offered, answer);
  expect(agreed.map(({ local }) => local.name)).toEqual(['H264']);
  const more = formats.unanswered(offered, agreed);
  expect(more.map(({ local, rtx }) => [local.name, rtx !== undefined])).toEqual([['VP9', true]]);
});

test('nothing is received where nothing was agreed on', () => {
  const formats = new Formats();
  const offered = formats.offer(describeVideo(['VP9']));
  expect(formats.unanswered(offered, [])).toEqual([]);
});

test('a version that no number can hold is read as the largest that one can', () => {
  const sdp = (version: string): string =>
    [
      'v=0',
      `o=- 1 ${version} IN IP4 0.0.0.0`,
      's=-',
      't=0 0',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'a=mid:0',
      'a=ice-ufrag:abcd',
      'a=ice-pwd:abcdefghijklmnopqrstuv',
      'a=fingerprint:sha-256 AA:BB',
      'a=setup:actpass',
      '',
    ].join('\r\n');
  const result = parseSdp(sdp('99999999999999999999'));
  expect(result).toMatchObject({ ok: true, value: { version: Number.MAX_SAFE_INTEGER } });
});
