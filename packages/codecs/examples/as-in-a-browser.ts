import { loadOpus, loadVideoCodecs, type VideoFrame } from '@rm/codecs';
import { webCodecs } from '@rm/codecs/webcodecs';

/** Encodes and decodes pictures as a page does: the code within is that of browsers. */
export async function asInABrowser(pictures: readonly VideoFrame[]): Promise<number[]> {
  const { VideoEncoder, VideoDecoder, VideoFrame } = webCodecs({
    video: await loadVideoCodecs(),
    opus: await loadOpus(),
  });

  const seen: number[] = [];
  const error = (exception: DOMException): void => console.error(exception);
  const decoder = new VideoDecoder({
    output: (frame) => {
      seen.push(frame.timestamp);
      frame.close();
    },
    error,
  });
  const encoder = new VideoEncoder({
    output: (chunk, { decoderConfig }) => {
      if (decoderConfig && decoder.state === 'unconfigured') decoder.configure(decoderConfig);
      decoder.decode(chunk);
    },
    error,
  });
  encoder.configure({
    codec: 'vp09.00.10.08',
    width: pictures[0]!.width,
    height: pictures[0]!.height,
    bitrate: 500_000,
    framerate: 30,
    latencyMode: 'realtime',
    scalabilityMode: 'L1T3',
  });
  for (const [i, picture] of pictures.entries()) {
    const frame = new VideoFrame(picture, { timestamp: i * 33_333 });
    encoder.encode(frame, { keyFrame: i % 60 === 0 });
    frame.close();
  }
  await encoder.flush();
  await decoder.flush();
  encoder.close();
  decoder.close();
  return seen;
}
