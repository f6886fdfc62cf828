import { copyPicture, i420Picture, i420Size, type VideoPicture } from '../../frames/video-frame.js';
import type { DecoderEngine, EncoderEngine, EngineSettings } from '../engine.js';
import type { PicturePool } from '../picture-pool.js';
import type {
  CodecJob,
  DecodedPicture,
  DecodeRequest,
  EncodedPicture,
  EncodeRequest,
} from './codec-job.js';
import { CodecThread } from './codec-thread.js';

/** An encoder in a thread of its own. */
export class ThreadEncoderEngine implements EncoderEngine {
  readonly #thread: CodecThread<EncodeRequest, EncodedPicture>;
  #memory = new SharedArrayBuffer(0);

  constructor(job: CodecJob) {
    this.#thread = new CodecThread(job);
    this.#thread.start();
  }

  async encode(
    picture: VideoPicture,
    settings: EngineSettings,
  ): ReturnType<EncoderEngine['encode']> {
    const { width, height } = picture;
    const bytes = i420Size(width, height);
    if (this.#memory.byteLength !== bytes) this.#memory = new SharedArrayBuffer(bytes);
    const memory = this.#memory;
    copyPicture(picture, i420Picture(width, height, new Uint8Array(memory)));
    const packet = await this.#thread.request({ memory, width, height, settings });
    return packet && { ...packet, temporalId: 0 };
  }

  close(): void {
    this.#thread.close();
  }
}

/** A decoder in a thread of its own. */
export class ThreadDecoderEngine implements DecoderEngine {
  readonly #thread: CodecThread<DecodeRequest, DecodedPicture>;
  /** Memory for the next picture: frames that give none must not cost any. */
  #unused: Uint8Array | undefined;

  constructor(job: CodecJob) {
    this.#thread = new CodecThread(job);
    this.#thread.start();
  }

  async decode(data: Uint8Array, pool: PicturePool): Promise<VideoPicture | undefined> {
    // Most pictures have the size of the one before, and are copied beside this thread.
    const into = (this.#unused ??= pool.last);
    const bytes = new Uint8Array(data);
    const picture = await this.#thread.request({ data: bytes, into }, [bytes.buffer]);
    if (!picture) return undefined;
    const { width, height, memory } = picture;
    this.#unused = undefined;
    if (!memory) return i420Picture(width, height, into);
    const kept = pool.sized(width, height);
    kept.set(memory);
    return i420Picture(width, height, kept);
  }

  close(): void {
    this.#thread.close();
  }
}
