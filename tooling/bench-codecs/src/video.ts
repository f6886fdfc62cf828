import {
  type EncodedVideoFrame,
  loadVideoCodecs,
  movingPicture,
  psnr,
  type VideoCodecs,
  type VideoEncoder,
  type VideoEncoderOptions,
  type VideoFrame,
} from '@rm/codecs';
import { type Figure, figure } from '@rm/benchmark';
import { FPS, timed } from './video-timing.js';

const BITRATE = 1_000_000;
/** What the target is set to, one after another, to see how the rate follows. */
const TARGETS = [500_000, 1_500_000];

/** What is encoded. */
interface Load {
  readonly width: number;
  readonly height: number;
  /** At least 3, of which the first is left out of the rates. */
  readonly seconds: number;
}

/** Video at 720p with 30 frames a second and 1 Mbit/s; one line instead where the codecs are not there. */
export async function videoFigures(
  load: Load = { width: 1280, height: 720, seconds: 6 },
): Promise<Figure[]> {
  const codecs = await loadVideoCodecs();
  if (codecs.missing !== undefined) process.stderr.write(`bench:codecs: ${codecs.missing}\n`);
  const picture = movingPicture(load.width, load.height);
  const pictures = Array.from({ length: load.seconds * FPS }, (_, i) => picture(i));
  const figures: Figure[] = [];
  for (const { codec, encode, decode, temporalLayers } of codecs.capabilities) {
    if (!encode || !decode) continue;
    for (const layers of temporalLayers > 1 ? [1, temporalLayers] : [1]) {
      const name = layers === 1 ? codec : `${codec} in ${layers} layers`;
      const options = { codec, bitrate: BITRATE, fps: FPS, temporalLayers: layers };
      figures.push(...(await codingFigures(name, codecs, options, pictures)));
      figures.push(await followingFigure(name, codecs, options, pictures));
    }
  }
  return figures;
}

/** What coding costs, all threads of the process together, and how close the result comes. */
async function codingFigures(
  name: string,
  codecs: VideoCodecs,
  options: VideoEncoderOptions,
  pictures: readonly VideoFrame[],
): Promise<Figure[]> {
  const encoder = await codecs.createEncoder(options);
  const frames: (EncodedVideoFrame | undefined)[] = [];
  const encoding = await timed(pictures, async (each) => {
    frames.push(await encoder.encode(each));
  });
  encoder.close();

  const decoder = await codecs.createDecoder(options);
  let last: VideoFrame | undefined;
  const decoding = await timed(frames, async (each) => {
    if (last) decoder.recycle(last);
    const result = each && (await decoder.decode(each));
    last = result?.ok ? result.frame : undefined;
  });
  decoder.close();

  const bits = frames.slice(FPS).reduce((sum, each) => sum + 8 * (each?.data.length ?? 0), 0);
  const rate = bits / (frames.length / FPS - 1);
  return [
    figure(`${name}: encode on one core`, 1000 / FPS / encoding.cpu, '× real time', { least: 3 }),
    figure(`${name}: CPU to encode a picture`, encoding.cpu, 'ms'),
    figure(`${name}: pictures encoded in a second`, encoding.fps, ''),
    figure(`${name}: decode on one core`, 1000 / FPS / decoding.cpu, '× real time', { least: 10 }),
    figure(`${name}: CPU to decode a picture`, decoding.cpu, 'ms'),
    figure(`${name}: pictures decoded in a second`, decoding.fps, ''),
    figure(`${name}: luma`, await quality(codecs, options, frames, pictures), 'dB', { least: 33 }),
    figure(`${name}: rate off its target`, 100 * Math.abs(rate / BITRATE - 1), '%', { most: 15 }),
    figure(`${name}: pictures dropped`, frames.filter((each) => !each).length, ''),
  ];
}

/** Mean signal-to-noise ratio of what is seen, every fifth picture. */
async function quality(
  codecs: VideoCodecs,
  { codec }: VideoEncoderOptions,
  frames: readonly (EncodedVideoFrame | undefined)[],
  pictures: readonly VideoFrame[],
): Promise<number> {
  const decoder = await codecs.createDecoder({ codec });
  const values: number[] = [];
  for (const [i, frame] of frames.entries()) {
    const result = frame && (await decoder.decode(frame));
    if (!result?.ok || !result.frame) continue;
    if (i % 5 === 0) values.push(psnr(pictures[i]!, result.frame));
    decoder.recycle(result.frame);
  }
  decoder.close();
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How far the rate of a second is off the new target, two seconds after it was set; the worst of all. */
async function followingFigure(
  name: string,
  codecs: VideoCodecs,
  options: VideoEncoderOptions,
  pictures: readonly VideoFrame[],
): Promise<Figure> {
  const encoder = await codecs.createEncoder(options);
  let next = 0;
  const second = async (): Promise<number> => {
    let bits = 0;
    for (let i = 0; i < FPS; i++) bits += 8 * (await sizeOf(encoder, pictures, next++));
    return bits;
  };
  let worst = 0;
  await second();
  for (const bitrate of TARGETS) {
    encoder.setRates({ bitrate });
    await second();
    await second();
    worst = Math.max(worst, Math.abs((await second()) / bitrate - 1));
  }
  const { keyFrames } = encoder.statistics;
  encoder.close();
  if (keyFrames !== 1) throw new Error(`${name}: ${keyFrames - 1} key frames for new rates`);
  return figure(`${name}: rate 2 s after a new target`, 100 * worst, '% off', { most: 15 });
}

/** Bytes of a picture; they are shown forwards and backwards in turn, so that none follows one that is unlike it. */
async function sizeOf(
  encoder: VideoEncoder,
  pictures: readonly VideoFrame[],
  index: number,
): Promise<number> {
  const at = index % (2 * pictures.length);
  const picture = pictures[Math.min(at, 2 * pictures.length - 1 - at)]!;
  return (await encoder.encode(picture))?.data.length ?? 0;
}
