import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VIDEO_CLOCK_RATE, type VideoEncodingName } from '@rm/codecs';
import { IVF_HEADER_BYTES, type IvfFormat, ivfFrame, ivfHeader } from './ivf.js';
import type { PictureSize } from './option-values.js';

/** Bytes that may wait for a slow disk. */
const MAX_BACKLOG = 16 * 1024 * 1024;

/** What went wrong with a recording. */
export type VideoFileFault = 'VIDEO_FILE_WRITE_FAILED' | 'VIDEO_FILE_BACKLOG' | 'VIDEO_FILE_LIMIT';

/** Pictures could not be recorded. */
export class VideoFileError extends Error {
  override readonly name = 'VideoFileError';
  readonly code: VideoFileFault;

  constructor(code: VideoFileFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Codecs whose frames can be recorded. */
export type RecordedCodec = Exclude<VideoEncodingName, 'AV1'>;

/** What a file is to hold: frames of one codec and size. */
export interface VideoFileFormat extends PictureSize {
  readonly codec: RecordedCodec;
}

/** What is recorded of a frame. */
export interface RecordedFrame {
  readonly data: Uint8Array;
  readonly key: boolean;
  /** Ticks of 90 kHz since the first frame of the file. */
  readonly time: number;
}

/** How a {@link VideoFile} behaves. */
export interface VideoFileOptions {
  /** Gets each kind of failure once. */
  readonly onError: (error: VideoFileError) => void;
  /** Bytes that may wait for the disk; default 16 MiB. What comes beyond is dropped, up to the next key frame. */
  readonly maxBacklog?: number;
}

const FOURCC: Readonly<Record<RecordedCodec, string | undefined>> = {
  VP8: 'VP80',
  VP9: 'VP90',
  H264: undefined,
};

/** Ending of the files with frames of a codec: H.264 lies in them as it is (Annex B), the others in IVF. */
export const extensionOf = (codec: RecordedCodec): string => (codec === 'H264' ? 'h264' : 'ivf');

/**
 * Writes frames into a file as they come, without encoding them anew. `append` touches no disk; what is written can be
 * played at any time, as the number of frames in the header follows the frames.
 */
export class VideoFile {
  readonly path: string;
  readonly #ivf: IvfFormat | undefined;
  readonly #options: VideoFileOptions;
  readonly #reported = new Set<VideoFileFault>();
  #file: FileHandle | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #size = 0;
  #frames = 0;
  #dropped = 0;
  /** Whether frames are left out until one that needs none of them. */
  #behind = false;
  #broken = false;
  #writing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** Creates the file with the first frame, its folders too, and replaces one of that name. */
  constructor(path: string, { codec, width, height }: VideoFileFormat, options: VideoFileOptions) {
    this.path = path;
    const fourcc = FOURCC[codec];
    this.#ivf =
      fourcc === undefined ? undefined : { fourcc, width, height, clockRate: VIDEO_CLOCK_RATE };
    this.#options = options;
  }

  /** Frames that did not get into the file. */
  get droppedFrames(): number {
    return this.#dropped;
  }

  /** Adds a frame; its bytes are copied. Never throws. The first one has to be a key frame. */
  append({ data, key, time }: RecordedFrame): void {
    if (this.#broken || this.#closing !== undefined || (this.#behind && !key)) {
      this.#dropped++;
      return;
    }
    const { maxBacklog = MAX_BACKLOG } = this.#options;
    // A frame larger than the backlog is let in alone.
    this.#behind = this.#waitingBytes > 0 && this.#waitingBytes + data.length > maxBacklog;
    if (this.#behind) {
      this.#dropped++;
      this.#report('VIDEO_FILE_BACKLOG', `the disk of ${this.path} is too slow; use a faster one`);
      return;
    }
    const bytes = this.#ivf === undefined ? data.slice() : ivfFrame(data, time);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#writing ??= this.#write();
  }

  /** Resolves when nothing waits for the disk. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  /** Writes what is left and closes the file; every call returns the same promise. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #write(): Promise<void> {
    try {
      this.#file ??= await this.#create();
      while (this.#waiting.length > 0) {
        const frames = this.#waiting;
        this.#waiting = [];
        const bytes = Buffer.concat(frames);
        await put(this.#file, bytes, this.#size);
        this.#size += bytes.length;
        this.#waitingBytes -= bytes.length;
        this.#frames += frames.length;
        // Behind the frames: it never promises what is not there.
        if (this.#ivf !== undefined) await put(this.#file, ivfHeader(this.#ivf, this.#frames), 0);
      }
    } catch (cause) {
      this.#broken = true;
      this.#dropped += this.#waiting.length;
      this.#waiting = [];
      this.#failed(cause);
    }
    this.#writing = undefined;
  }

  async #create(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(this.path, 'w');
    if (this.#ivf !== undefined) this.#size = IVF_HEADER_BYTES;
    return file;
  }

  async #finish(): Promise<void> {
    await this.idle();
    try {
      await this.#file?.close();
    } catch (cause) {
      this.#failed(cause);
    }
  }

  #failed(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `can't write ${this.path}: ${why}; check space and permissions`;
    this.#report('VIDEO_FILE_WRITE_FAILED', message, { cause });
  }

  #report(code: VideoFileFault, message: string, options?: ErrorOptions): void {
    if (this.#reported.has(code)) return;
    this.#reported.add(code);
    this.#options.onError(new VideoFileError(code, message, options));
  }
}

async function put(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let from = 0; from < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, from, bytes.length - from, position + from);
    from += bytesWritten;
  }
}
