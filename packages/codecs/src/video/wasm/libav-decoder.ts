import { CodecFault } from './codec-fault.js';
import type { DecodedPicture } from './codec-job.js';
import { type Libav, NOTHING_YET, pictureOf, PIXELS_I420 } from './libav.js';
import { takePicture } from './take-picture.js';

/** Bytes of a heap that is kept when a frame could not be decoded; one that was blown up never gives its memory back. */
const MAX_KEPT_HEAP_BYTES = 64 * 1024 * 1024;

/** A decoder of VP8 or VP9 in libav.js; after bytes it cannot decode it begins afresh. */
export class LibavDecoder {
  readonly #av: Libav;
  readonly #name: string;
  #open: readonly [context: number, packet: number, frame: number] | undefined;

  constructor(av: Libav, vp9: boolean) {
    this.#av = av;
    // FFmpeg has decoders of its own, which go on after damage as if there were none.
    this.#name = vp9 ? 'libvpx-vp9' : 'libvpx';
  }

  /**
   * Decodes a frame; undefined when it is not to be shown. Throws `CodecFault` when it cannot be decoded, another error
   * when the heap is to be given up.
   */
  decode(data: Uint8Array, into: Uint8Array): DecodedPicture | undefined {
    try {
      return this.#decode(data, into);
    } catch (error) {
      if (this.#av.HEAPU8.length > MAX_KEPT_HEAP_BYTES)
        throw new Error('the frame has blown the heap up', { cause: error });
      if (this.#open) this.#av.ff_free_decoder_sync(...this.#open);
      this.#open = undefined;
      throw error;
    }
  }

  #decode(data: Uint8Array, into: Uint8Array): DecodedPicture | undefined {
    const av = this.#av;
    const [context, packet, frame] = (this.#open ??= this.#start());
    av.ff_set_packet_sync(packet, data);
    const sent = av.avcodec_send_packet_sync(context, packet);
    if (sent < 0) throw new CodecFault(`libvpx refused the frame (${sent})`);
    const received = av.avcodec_receive_frame_sync(context, frame);
    if (received === NOTHING_YET) return undefined;
    if (received < 0) throw new CodecFault(`libvpx could not decode the frame (${received})`);
    if (av.AVFrame_format_sync(frame) !== PIXELS_I420)
      throw new CodecFault('the picture is not 4:2:0 with 8 bits');
    const picture = takePicture(pictureOf(av, frame), into);
    av.av_frame_unref_sync(frame);
    return picture;
  }

  #start(): readonly [context: number, packet: number, frame: number] {
    const [, context, packet, frame] = this.#av.ff_init_decoder_sync(this.#name);
    return [context, packet, frame];
  }
}
