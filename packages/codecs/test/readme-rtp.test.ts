import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { answerVideo, overRtp } from '../examples/over-rtp.js';
import { media } from './support/rtp.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the sample under "RTP payload formats" in the README is the example file', () => {
  const block = /## RTP payload formats\n.*?```ts\n(.*?)```/s.exec(read('../README.md'))?.[1];
  expect(block).toBe(read('../examples/over-rtp.ts'));
});

test('its answer takes VP9 and H.264 from what a browser offers', () => {
  const { lines, send } = answerVideo(
    [
      'm=video 9 UDP/TLS/RTP/SAVPF 96 98 102',
      'a=rtpmap:96 VP8/90000',
      'a=rtcp-fb:* nack pli',
      'a=rtpmap:98 VP9/90000',
      'a=fmtp:98 profile-id=0',
      'a=rtpmap:102 H264/90000',
      'a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034',
    ].join('\r\n'),
  );
  expect(lines).toEqual([
    'a=rtpmap:98 VP9/90000',
    'a=rtcp-fb:98 nack pli',
    'a=fmtp:98 profile-id=0',
    'a=rtpmap:102 H264/90000',
    'a=rtcp-fb:102 nack pli',
    'a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  ]);
  expect(send).toMatchObject({ codec: 'VP9', profile: 0 });
});

test('its stream comes back to life after every loss', () => {
  const keys: number[] = [];
  let sent = 0;
  const received = overRtp(
    'VP9',
    (key) => {
      if (key) keys.push(sent);
      sent++;
      return { data: media(5000), key, temporalId: 0 };
    },
    100,
  );
  expect(keys.length).toBeGreaterThan(5);
  expect(keys.length).toBeLessThan(12);
  expect(received.length).toBeGreaterThan(40);
  const times = received.map(({ timestamp }) => timestamp / 3000);
  received.forEach(({ data, key }, i) => {
    expect(Buffer.from(data).equals(media(5000))).toBe(true);
    expect(key || times[i]! - times[i - 1]! === 1).toBe(true);
  });
});
