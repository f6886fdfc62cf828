import { describe, expect, test } from '@jest/globals';
import {
  FrameAssembler,
  videoDepacketizer,
  videoPacketizer,
  vp9Depacketizer,
  type RtpPayload,
  type VideoEncodingName,
} from '../src/index.js';
import { bytes, framesIn, lossesIn, media, obu, run, toPackets } from './support/rtp.js';

const CODECS: readonly VideoEncodingName[] = ['VP8', 'VP9', 'H264', 'AV1'];

/** A frame as an encoder of the codec might give it. */
function encoded(codec: VideoEncodingName, key: boolean): Uint8Array {
  const content = media(300);
  switch (codec) {
    case 'VP8':
      content[0] = key ? 0x10 : 0x11;
      return content;
    case 'VP9':
      return content;
    case 'H264': {
      const sets = key ? [0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0, 0, 0, 1, 0x68, 0xce] : [];
      return bytes(...sets, 0, 0, 0, 1, key ? 0x65 : 0x41, ...content);
    }
    case 'AV1':
      return bytes(...(key ? obu(1, bytes(1, 2)) : []), ...obu(6, content));
  }
}

const LAYERS = [0, 2, 1, 2];
const stream = (codec: VideoEncodingName, frames: number, layered: boolean) => {
  const packetizer = videoPacketizer(codec);
  return toPackets(
    Array.from({ length: frames }, (_, i) =>
      packetizer.packetize(
        {
          data: encoded(codec, i === 0),
          key: i === 0,
          temporalId: layered ? LAYERS[i % LAYERS.length]! : 0,
        },
        200,
      ),
    ),
  );
};

describe.each(CODECS)('%s', (codec) => {
  test('frames of an encoder cross', () => {
    const frames = framesIn(
      run(new FrameAssembler(videoDepacketizer(codec)), stream(codec, 4, false)),
    );
    expect(frames.map(({ data }) => data)).toEqual(
      [true, false, false, false].map((key) => encoded(codec, key)),
    );
    expect(frames.map(({ key }) => key)).toEqual([true, false, false, false]);
  });
});

test('VP9 pictures tell all that they may refer to, across dropped frames and wraps', () => {
  const packetizer = videoPacketizer('VP9');
  const told = [0, 2, 1, 2, 0, 0, 1, 1].map((temporalId, i) => {
    const [first] = packetizer.packetize({ data: media(20), key: i === 0, temporalId }, 100) as [
      RtpPayload,
    ];
    const part = vp9Depacketizer.parse(first.payload);
    if (!part.ok) throw new Error(part.reason);
    const { references, layer } = part.value.descriptor;
    return [references, layer?.switchingPoint];
  });
  expect(told).toEqual([
    [[], true],
    [[1], false],
    [[2], false],
    [[3, 1, 2], false],
    [[4], true],
    [[1], true],
    [[1], false],
    [[2, 1], false],
  ]);
});

test('a layer that VP9 cannot tell the references of is refused', () => {
  expect(() =>
    videoPacketizer('VP9').packetize({ data: media(20), key: true, temporalId: 3 }, 100),
  ).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});

test('a VP9 stream that is taken up without its key frame can be sent, and waits for one', () => {
  const packetizer = videoPacketizer('VP9');
  const frames = [false, false, true, false].map((key) =>
    packetizer.packetize({ data: media(20), key, temporalId: 0 }, 100),
  );
  const outputs = run(new FrameAssembler(videoDepacketizer('VP9')), toPackets(frames));
  expect(framesIn(outputs).map(({ timestamp }) => (timestamp - 90_000) / 3000)).toEqual([2, 3]);
});

describe.each(['VP8', 'VP9'] as const)('%s with three temporal layers', (codec) => {
  test('loses a part of the top layer only until the next frame of the base', () => {
    const packets = stream(codec, 9, true);
    const lost = packets.findIndex(({ timestamp }) => timestamp === 90_000 + 3000);
    const outputs = run(
      new FrameAssembler(videoDepacketizer(codec)),
      packets.filter((_, i) => i !== lost),
    );
    const given = framesIn(outputs);
    expect(given.map(({ timestamp }) => (timestamp - 90_000) / 3000)).toEqual([
      0, 2, 4, 5, 6, 7, 8,
    ]);
    expect(given.map(({ temporalId }) => temporalId)).toEqual([0, 1, 0, 2, 1, 2, 0]);
    expect(lossesIn(outputs)).toMatchObject([{ packets: 1, keyFrameNeeded: false }]);
  });
});
