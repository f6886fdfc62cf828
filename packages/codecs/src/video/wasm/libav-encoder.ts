import { copyPicture, i420Picture } from '../../frames/video-frame.js';
import type { EngineSettings } from '../engine.js';
import type { EncodedPicture, EncodeRequest } from './codec-job.js';
import { type Libav, NOTHING_YET, pictureOf, PIXELS_I420 } from './libav.js';

/** Ticks of the encoder's clock in a second. */
const CLOCK_RATE = 1_000_000;
/** How far the bitrate may go from the one the encoder was started with, either way, before it is started anew. */
const MAX_RATE_RATIO = 10;
/** Pictures from one key frame to the next when none is asked for: 400 days of them. */
const NO_KEY_FRAMES = 2 ** 30;
const PICTURE_INTRA = 1;
const PICTURE_ANY = 0;
const PACKET_KEY = 1;

/** An encoder under way. */
interface Open {
  readonly context: number;
  readonly frame: number;
  readonly packet: number;
  readonly width: number;
  readonly height: number;
  readonly bitrate: number;
}

/**
 * An encoder of VP8 or VP9 in libav.js: no lag, constant bitrate, key frames on request and with a new size only.
 *
 * FFmpeg hands a new bitrate on to libvpx with a new encoder only, whose first frame is a key frame. But libvpx shares
 * bits out by time, and time is what it is told: on a clock that runs at half speed a second of pictures gets half of the
 * bits. So the bitrate is followed by the pace of the clock. The buffer that rate control keeps counts in the same
 * seconds, and stays what it was in bits: hence the limit of `MAX_RATE_RATIO`.
 */
export class LibavEncoder {
  readonly #av: Libav;
  readonly #vp9: boolean;
  #open: Open | undefined;
  #clock = 0;

  constructor(av: Libav, vp9: boolean) {
    this.#av = av;
    this.#vp9 = vp9;
  }

  /** Encodes a picture; undefined when rate control dropped it. What it throws leaves it in an unknown state. */
  encode({ memory, width, height, settings }: EncodeRequest): EncodedPicture | undefined {
    const av = this.#av;
    const open = this.#prepare(width, height, settings);
    const { context, frame, packet } = open;
    av.AVFrame_width_s_sync(frame, width);
    av.AVFrame_height_s_sync(frame, height);
    av.AVFrame_format_s_sync(frame, PIXELS_I420);
    av.AVFrame_pict_type_s_sync(frame, settings.keyFrame ? PICTURE_INTRA : PICTURE_ANY);
    const [low, high] = av.f64toi64(Math.round(this.#clock));
    av.AVFrame_pts_s_sync(frame, low);
    av.AVFrame_ptshi_s_sync(frame, high);
    this.#clock += ((CLOCK_RATE / settings.fps) * settings.bitrate) / open.bitrate;
    check(av.av_frame_get_buffer_sync(frame, 0), 'no memory for a picture');
    copyPicture(i420Picture(width, height, new Uint8Array(memory)), pictureOf(av, frame));
    check(av.avcodec_send_frame_sync(context, frame), 'libvpx refused a picture');
    av.av_frame_unref_sync(frame);
    const received = av.avcodec_receive_packet_sync(context, packet);
    if (received === NOTHING_YET) return undefined;
    check(received, 'libvpx could not encode a picture');
    const at = av.AVPacket_data_sync(packet);
    const data = av.HEAPU8.slice(at, at + av.AVPacket_size_sync(packet)) as Uint8Array<ArrayBuffer>;
    const key = (av.AVPacket_flags_sync(packet) & PACKET_KEY) !== 0;
    av.av_packet_unref_sync(packet);
    return { data, key };
  }

  #prepare(width: number, height: number, settings: EngineSettings): Open {
    const { fps } = settings;
    const bitrate = Math.round(settings.bitrate);
    const open = this.#open;
    if (open) {
      const ratio = Math.max(bitrate / open.bitrate, open.bitrate / bitrate);
      if (width === open.width && height === open.height && ratio <= MAX_RATE_RATIO) return open;
      this.#av.ff_free_encoder_sync(open.context, open.frame, open.packet);
    }
    const [, context, frame, packet] = this.#av.ff_init_encoder_sync(
      this.#vp9 ? 'libvpx-vp9' : 'libvpx',
      {
        ctx: {
          width,
          height,
          pix_fmt: PIXELS_I420,
          bit_rate: bitrate,
          rc_min_rate: bitrate,
          rc_max_rate: bitrate,
          qmin: 2,
          qmax: 56,
          framerate_num: Math.round(1000 * fps),
          framerate_den: 1000,
          gop_size: NO_KEY_FRAMES,
        },
        time_base: [1, CLOCK_RATE],
        options: liveOptions(this.#vp9, bitrate, fps),
      },
    );
    this.#clock = 0;
    return (this.#open = { context, frame, packet, width, height, bitrate });
  }
}

/** Options of FFmpeg's encoders of VP8 and VP9, for live video. */
function liveOptions(vp9: boolean, bitrate: number, fps: number): Record<string, string> {
  const common = {
    deadline: 'realtime',
    'lag-in-frames': '0',
    'auto-alt-ref': '0',
    'error-resilient': 'default',
    threads: '1',
    // A second of buffer, which begins half full.
    bufsize: `${bitrate}`,
    rc_init_occupancy: `${Math.round(bitrate / 2)}`,
    'drop-threshold': '30',
    // A key frame may take half of the optimal buffer, so that one request does not stall the stream.
    'max-intra-rate': `${Math.round(Math.max(300, 30 * fps))}`,
    'static-thresh': '1',
  };
  // VP8 adapts a positive speed to the machine's load; a negative one is the speed itself.
  if (!vp9) return { ...common, 'cpu-used': '-9', 'undershoot-pct': '100', 'overshoot-pct': '15' };
  return {
    ...common,
    'cpu-used': '8',
    'undershoot-pct': '50',
    'overshoot-pct': '50',
    'aq-mode': '3',
    'tile-columns': '0',
    'frame-parallel': '0',
  };
}

/** Throws what FFmpeg reports. */
function check(result: number, what: string): void {
  if (result < 0) throw new Error(`${what} (${result})`);
}
