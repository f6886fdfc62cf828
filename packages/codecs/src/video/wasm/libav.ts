import type { VideoPicture } from '../../frames/video-frame.js';

/** What is used of libav.js, the libraries of FFmpeg in WebAssembly; numbers are addresses in its heap. */
export interface Libav {
  /** The heap. Growing it makes another array, so keep none. */
  readonly HEAPU8: Uint8Array;
  f64toi64(value: number): [low: number, high: number];
  av_log_set_level_sync(level: number): void;
  ff_init_encoder_sync(
    name: string,
    options: {
      readonly ctx: Readonly<Record<string, number>>;
      readonly time_base: readonly [number, number];
      readonly options: Readonly<Record<string, string>>;
    },
  ): [codec: number, context: number, frame: number, packet: number, frameSize: number];
  ff_free_encoder_sync(context: number, frame: number, packet: number): void;
  ff_init_decoder_sync(
    name: string,
  ): [codec: number, context: number, packet: number, frame: number];
  ff_free_decoder_sync(context: number, packet: number, frame: number): void;
  ff_set_packet_sync(packet: number, data: Uint8Array): void;
  avcodec_send_packet_sync(context: number, packet: number): number;
  avcodec_receive_frame_sync(context: number, frame: number): number;
  avcodec_send_frame_sync(context: number, frame: number): number;
  avcodec_receive_packet_sync(context: number, packet: number): number;
  av_frame_get_buffer_sync(frame: number, align: number): number;
  av_frame_unref_sync(frame: number): void;
  av_packet_unref_sync(packet: number): void;
  AVFrame_data_a_sync(frame: number, plane: number): number;
  AVFrame_linesize_a_sync(frame: number, plane: number): number;
  AVFrame_width_sync(frame: number): number;
  AVFrame_height_sync(frame: number): number;
  AVFrame_format_sync(frame: number): number;
  AVFrame_width_s_sync(frame: number, value: number): void;
  AVFrame_height_s_sync(frame: number, value: number): void;
  AVFrame_format_s_sync(frame: number, value: number): void;
  AVFrame_pict_type_s_sync(frame: number, value: number): void;
  AVFrame_pts_s_sync(frame: number, low: number): void;
  AVFrame_ptshi_s_sync(frame: number, high: number): void;
  AVPacket_data_sync(packet: number): number;
  AVPacket_size_sync(packet: number): number;
  AVPacket_flags_sync(packet: number): number;
}

/** AVPixelFormat of I420 with 8 bits. */
export const PIXELS_I420 = 0;
/** What FFmpeg returns when there is nothing to be had yet: −EAGAIN. */
export const NOTHING_YET = -6;
const LOG_NOTHING = -8;

/** Loads the library from the address of its module. */
export async function loadLibav(library: string): Promise<Libav> {
  const { default: front } = (await import(library)) as {
    default: { LibAV(options: object): Promise<Libav> };
  };
  const av = await front.LibAV({ nothreads: true });
  av.av_log_set_level_sync(LOG_NOTHING);
  return av;
}

/** The picture that a frame of I420 holds, a view of the heap as it is now. */
export function pictureOf(av: Libav, frame: number): VideoPicture {
  const plane = (i: number): { data: Uint8Array; stride: number } => ({
    data: av.HEAPU8.subarray(av.AVFrame_data_a_sync(frame, i)),
    stride: av.AVFrame_linesize_a_sync(frame, i),
  });
  const width = av.AVFrame_width_sync(frame);
  const height = av.AVFrame_height_sync(frame);
  return { width, height, y: plane(0), u: plane(1), v: plane(2) };
}
