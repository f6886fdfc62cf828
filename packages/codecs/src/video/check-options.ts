import { ArgumentError, UnsupportedError } from '../errors.js';
import type { VideoPicture, VideoPlane } from '../frames/video-frame.js';
import type { VideoEncodingName } from '../sdp/video-format.js';
import { MAX_PICTURE_PIXELS, type VideoRates } from './codec.js';

const MIN_SIDE = 16;
const MAX_SIDE = 8192;

/** Throws `ArgumentError` unless the rates are in their documented range. */
export function checkRates({ bitrate, fps }: VideoRates): void {
  if (!(bitrate >= 10_000 && bitrate <= 100_000_000))
    throw new ArgumentError(`bitrate is ${bitrate}; give 10,000 to 100,000,000 bit/s`);
  if (!(fps >= 1 && fps <= 240))
    throw new ArgumentError(`fps is ${fps}; give 1 to 240 frames per second`);
}

/** Throws `UnsupportedError` unless the encoder makes that many temporal layers. */
export function checkLayers(layers: number, most: number): void {
  if (!Number.isInteger(layers) || layers < 1 || layers > most)
    throw new UnsupportedError(
      `temporalLayers is ${layers}; this encoder makes ${most === 1 ? '1' : `1 to ${most}`}`,
    );
}

/** Throws `ArgumentError` unless the picture's size and planes fit the codec and each other. */
export function checkPicture(picture: VideoPicture, codec: VideoEncodingName): void {
  const { width, height } = picture;
  const step = codec === 'H264' ? 2 : 1;
  const isSide = (side: number): boolean =>
    Number.isInteger(side) && side >= MIN_SIDE && side <= MAX_SIDE && side % step === 0;
  if (!isSide(width) || !isSide(height) || width * height > MAX_PICTURE_PIXELS)
    throw new ArgumentError(
      `the picture is ${width}x${height}; give ${step === 2 ? 'even ' : ''}sides of ${MIN_SIDE} to ${MAX_SIDE} pixels, ${MAX_PICTURE_PIXELS} in all`,
    );
  checkPlane('y', picture.y, width, height);
  checkPlane('u', picture.u, (width + 1) >> 1, (height + 1) >> 1);
  checkPlane('v', picture.v, (width + 1) >> 1, (height + 1) >> 1);
}

function checkPlane(
  name: string,
  { data, stride }: VideoPlane,
  width: number,
  height: number,
): void {
  const needed = stride * (height - 1) + width;
  if (!Number.isInteger(stride) || stride < width || data.length < needed)
    throw new ArgumentError(
      `plane ${name} has ${data.length} bytes with a stride of ${stride}; a ${width}x${height} plane takes ${needed}`,
    );
}
