import { expect, test } from '@jest/globals';
import { Vp9RtpPayload } from 'werift';
import {
  FrameAssembler,
  movingPicture,
  videoDepacketizer,
  videoPacketizer,
  type EncodedVideoFrame,
  type Micros,
} from '../src/index.js';
import { codecs, describeNative } from './support/native-video.js';

const picture = movingPicture(320, 180);

/** 48 frames of the native encoder, of which the one at 24 is a key frame too. */
async function encode(temporalLayers: number): Promise<EncodedVideoFrame[]> {
  const encoder = await codecs.createEncoder({
    codec: 'VP9',
    bitrate: 600_000,
    fps: 30,
    temporalLayers,
  });
  const frames: EncodedVideoFrame[] = [];
  for (let i = 0; i < 48; i++) {
    const frame = await encoder.encode(picture(i), { keyFrame: i === 24 });
    if (!frame) throw new Error('a picture was dropped; give the encoder more bitrate');
    frames.push(frame);
  }
  encoder.close();
  return frames;
}

const key = (data: Uint8Array): string => Buffer.from(data).toString('base64');

/**
 * Sends frames in small packets, those of some frames lost, and gives for each that is released how many packets had
 * come behind its last. Lost packets are not waited for, so that only references can hold a frame back.
 */
function release(
  frames: readonly EncodedVideoFrame[],
  lost: ReadonlySet<number> = new Set(),
): Map<number, number> {
  const packetizer = videoPacketizer('VP9');
  const assembler = new FrameAssembler(videoDepacketizer('VP9'), { maxWait: 0 as Micros });
  const pushed: number[] = [];
  const waited = new Map<number, number>();
  let sequenceNumber = 65_400;
  for (const [i, frame] of frames.entries()) {
    for (const { payload, marker } of packetizer.packetize(frame, 300)) {
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
      if (lost.has(i)) continue;
      pushed.push(i);
      const arrival = (i * 33_333) as Micros;
      assembler.push({ sequenceNumber, timestamp: frame.timestamp, marker, payload, arrival });
      for (let out = assembler.poll(arrival); out; out = assembler.poll(arrival)) {
        if (out.kind !== 'frame') continue;
        const index = frames.findIndex(({ timestamp }) => timestamp === out.timestamp);
        expect(key(out.data)).toBe(key(frames[index]!.data));
        waited.set(index, pushed.length - 1 - pushed.lastIndexOf(index));
      }
    }
  }
  return waited;
}

/** What a decoder shows of the frames, as text to compare. */
async function shown(
  frames: readonly EncodedVideoFrame[],
  given: (index: number) => boolean,
): Promise<Map<number, string>> {
  const decoder = await codecs.createDecoder({ codec: 'VP9' });
  const pictures = new Map<number, string>();
  for (const [i, frame] of frames.entries()) {
    if (!given(i)) continue;
    const result = await decoder.decode(frame);
    if (result.ok && result.frame) pictures.set(i, key(result.frame.y.data));
  }
  decoder.close();
  return pictures;
}

describeNative('VP9 in temporal layers over RTP', () => {
  test.each([1, 2, 3])(
    'in %i layers each frame is released with its last packet',
    async (layers) => {
      const frames = await encode(layers);
      expect(new Set(frames.map(({ temporalId }) => temporalId)).size).toBe(layers);
      const waited = release(frames);
      expect([...waited.keys()]).toEqual(frames.map((_, i) => i));
      expect(new Set(waited.values())).toEqual(new Set([0]));
    },
  );

  test.each([1, 2, 3])(
    'a lost frame of an upper layer costs what refers to it, and nothing waits (frame %i of four)',
    async (position) => {
      const frames = await encode(3);
      const lost = 8 + position;
      const waited = release(frames, new Set([lost]));
      // The middle layer is kept for the top picture after it; a picture of the top layer for none.
      const costs = position === 2 ? [lost, lost + 1] : [lost];
      expect([...waited.keys()]).toEqual(frames.map((_, i) => i).filter((i) => !costs.includes(i)));
      expect(new Set(waited.values())).toEqual(new Set([0]));
      // And what is released is, bit for bit, the picture that would be seen without the loss.
      const without = await shown(frames, (i) => waited.has(i));
      const all = await shown(frames, () => true);
      expect(without.size).toBe(frames.length - costs.length);
      for (const [i, seen] of without) expect(seen === all.get(i)).toBe(true);
    },
  );

  test('another implementation reads the same layers and references', async () => {
    const packetizer = videoPacketizer('VP9');
    const read = (await encode(3)).slice(0, 9).map((frame) => {
      const [first] = packetizer.packetize(frame, 1200);
      const { tid, u, pDiff, iBit, fBit, pBit } = Vp9RtpPayload.deSerialize(
        Buffer.from(first!.payload),
      );
      return { tid, u, pDiff, iBit, fBit, pBit };
    });
    const base = { iBit: 1, fBit: 1 };
    const group = [
      { ...base, tid: 2, u: 0, pDiff: [1], pBit: 1 },
      { ...base, tid: 1, u: 0, pDiff: [2], pBit: 1 },
      { ...base, tid: 2, u: 0, pDiff: [1], pBit: 1 },
      { ...base, tid: 0, u: 1, pDiff: [4], pBit: 1 },
    ];
    expect(read).toEqual([{ ...base, tid: 0, u: 1, pDiff: [], pBit: 0 }, ...group, ...group]);
  });
});
