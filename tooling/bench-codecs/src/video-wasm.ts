import {
  type EncodedVideoFrame,
  loadVideoCodecs,
  loadWasmVideoCodecs,
  movingPicture,
  type VideoEncodingName,
  type VideoFrame,
} from '@rm/codecs';
import { type Figure, figure } from '@rm/benchmark';
import { FPS, timed } from './video-timing.js';

const BITRATE = 500_000;
/** What the fallback is to hold: pictures a second, encoded and decoded on one core. */
const HELD_FPS = 15;

/** What is encoded. */
interface Load {
  readonly width: number;
  readonly height: number;
  /** At least 2, of which the first is left out of the figures: V8 compiles hot code then. */
  readonly seconds: number;
}

/** Video at 360p in WebAssembly, both ways; H.264 is encoded by the add-on, where that is here. */
export async function wasmVideoFigures(
  load: Load = { width: 640, height: 360, seconds: 6 },
): Promise<Figure[]> {
  const picture = movingPicture(load.width, load.height);
  const pictures = Array.from({ length: load.seconds * FPS }, (_, i) => picture(i));
  const wasm = await loadWasmVideoCodecs();
  const native = await loadVideoCodecs();
  if (wasm.missing !== undefined) process.stderr.write(`bench:codecs: ${wasm.missing}\n`);
  const figures: Figure[] = [];
  for (const { codec, encode, decode } of wasm.capabilities) {
    const name = `${codec} in WebAssembly`;
    const encoders = encode ? wasm : native;
    if (!decode || !encoders.capabilities.some((each) => each.codec === codec && each.encode))
      continue;
    const encoder = await encoders.createEncoder({ codec, bitrate: BITRATE, fps: FPS });
    const frames: EncodedVideoFrame[] = [];
    const encodeOne = async (each: VideoFrame): Promise<void> => {
      const frame = await encoder.encode(each);
      if (frame) frames.push(frame);
    };
    const encoding = await warmed(pictures, encodeOne);
    encoder.close();
    const decoding = await decodingOf(codec, frames);
    if (encode)
      figures.push(
        figure(`${name}: CPU to encode a picture`, 1000 * encoding.cpu, 'µs'),
        figure(`${name}: pictures encoded in a second`, encoding.fps, ''),
        figure(
          `${name}: encode and decode on one core`,
          1000 / (encoding.cpu + decoding.cpu),
          'pictures a second',
          { least: HELD_FPS },
        ),
      );
    figures.push(
      figure(`${name}: CPU to decode a picture`, 1000 * decoding.cpu, 'µs'),
      figure(`${name}: pictures decoded in a second`, decoding.fps, ''),
    );
  }
  return figures;
}

type Timing = Awaited<ReturnType<typeof timed>>;

async function decodingOf(
  codec: VideoEncodingName,
  frames: readonly EncodedVideoFrame[],
): Promise<Timing> {
  const decoder = await (await loadWasmVideoCodecs()).createDecoder({ codec });
  const decoding = await warmed(frames, async (each) => {
    const result = await decoder.decode(each);
    if (result.ok && result.frame) decoder.recycle(result.frame);
  });
  decoder.close();
  return decoding;
}

/** Times all but the first second. */
async function warmed<Each>(
  all: readonly Each[],
  step: (each: Each) => Promise<void>,
): Promise<Timing> {
  await timed(all.slice(0, FPS), step);
  return timed(all.slice(FPS), step);
}
