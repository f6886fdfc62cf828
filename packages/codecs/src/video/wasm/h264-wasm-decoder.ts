import { i420Picture, type VideoPicture } from '../../frames/video-frame.js';
import { type H264PictureSize, readH264PictureSize } from '../h264-sps.js';
import { CodecFault } from './codec-fault.js';
import type { DecodedPicture } from './codec-job.js';
import { takePicture } from './take-picture.js';

/** What the module exports; numbers are addresses in its memory. */
interface Exports {
  malloc(bytes: number): number;
  h264alloc(): number;
  init(storage: number, noReordering: number): number;
  decode(
    storage: number,
    data: number,
    length: number,
    picture: number,
    width: number,
    height: number,
  ): number;
}

const PAGE = 65_536;
const INITIAL_PAGES = 256;
const MAX_PAGES = 32_768;
/** Where the module keeps the end of its heap, and where that begins. */
const HEAP_END = 8752;
const HEAP_START = 5_251_792;
const PICTURE_READY = 1;
/** Bytes of a frame: twice those of level 5.2 at its highest bitrate and 60 frames a second. */
const MAX_FRAME_BYTES = 1 << 20;

/**
 * A decoder of H.264 constrained baseline from h264decoder; after bytes it cannot decode it begins afresh. Of that
 * package only the WebAssembly module is used: its front end copies frames to its buffer whatever their length, and holds
 * pictures back where the stream does not forbid it.
 */
export class H264WasmDecoder {
  readonly #module: WebAssembly.Module;
  #instance: Instance | undefined;
  #size: H264PictureSize | undefined;

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  /** Loads the module from the address of its file. */
  static async load(library: string): Promise<H264WasmDecoder> {
    const { default: file } = (await import(library)) as {
      default: { readonly h264Module: WebAssembly.Module };
    };
    return new H264WasmDecoder(file.h264Module);
  }

  /** Decodes a frame in Annex B. Throws `CodecFault` when it cannot be decoded. */
  decode(data: Uint8Array, into: Uint8Array): DecodedPicture {
    if (data.length > MAX_FRAME_BYTES)
      throw new CodecFault(
        `the frame has ${data.length} bytes; at most ${MAX_FRAME_BYTES} are decoded`,
      );
    this.#size = readH264PictureSize(data) ?? this.#size;
    try {
      const instance = (this.#instance ??= new Instance(this.#module));
      return takePicture(shown(instance.decode(data), this.#size), into);
    } catch (error) {
      this.#instance = undefined;
      this.#size = undefined;
      throw error;
    }
  }
}

/** The part of a coded picture that is to be shown. */
function shown(coded: VideoPicture, size: H264PictureSize | undefined): VideoPicture {
  if (size?.codedWidth !== coded.width || size.codedHeight !== coded.height)
    throw new CodecFault('the picture is not of the size that its parameter set says');
  const { left, top, width, height } = size;
  const { y, u, v } = coded;
  const chroma = (top >> 1) * u.stride + (left >> 1);
  return {
    width,
    height,
    y: { data: y.data.subarray(top * y.stride + left), stride: y.stride },
    u: { data: u.data.subarray(chroma), stride: u.stride },
    v: { data: v.data.subarray(chroma), stride: v.stride },
  };
}

/** The module with a memory and a decoder in it. */
class Instance {
  readonly #memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAX_PAGES });
  readonly #exports: Exports;
  readonly #storage: number;
  readonly #input: number;
  /** Where the decoder writes the address, width and height of a picture. */
  readonly #output: number;

  constructor(module: WebAssembly.Module) {
    const memory = this.#memory;
    // Kept, because the module copies a hundred thousand times a second.
    let bytes = new Uint8Array(memory.buffer);
    new Int32Array(memory.buffer)[HEAP_END >> 2] = HEAP_START;
    const { exports } = new WebAssembly.Instance(module, {
      h264: {
        memory,
        memcpy: (to: number, from: number, length: number) => {
          bytes.copyWithin(to, from, from + length);
          return to;
        },
        resize: (needed: number) => {
          if (!grow(memory, needed)) return false;
          bytes = new Uint8Array(memory.buffer);
          return true;
        },
      },
    });
    this.#exports = exports as unknown as Exports;
    this.#storage = this.#exports.h264alloc();
    this.#input = this.#exports.malloc(MAX_FRAME_BYTES);
    this.#output = this.#exports.malloc(12);
    this.#exports.init(this.#storage, 1);
  }

  /** The coded picture, a view of memory until the next call. */
  decode(data: Uint8Array): VideoPicture {
    new Uint8Array(this.#memory.buffer).set(data, this.#input);
    const [picture, width, height] = [this.#output, this.#output + 4, this.#output + 8];
    const result = this.#exports.decode(
      this.#storage,
      this.#input,
      data.length,
      picture,
      width,
      height,
    );
    if (result !== PICTURE_READY) throw new CodecFault(`h264decoder gave no picture (${result})`);
    const { buffer } = this.#memory;
    const at = new Uint32Array(buffer, this.#output, 3);
    if (at[0] === 0) throw new CodecFault('h264decoder held the picture back');
    return i420Picture(at[1]!, at[2]!, new Uint8Array(buffer, at[0]));
  }
}

/** Grows a memory to at least `bytes`; false when it may not. */
function grow(memory: WebAssembly.Memory, bytes: number): boolean {
  try {
    memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / PAGE));
    return true;
  } catch {
    return false;
  }
}
