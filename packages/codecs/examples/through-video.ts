import { loadVideoCodecs, type VideoFrame } from '@rm/codecs';

/** Sends pictures through VP9 over a network that gets slower and damages a frame, and gives what is seen. */
export async function throughVideo(pictures: readonly VideoFrame[]): Promise<VideoFrame[]> {
  const codecs = await loadVideoCodecs();
  if (codecs.missing) console.error(codecs.missing);
  const encoder = await codecs.createEncoder({ codec: 'VP9', bitrate: 500_000, fps: 30 });
  const decoder = await codecs.createDecoder({ codec: 'VP9' });

  const seen: VideoFrame[] = [];
  let keyFrame = false;
  for (const [i, picture] of pictures.entries()) {
    if (i === 15) encoder.setRates({ bitrate: 200_000 });
    const frame = await encoder.encode(picture, { keyFrame });
    if (!frame) continue; // dropped to hold the bitrate
    const data = i === 10 ? frame.data.subarray(0, 20) : frame.data;
    const result = await decoder.decode({ ...frame, data });
    keyFrame = !result.ok; // what a PLI asks for
    if (result.ok && result.frame) seen.push(result.frame);
  }
  encoder.close();
  decoder.close();
  return seen;
}
