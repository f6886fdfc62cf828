import { type Tint, stampCells } from './stamp.js';

/** What is in a film, and how large it is. */
export interface Script {
  readonly tint: Tint;
  readonly width: number;
  readonly height: number;
  /** Whether there is noise over it, of which codecs send as much as the path carries. */
  readonly grainy: boolean;
}

const FRAME_RATE = 30;

/** A film of stamped pictures, drawn on a canvas, as a track to be sent. */
export class Film {
  readonly canvas: HTMLCanvasElement = document.createElement('canvas');
  readonly stream: MediaStream;
  readonly track: CanvasCaptureMediaStreamTrack;
  readonly #context: CanvasRenderingContext2D;
  readonly #script: Script;
  readonly #grain: HTMLCanvasElement | undefined;
  readonly #interval: ReturnType<typeof setInterval>;
  #frames = 0;

  constructor(script: Script) {
    this.#script = script;
    this.canvas.width = script.width;
    this.canvas.height = script.height;
    this.#context = this.canvas.getContext('2d')!;
    this.#grain = script.grainy ? grain(script) : undefined;
    // Every picture that is drawn is sent, and only those.
    this.stream = this.canvas.captureStream(0);
    this.track = this.stream.getVideoTracks()[0] as CanvasCaptureMediaStreamTrack;
    this.#draw();
    // An interval, as a page in the background has no animation frames.
    this.#interval = setInterval(() => this.#draw(), 1000 / FRAME_RATE);
  }

  /** Ends the film and its track. */
  close(): void {
    clearInterval(this.#interval);
    this.track.stop();
    this.canvas.remove();
  }

  #draw(): void {
    const script = this.#script;
    for (const cell of stampCells(this.#frames++, script.width, script.height, script.tint)) {
      const { left, top, width, height } = cell;
      this.#context.fillStyle = `rgb(${rgbOf(cell.y, cell.u, cell.v).join(' ')})`;
      this.#context.fillRect(left, top, width, height);
    }
    if (this.#grain !== undefined) {
      const shift = -32 * Math.random();
      this.#context.drawImage(this.#grain, shift, shift);
    }
    this.track.requestFrame();
  }
}

/** Grey noise that can be seen through, somewhat larger than a picture. */
function grain({ width, height }: Script): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width + 32;
  canvas.height = height + 32;
  const context = canvas.getContext('2d')!;
  const noise = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < noise.data.length; i += 4) {
    noise.data.fill(256 * Math.random(), i, i + 3);
    noise.data[i + 3] = 50;
  }
  context.putImageData(noise, 0, 0);
  return canvas;
}

/** ITU-R BT.601 with limited range. */
const rgbOf = (y: number, u: number, v: number): readonly number[] => {
  const luma = 1.164 * (y - 16);
  return [
    luma + 1.596 * (v - 128),
    luma - 0.392 * (u - 128) - 0.813 * (v - 128),
    luma + 2.017 * (u - 128),
  ].map(Math.round);
};
