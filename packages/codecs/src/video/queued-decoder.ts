import type { VideoFrame } from '../frames/video-frame.js';
import {
  MAX_PICTURE_PIXELS,
  NO_FAULTS,
  type EncodedVideoFrame,
  type VideoDecodeFault,
  type VideoDecodeResult,
  type VideoDecoder,
  type VideoDecoderStatistics,
} from './codec.js';
import type { DecoderEngine } from './engine.js';
import { readFrameHeader, type ReadableCodec } from './frame-header.js';
import { PicturePool } from './picture-pool.js';

/** Frames that may wait: a second of video, after which catching up would take longer than a key frame. */
const MAX_WAITING = 30;

interface Waiting {
  readonly frame: EncodedVideoFrame;
  readonly settle: (outcome: VideoDecodeResult) => void;
}

/** A decoder over an engine: frames one after another, and after a failure none before a key frame. */
export class QueuedDecoder implements VideoDecoder {
  readonly codec: ReadableCodec;
  readonly #engine: DecoderEngine;
  readonly #pool = new PicturePool();
  readonly #dropped = { ...NO_FAULTS };
  #decoded = 0;
  #waiting: Waiting[] = [];
  #busy = false;
  #needsKey = true;
  #overflowed = false;
  #closed = false;

  constructor(codec: ReadableCodec, engine: DecoderEngine) {
    this.codec = codec;
    this.#engine = engine;
  }

  get statistics(): VideoDecoderStatistics {
    return { decoded: this.#decoded, dropped: { ...this.#dropped } };
  }

  decode(frame: EncodedVideoFrame): Promise<VideoDecodeResult> {
    if (this.#closed) return Promise.resolve(this.#fault('closed'));
    if (this.#waiting.length >= MAX_WAITING || this.#overflowed) {
      // Frames behind a gap cannot be decoded; a key frame makes those before it worthless.
      this.#overflowed = readFrameHeader(this.codec, frame.data)?.key !== true;
      if (this.#overflowed) return Promise.resolve(this.#fault('queue-full'));
      this.#flush('queue-full');
    }
    return new Promise((settle) => {
      this.#waiting.push({ frame, settle });
      this.#next();
    });
  }

  recycle(frame: VideoFrame): void {
    this.#pool.recycle(frame);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#flush('closed');
    this.#engine.close();
  }

  #next(): void {
    if (this.#busy) return;
    const waiting = this.#waiting.shift();
    if (!waiting) return;
    this.#busy = true;
    void this.#run(waiting.frame).then((result) => {
      this.#busy = false;
      waiting.settle(result);
      this.#next();
    });
  }

  async #run({ data, timestamp, capture }: EncodedVideoFrame): Promise<VideoDecodeResult> {
    const header = readFrameHeader(this.codec, data);
    if (!header) return this.#fail('corrupt');
    if (this.#needsKey && !header.key) return this.#fault('key-frame-needed');
    if (header.pixels > MAX_PICTURE_PIXELS) return this.#fail('too-large');
    try {
      const picture = await this.#engine.decode(data, this.#pool);
      if (this.#closed) return this.#fault('closed');
      this.#needsKey = false;
      this.#decoded++;
      return { ok: true, frame: picture && { ...picture, timestamp, capture } };
    } catch {
      return this.#closed ? this.#fault('closed') : this.#fail('corrupt');
    }
  }

  #fail(reason: VideoDecodeFault): VideoDecodeResult {
    this.#needsKey = true;
    return this.#fault(reason);
  }

  #fault(reason: VideoDecodeFault): VideoDecodeResult {
    this.#dropped[reason]++;
    return { ok: false, reason };
  }

  #flush(reason: VideoDecodeFault): void {
    for (const { settle } of this.#waiting.splice(0)) settle(this.#fault(reason));
  }
}
