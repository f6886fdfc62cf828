import { expect, test } from '@jest/globals';
import {
  FrameAssembler,
  movingPicture,
  videoDepacketizer,
  videoPacketizer,
  type EncodedVideoFrame,
  type ReceivedPacket,
  type VideoDecoder,
  type VideoEncodingName,
  type VideoFrame,
} from '../src/index.js';
import { codecs, describeNative } from './support/native-video.js';
import { drain, micros } from './support/rtp.js';
import { random } from './support/signals.js';

const PICTURES = 100;
const MICROS_PER_PICTURE = 33_333;
/** Round trip of a key frame request. */
const REQUEST_PICTURES = 3;

const show = async (decoder: VideoDecoder, frame: EncodedVideoFrame): Promise<VideoFrame> => {
  const result = await decoder.decode(frame);
  if (!result.ok || !result.frame) throw new Error(result.ok ? 'not shown' : result.reason);
  return result.frame;
};
const hash = ({ y, u, v }: VideoFrame): string =>
  [y, u, v].map(({ data }) => Buffer.from(data).toString('latin1')).join('');

describeNative('video over a network that loses and reorders', () => {
  test.each<[VideoEncodingName, number]>([
    ['VP8', 1],
    ['VP9', 1],
    ['VP9', 3],
    ['H264', 1],
  ])('%s with %i layers shows nothing that would not be seen without', async (codec, layers) => {
    const picture = movingPicture(160, 96);
    const rates = { bitrate: 400_000, fps: 30 };
    const encoder = await codecs.createEncoder({ codec, ...rates, temporalLayers: layers });
    const undisturbed = await codecs.createDecoder({ codec });
    const decoder = await codecs.createDecoder({ codec });
    const packetizer = videoPacketizer(codec);
    const assembler = new FrameAssembler(videoDepacketizer(codec));
    const chance = random(7);
    const expected = new Map<number, string>();
    const requests: boolean[] = [];
    const onTheWay: ReceivedPacket[] = [];
    let sequence = 65_000;
    let shown = 0;
    for (let i = 0; i < PICTURES; i++) {
      const now = i * MICROS_PER_PICTURE;
      requests.push(assembler.keyFrameNeeded);
      const frame = await encoder.encode(picture(i), {
        keyFrame: requests[i - REQUEST_PICTURES] === true,
      });
      if (frame) {
        expected.set(frame.timestamp, hash(await show(undisturbed, frame)));
        for (const { payload, marker } of packetizer.packetize(frame, 300)) {
          const sequenceNumber = sequence++ & 0xffff;
          const arrival = micros(now + Math.round(20_000 * chance()));
          const { timestamp } = frame;
          if (chance() < 0.02) continue;
          onTheWay.push({ sequenceNumber, timestamp, marker, payload, arrival });
        }
      }
      onTheWay.sort((a, b) => a.arrival - b.arrival);
      while (onTheWay[0] && onTheWay[0].arrival <= now) assembler.push(onTheWay.shift()!);
      for (const output of drain(assembler, now)) {
        if (output.kind === 'loss') continue;
        const seen = await show(decoder, { ...output, capture: undefined });
        expect(hash(seen) === expected.get(output.timestamp)).toBe(true);
        shown++;
      }
    }
    const { packetsLost, keyFramesAssembled } = assembler.statistics;
    expect(packetsLost).toBeGreaterThan(3);
    expect(keyFramesAssembled).toBeGreaterThan(1);
    expect(shown).toBeGreaterThan(PICTURES / 3);
    for (const each of [encoder, undisturbed, decoder]) each.close();
  });
});
