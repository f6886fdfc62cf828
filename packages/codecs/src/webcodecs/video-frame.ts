import { copyPicture, i420Picture, type VideoPicture } from '../frames/video-frame.js';
import { bytesOf, type BufferSource } from './buffer-source.js';
import { PictureResource } from './picture-resource.js';
import { cropped, layOut, pictureIn, type PictureRect, type PlaneLayout } from './plane-layout.js';
import { integer, notSupported, optionalInteger, timestampOf } from './web-idl.js';

/** What a frame is made of, beside bytes (WebCodecs, VideoFrameBufferInit). */
export interface VideoFrameBufferInit {
  readonly format: 'I420';
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** Microseconds. */
  readonly timestamp: number;
  /** Microseconds. */
  readonly duration?: number;
  /** Where the planes lie in the bytes; one after another without padding if left out. */
  readonly layout?: readonly PlaneLayout[];
  readonly displayWidth?: number;
  readonly displayHeight?: number;
}

/** What a frame made of another is to have of its own (WebCodecs, VideoFrameInit). */
export interface VideoFrameInit {
  /** Microseconds; that of the other frame if left out. A picture has none, so it must be told. */
  readonly timestamp?: number;
  /** Microseconds. */
  readonly duration?: number;
  readonly displayWidth?: number;
  readonly displayHeight?: number;
}

/** What is copied of a frame, and how (WebCodecs, VideoFrameCopyToOptions). */
export interface VideoFrameCopyToOptions {
  /** All of it if left out. */
  readonly rect?: PictureRect;
  /** Plane after plane without padding if left out. */
  readonly layout?: readonly PlaneLayout[];
  /** The only one there is. */
  readonly format?: 'I420';
}

let resourceOf: (frame: VideoFrame) => PictureResource | undefined;

/**
 * A picture with its time (WebCodecs, VideoFrame), always I420. Clones share the picture, which is given back to its
 * decoder when the last of them is closed.
 */
export class VideoFrame {
  /** Microseconds. */
  readonly timestamp: number;
  /** Microseconds; null if it was not told. */
  readonly duration: number | null;
  readonly #displayWidth: number;
  readonly #displayHeight: number;
  #resource: PictureResource | undefined;

  static {
    resourceOf = (frame) => frame.#resource;
  }

  /**
   * Makes a frame of bytes in I420 or of a picture, which are copied, or of another frame, whose picture it shares.
   * Throws `TypeError` for sizes and times that cannot be, `NotSupportedError` for formats other than I420, and
   * `InvalidStateError` for a frame that is closed.
   */
  constructor(data: BufferSource, init: VideoFrameBufferInit);
  constructor(source: VideoFrame | VideoPicture, init?: VideoFrameInit);
  constructor(
    source: BufferSource | VideoFrame | VideoPicture,
    init: VideoFrameBufferInit | VideoFrameInit = {},
  ) {
    const other = source instanceof VideoFrame ? source : undefined;
    this.timestamp = timestampOf(init.timestamp ?? other?.timestamp);
    this.duration = optionalInteger('duration', init.duration, 0) ?? other?.duration ?? null;
    const displayWidth = optionalInteger('displayWidth', init.displayWidth, 1);
    const displayHeight = optionalInteger('displayHeight', init.displayHeight, 1);
    // Last of all that can throw, as a reference that is taken must be released.
    this.#resource =
      source instanceof VideoFrame ? source.#open().share() : takeResource(source, init);
    this.#displayWidth = displayWidth ?? (other ? other.#displayWidth : this.#resource.width);
    this.#displayHeight = displayHeight ?? (other ? other.#displayHeight : this.#resource.height);
  }

  /** Null once it is closed. */
  get format(): 'I420' | null {
    return this.#resource ? 'I420' : null;
  }

  get codedWidth(): number {
    return this.#resource?.width ?? 0;
  }

  get codedHeight(): number {
    return this.#resource?.height ?? 0;
  }

  /** All of the picture; null once it is closed. */
  get visibleRect(): PictureRect | null {
    if (!this.#resource) return null;
    const { width, height } = this.#resource;
    return { x: 0, y: 0, width, height };
  }

  get displayWidth(): number {
    return this.#resource ? this.#displayWidth : 0;
  }

  get displayHeight(): number {
    return this.#resource ? this.#displayHeight : 0;
  }

  /** Bytes that `copyTo` writes. Throws `InvalidStateError` when closed, `TypeError` for a layout that cannot be. */
  allocationSize({ rect, layout, format }: VideoFrameCopyToOptions = {}): number {
    checkFormat(format);
    const { width, height } = cropped(this.#open(), rect);
    return layOut(width, height, layout).size;
  }

  /** Copies the picture and tells where its planes are. Rejects as `allocationSize` throws, and for lack of room. */
  async copyTo(
    destination: BufferSource,
    { rect, layout, format }: VideoFrameCopyToOptions = {},
  ): Promise<PlaneLayout[]> {
    checkFormat(format);
    const from = cropped(this.#open(), rect);
    const to = pictureIn(bytesOf(destination), from.width, from.height, layout);
    copyPicture(from, to.picture);
    return [...to.planes];
  }

  /** Another frame of the same picture, to be closed by itself. Throws `InvalidStateError` when closed. */
  clone(): VideoFrame {
    return new VideoFrame(this);
  }

  /** Lets go of the picture. Further calls do nothing. */
  close(): void {
    this.#resource?.release();
    this.#resource = undefined;
  }

  #open(): PictureResource {
    if (this.#resource) return this.#resource;
    throw new DOMException(
      'the frame is closed; clone it before you close it',
      'InvalidStateError',
    );
  }
}

/** The picture of a frame, as a view; undefined when it is closed. Throws `TypeError` for anything but a frame. */
export function pictureOf(frame: VideoFrame): VideoPicture | undefined {
  if (frame instanceof VideoFrame) return resourceOf(frame);
  throw new TypeError('this is no frame; make one by VideoFrame');
}

function takeResource(
  source: BufferSource | VideoPicture,
  init: VideoFrameBufferInit | VideoFrameInit,
): PictureResource {
  if (source instanceof PictureResource) return source;
  const from = 'y' in source ? source : bufferPicture(source, init as VideoFrameBufferInit);
  const picture = i420Picture(from.width, from.height);
  copyPicture(from, picture);
  return new PictureResource(picture);
}

function bufferPicture(source: BufferSource, init: VideoFrameBufferInit): VideoPicture {
  if (init.format === undefined) throw new TypeError("the format is missing; give 'I420'");
  checkFormat(init.format);
  const width = integer('codedWidth', init.codedWidth, 1, 0xffff);
  const height = integer('codedHeight', init.codedHeight, 1, 0xffff);
  return pictureIn(bytesOf(source), width, height, init.layout).picture;
}

function checkFormat(format: string | undefined): void {
  if (format === undefined || format === 'I420') return;
  throw notSupported(`the format '${format}' is not known here; convert to I420`);
}
