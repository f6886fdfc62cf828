import { expect, test } from '@jest/globals';
import {
  FrameAssembler,
  movingPicture,
  psnr,
  videoDepacketizer,
  videoPacketizer,
  type Micros,
  type VideoEncodingName,
} from '../src/index.js';
import { codecs, describeNative } from './support/native-video.js';

const picture = movingPicture(320, 180);

interface Sent {
  readonly codec: VideoEncodingName;
  readonly layers: number;
  /** Whether a packet of a frame is lost on the way. */
  readonly lose?: (frame: number, packet: number) => boolean;
  /** Whether a server on the way leaves the frame out, as one does for a receiver with a thin line. */
  readonly leaveOut?: (frame: number, temporalId: number) => boolean;
}

/** Sends 60 pictures in small packets; gives the indices of those seen, and how many key frames that took. */
async function send({
  codec,
  layers,
  lose,
  leaveOut,
}: Sent): Promise<{ seen: number[]; keys: number[] }> {
  const encoder = await codecs.createEncoder({
    codec,
    bitrate: 600_000,
    fps: 30,
    temporalLayers: layers,
  });
  const decoder = await codecs.createDecoder({ codec });
  const packetizer = videoPacketizer(codec);
  const assembler = new FrameAssembler(videoDepacketizer(codec));
  const seen: number[] = [];
  const keys: number[] = [];
  let sequenceNumber = 65_500;
  for (let i = 0; i < 60; i++) {
    const arrival = (33_333 * i) as Micros;
    const frame = await encoder.encode(picture(i), { keyFrame: i > 0 && assembler.keyFrameNeeded });
    if (!frame) continue;
    if (frame.key) keys.push(i);
    if (leaveOut?.(i, frame.temporalId)) continue;
    for (const [n, { payload, marker }] of packetizer.packetize(frame, 400).entries()) {
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
      if (lose?.(i, n)) continue;
      assembler.push({ sequenceNumber, timestamp: frame.timestamp, marker, payload, arrival });
    }
    for (let out = assembler.poll(arrival); out; out = assembler.poll(arrival)) {
      if (out.kind !== 'frame') continue;
      const result = await decoder.decode({ ...out, capture: undefined });
      // What the assembler lets through is never refused, and never a picture of damaged references.
      if (!result.ok || !result.frame) throw new Error(`${out.timestamp} was not decoded`);
      const index = out.timestamp / 3000;
      expect(psnr(picture(index), result.frame)).toBeGreaterThan(28);
      seen.push(index);
    }
  }
  encoder.close();
  decoder.close();
  return { seen, keys };
}

const all = Array.from({ length: 60 }, (_, i) => i);

describeNative('video over RTP', () => {
  test.each<VideoEncodingName>(['VP8', 'VP9', 'H264'])(
    '%s: every picture arrives',
    async (codec) => {
      const { seen, keys } = await send({ codec, layers: 1 });
      expect(seen).toEqual(all);
      expect(keys).toEqual([0]);
    },
  );

  test.each<VideoEncodingName>(['VP8', 'VP9', 'H264'])(
    '%s: after a loss the next key frame heals, and nothing wrong is seen before',
    async (codec) => {
      const lose = (frame: number, packet: number): boolean => frame === 20 && packet === 0;
      const { seen, keys } = await send({ codec, layers: 1, lose });
      expect(keys).toHaveLength(2);
      const healed = keys[1]!;
      expect(healed).toBeLessThan(30);
      expect(seen).toEqual(all.filter((i) => i < 20 || i >= healed));
    },
  );

  test('VP9 in three layers: a receiver can be sent a quarter, half or all of them in turn', async () => {
    const top = (frame: number): number => [2, 0, 1, 2][Math.floor(frame / 16)]!;
    const leaveOut = (frame: number, temporalId: number): boolean => temporalId > top(frame);
    const { seen, keys } = await send({ codec: 'VP9', layers: 3, leaveOut });
    expect(keys).toEqual([0]);
    const step = [1, 4, 2, 1];
    expect(seen).toEqual(all.filter((i) => i % step[Math.floor(i / 16)]! === 0));
  });
});
