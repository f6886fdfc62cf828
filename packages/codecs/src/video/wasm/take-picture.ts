import { copyPicture, i420Picture, i420Size, type VideoPicture } from '../../frames/video-frame.js';
import { MAX_PICTURE_PIXELS } from '../codec.js';
import { CodecFault } from './codec-fault.js';
import type { DecodedPicture } from './codec-job.js';

/** Copies a picture out of a heap: to `into` if that has its size, else to memory of its own. */
export function takePicture(picture: VideoPicture, into: Uint8Array): DecodedPicture {
  const { width, height } = picture;
  if (width * height > MAX_PICTURE_PIXELS)
    throw new CodecFault(`the picture is larger than ${MAX_PICTURE_PIXELS} pixels`);
  const bytes = i420Size(width, height);
  const memory = into.length === bytes ? undefined : new Uint8Array(bytes);
  copyPicture(picture, i420Picture(width, height, memory ?? into));
  return { width, height, memory };
}
