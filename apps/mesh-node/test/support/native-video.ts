import { describe } from '@jest/globals';
import {
  type EncodedVideoFrame,
  type VideoCodecs,
  type VideoEncodingName,
  type VideoFrame,
  loadVideoCodecs,
} from '@rm/codecs';

export const codecs: VideoCodecs = await loadVideoCodecs();

/** Skipped where the add-on is not built, but for CI, which is to have it. */
export const describeNative: typeof describe.skip =
  codecs.missing === undefined || process.env['CI'] === 'true' ? describe : describe.skip;

/** The pictures of a recording; throws for a frame that cannot be decoded. */
export async function decodeAll(
  codec: VideoEncodingName,
  frames: readonly Uint8Array[],
): Promise<VideoFrame[]> {
  const decoder = await codecs.createDecoder({ codec });
  const pictures: VideoFrame[] = [];
  for (const [i, data] of frames.entries()) {
    const frame: EncodedVideoFrame = {
      data,
      key: i === 0,
      timestamp: 0,
      temporalId: 0,
      capture: undefined,
    };
    const result = await decoder.decode(frame);
    if (!result.ok) throw new Error(`frame ${i} of ${frames.length}: ${result.reason}`);
    if (result.frame !== undefined) pictures.push(result.frame);
  }
  decoder.close();
  return pictures;
}
