import type { VideoPlane } from '@rm/codecs';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which samples of a row (or column) make up one of the scaled one, and how much of each. */
interface Taps {
  readonly first: number;
  readonly weights: Float32Array;
}

/**
 * Scales planes of one size to another: each sample is the mean of those it covers, weighted by a triangle as wide as two
 * of the coarser samples, so that what is made smaller does not alias and what is made larger is interpolated.
 */
export class PlaneScaler {
  readonly #from: Size;
  readonly #to: Size;
  readonly #columns: readonly Taps[];
  readonly #rows: readonly Taps[];
  /** Rows of the source, scaled to the width of the result. */
  readonly #narrowed: Float32Array;

  constructor(from: Size, to: Size) {
    this.#from = from;
    this.#to = to;
    this.#columns = tapsOf(from.width, to.width);
    this.#rows = tapsOf(from.height, to.height);
    this.#narrowed = new Float32Array(to.width * from.height);
  }

  /** Writes the scaled plane to `into`, without padding. */
  scale({ data, stride }: VideoPlane, into: Uint8Array): void {
    const { width } = this.#to;
    const narrowed = this.#narrowed;
    for (let y = 0; y < this.#from.height; y++) {
      for (let x = 0; x < width; x++) {
        const { first, weights } = this.#columns[x]!;
        const at = y * stride + first;
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * data[at + k]!;
        narrowed[y * width + x] = sum;
      }
    }
    for (const [y, { first, weights }] of this.#rows.entries()) {
      for (let x = 0; x < width; x++) {
        let sum = 0.5;
        for (let k = 0; k < weights.length; k++)
          sum += weights[k]! * narrowed[(first + k) * width + x]!;
        into[y * width + x] = sum;
      }
    }
  }
}

function tapsOf(from: number, to: number): readonly Taps[] {
  const step = from / to;
  const reach = Math.max(1, step);
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * step - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(from - 1, Math.floor(centre + reach));
    const weights = Float32Array.from({ length: last - first + 1 }, (_tap, k) =>
      Math.max(0, 1 - Math.abs(first + k - centre) / reach),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
