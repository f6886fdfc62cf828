import { ClosedError } from '../errors.js';
import { copyPicture, i420Picture, type VideoFrame } from '../frames/video-frame.js';
import type { VideoEncodingName } from '../sdp/video-format.js';
import { checkLayers, checkPicture, checkRates } from './check-options.js';
import type {
  EncodedVideoFrame,
  VideoCapability,
  VideoEncoder,
  VideoEncoderOptions,
  VideoEncoderSettings,
  VideoEncoderStatistics,
  VideoRates,
} from './codec.js';
import type { EncoderEngine } from './engine.js';
import { VideoCodecError } from './video-codec-error.js';

interface Waiting {
  readonly frame: VideoFrame;
  readonly settle: (outcome: Promise<EncodedVideoFrame | undefined> | undefined) => void;
}

/** An encoder over an engine: one picture is encoded and the newest waits, so that delay cannot pile up. */
export class QueuedEncoder implements VideoEncoder {
  readonly codec: VideoEncodingName;
  readonly #engine: EncoderEngine;
  readonly #maxLayers: number;
  readonly #counts = { encoded: 0, keyFrames: 0, replaced: 0, rateDropped: 0, failed: 0 };
  #rates: VideoRates;
  #temporalLayers: number;
  #keyFramesAsked = 0;
  #keyFramesGiven = 0;
  #busy = false;
  #waiting: Waiting | undefined;
  #closed = false;

  constructor(
    options: VideoEncoderOptions,
    { temporalLayers }: VideoCapability,
    engine: EncoderEngine,
  ) {
    this.codec = options.codec;
    this.#maxLayers = temporalLayers;
    this.#temporalLayers = options.temporalLayers ?? 1;
    this.#rates = { bitrate: options.bitrate, fps: options.fps };
    this.#engine = engine;
  }

  get statistics(): VideoEncoderStatistics {
    return { ...this.#counts };
  }

  async encode(
    frame: VideoFrame,
    { keyFrame = false }: { readonly keyFrame?: boolean } = {},
  ): Promise<EncodedVideoFrame | undefined> {
    if (this.#closed) throw new ClosedError('the encoder is closed; make a new one');
    checkPicture(frame, this.codec);
    if (keyFrame) this.#keyFramesAsked++;
    if (!this.#busy) return this.#run(frame);
    const copy = this.#copy(frame);
    return new Promise((settle) => this.#replace({ frame: copy, settle }));
  }

  setRates(rates: Partial<VideoRates>): void {
    const next = { ...this.#rates, ...rates };
    checkRates(next);
    this.#rates = next;
  }

  configure({ temporalLayers = this.#temporalLayers }: Partial<VideoEncoderSettings>): void {
    checkLayers(temporalLayers, this.#maxLayers);
    this.#temporalLayers = temporalLayers;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting?.settle(undefined);
    this.#waiting = undefined;
    this.#engine.close();
  }

  async #run(frame: VideoFrame): Promise<EncodedVideoFrame | undefined> {
    const asked = this.#keyFramesAsked;
    const { timestamp, capture } = frame;
    this.#busy = true;
    try {
      const packet = await this.#engine.encode(frame, {
        ...this.#rates,
        temporalLayers: this.#temporalLayers,
        keyFrame: asked > this.#keyFramesGiven,
      });
      if (this.#closed) return undefined;
      if (packet === undefined) {
        this.#counts.rateDropped++;
        return undefined;
      }
      this.#counts.encoded++;
      if (packet.key) {
        this.#counts.keyFrames++;
        // One asked for while this picture was under way is still owed: it may be meant for a later receiver.
        this.#keyFramesGiven = asked;
      }
      return { ...packet, timestamp, capture };
    } catch (cause) {
      this.#counts.failed++;
      throw new VideoCodecError(`the ${this.codec} encoder failed; go on with the next picture`, {
        cause,
      });
    } finally {
      this.#busy = false;
      this.#next();
    }
  }

  #next(): void {
    const waiting = this.#waiting;
    if (!waiting || this.#closed) return;
    this.#waiting = undefined;
    waiting.settle(this.#run(waiting.frame));
  }

  #replace(newest: Waiting): void {
    if (this.#waiting) {
      this.#counts.replaced++;
      this.#waiting.settle(undefined);
    }
    this.#waiting = newest;
  }

  /** The caller has its frame back at once, so what waits is a copy; in the memory of the frame it replaces. */
  #copy(frame: VideoFrame): VideoFrame {
    const old = this.#waiting?.frame;
    const fits = old?.width === frame.width && old.height === frame.height;
    const picture = fits ? old : i420Picture(frame.width, frame.height);
    copyPicture(frame, picture);
    return { ...frame, y: picture.y, u: picture.u, v: picture.v };
  }
}
