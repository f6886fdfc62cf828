import type { VideoPicture, VideoPlane } from '../frames/video-frame.js';
import { integer } from './web-idl.js';

/** Where a plane lies in a buffer (WebCodecs, PlaneLayout). */
export interface PlaneLayout {
  /** Bytes from the start of the buffer. */
  readonly offset: number;
  /** Bytes from the start of one row to that of the next. */
  readonly stride: number;
}

/** A rectangle of a picture, in pixels. */
export interface PictureRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Widths and heights of the planes of an I420 picture. */
const planeSizes = (width: number, height: number): readonly (readonly [number, number])[] => {
  const chroma = [(width + 1) >> 1, (height + 1) >> 1] as const;
  return [[width, height], chroma, chroma];
};

/**
 * How an I420 picture lies in a buffer: as told, else plane after plane without padding; and how many bytes that
 * takes. Throws `TypeError` for strides that are too small and planes that overlap.
 */
export function layOut(
  width: number,
  height: number,
  layout: readonly PlaneLayout[] | undefined,
): { readonly planes: readonly PlaneLayout[]; readonly size: number } {
  const sizes = planeSizes(width, height);
  if (layout && layout.length !== sizes.length) {
    throw new TypeError(`the layout has ${layout.length} planes; give one for Y, U and V each`);
  }
  const planes: PlaneLayout[] = [];
  const ends: number[] = [];
  sizes.forEach(([columns, rows], i) => {
    const told = layout?.[i];
    const offset = told ? integer('offset', told.offset, 0) : (ends.at(-1) ?? 0);
    const stride = told ? integer('stride', told.stride, columns) : columns;
    const end = offset + stride * rows;
    if (planes.some((other, j) => offset < ends[j]! && other.offset < end)) {
      throw new TypeError(
        `plane ${i} overlaps another; give each an offset behind the other's end`,
      );
    }
    planes.push({ offset, stride });
    ends.push(end);
  });
  return { planes, size: Math.max(...ends) };
}

/** The picture that lies so in `bytes`, as a view of them. Throws `TypeError` when there are fewer than it takes. */
export function pictureIn(
  bytes: Uint8Array,
  width: number,
  height: number,
  layout: readonly PlaneLayout[] | undefined,
): { readonly picture: VideoPicture; readonly planes: readonly PlaneLayout[] } {
  const { planes, size } = layOut(width, height, layout);
  if (bytes.length < size) {
    throw new TypeError(
      `a picture of ${width}x${height} takes ${size} bytes so, not ${bytes.length}; ask allocationSize()`,
    );
  }
  const [y, u, v] = planes.map(({ offset, stride }) => ({ data: bytes.subarray(offset), stride }));
  return { picture: { width, height, y: y!, u: u!, v: v! }, planes };
}

/** A part of a picture, as a view. Throws `TypeError` unless it lies within, and begins at even pixels. */
export function cropped(picture: VideoPicture, rect: PictureRect | undefined): VideoPicture {
  if (!rect) return picture;
  const x = integer('x', rect.x, 0);
  const y = integer('y', rect.y, 0);
  const width = integer('width', rect.width, 1, picture.width - x);
  const height = integer('height', rect.height, 1, picture.height - y);
  if (x % 2 === 1 || y % 2 === 1) {
    throw new TypeError(
      `the rectangle begins at ${x}, ${y}; give even numbers, as chroma is halved`,
    );
  }
  const part = ({ data, stride }: VideoPlane, column: number, row: number): VideoPlane => ({
    data: data.subarray(row * stride + column),
    stride,
  });
  return {
    width,
    height,
    y: part(picture.y, x, y),
    u: part(picture.u, x / 2, y / 2),
    v: part(picture.v, x / 2, y / 2),
  };
}
