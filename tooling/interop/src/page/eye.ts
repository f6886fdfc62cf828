import { wallClock } from './control-channel.js';
import { type Stamp, readStamp } from './stamp.js';

/** A picture that was shown. */
export interface Sighting extends Stamp {
  readonly width: number;
  readonly height: number;
  /** Wall clock in ms since 1970. */
  readonly at: number;
}

const SIGHTINGS_KEPT = 2000;

/** Plays a received picture and reads what is shown, as somebody who looks at it would. */
export class Eye {
  readonly element: HTMLVideoElement = document.createElement('video');
  readonly sightings: Sighting[] = [];
  readonly #context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!;
  #callback = 0;

  constructor(track: MediaStreamTrack) {
    this.element.srcObject = new MediaStream([track]);
    this.element.autoplay = true;
    this.element.muted = true;
    this.#await();
  }

  close(): void {
    this.element.cancelVideoFrameCallback(this.#callback);
    this.element.srcObject = null;
    this.element.remove();
  }

  #await(): void {
    this.#callback = this.element.requestVideoFrameCallback(() => {
      this.#look();
      this.#await();
    });
  }

  #look(): void {
    const { videoWidth: width, videoHeight: height } = this.element;
    const { canvas } = this.#context;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    this.#context.drawImage(this.element, 0, 0);
    const { data } = this.#context.getImageData(0, 0, width, height);
    const stamp = readStamp((x, y) => yuvAt(data, 4 * (y * width + x)), width, height);
    this.sightings.push({ ...stamp, width, height, at: wallClock() });
    if (this.sightings.length > SIGHTINGS_KEPT) this.sightings.shift();
  }
}

/** ITU-R BT.601 with limited range. */
const yuvAt = (rgba: Uint8ClampedArray, at: number): readonly [number, number, number] => {
  const r = rgba[at]!;
  const g = rgba[at + 1]!;
  const b = rgba[at + 2]!;
  return [
    16 + 0.257 * r + 0.504 * g + 0.098 * b,
    128 - 0.148 * r - 0.291 * g + 0.439 * b,
    128 + 0.439 * r - 0.368 * g - 0.071 * b,
  ];
};
