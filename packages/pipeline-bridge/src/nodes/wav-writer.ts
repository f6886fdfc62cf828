import { mkdir, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { floatToPcm16, WAV_HEADER_BYTES, wavHeader } from '@rm/codecs';
import type { AudioFrame, WavFormat } from '@rm/codecs';
import { errorText, WavError } from '../errors.js';
import type { WavErrorCode } from '../errors.js';

/** How a recording behaves when something goes wrong. */
export interface WavWriterOptions {
  /** Gets each kind of failure once. Without it `close` rejects with the first one. */
  readonly onError?: (error: WavError) => void;
  /**
   * Seconds of audio that may wait for a slow disk; what comes beyond is dropped, counted in `droppedFrames` and
   * reported as WAV_BACKLOG. Default 10.
   */
  readonly maxBacklog?: number;
}

/** Audio is handed to the disk in pieces this long: what a killed process loses. */
const chunkSeconds = 0.25;
const sampleBytes = 2;
/** RIFF counts its bytes in 32 bits, beginning behind the first 8. */
const maxDataBytes = 0xffff_ffff - (WAV_HEADER_BYTES - 8);

/**
 * Writes audio into a WAV file (16-bit PCM) while it comes.
 *
 * `append` is cheap and touches no disk: samples are converted into chunks of 250 ms, which are written in order
 * behind its back, each followed by a corrected header. So the file can be played at any time, and a killed
 * process loses less than a second.
 */
export class WavWriter implements AsyncDisposable {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #options: WavWriterOptions;
  readonly #reported = new Set<WavErrorCode>();
  readonly #spare: Uint8Array[] = [];
  #format: WavFormat | undefined;
  #chunk: Uint8Array = new Uint8Array(0);
  #filled = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #accepted = 0;
  #written = 0;
  #dropped = 0;
  #writing: Promise<void> | undefined;
  #failure: WavError | undefined;
  #broken = false;
  #closing: Promise<void> | undefined;

  private constructor(path: string, file: FileHandle, options: WavWriterOptions) {
    this.path = path;
    this.#file = file;
    this.#options = options;
  }

  /** Creates the file, its folders too, and replaces one of that name. Rejects with WAV_WRITE_FAILED. */
  static async open(path: string, options: WavWriterOptions = {}): Promise<WavWriter> {
    try {
      await mkdir(dirname(path), { recursive: true });
      return new WavWriter(path, await open(path, 'w'), options);
    } catch (cause) {
      throw writeFailed(path, cause);
    }
  }

  /** Frames that did not get into the file. */
  get droppedFrames(): number {
    return this.#dropped;
  }

  /**
   * Adds a frame; its samples are copied. The first one decides rate and channels. Never throws: what cannot be
   * recorded is counted in `droppedFrames` and reported once.
   */
  append(frame: AudioFrame): void {
    const format = this.#admit(frame);
    if (format === undefined) {
      this.#dropped += 1;
      return;
    }
    const { samples } = frame;
    this.#accepted += samples.length * sampleBytes;
    for (let from = 0; from < samples.length;) {
      const room = (this.#chunk.length - this.#filled) / sampleBytes;
      const to = Math.min(samples.length, from + room);
      this.#filled += floatToPcm16(samples.subarray(from, to), this.#chunk.subarray(this.#filled));
      from = to;
      if (this.#filled === this.#chunk.length) this.#handOver(format);
    }
  }

  /** Writes what is left, corrects the header and closes the file; every call returns the same promise. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The file's format when the frame may be added to it. */
  #admit(frame: AudioFrame): WavFormat | undefined {
    if (this.#broken || this.#closing !== undefined) return undefined;
    const format = this.#format ?? this.#begin(frame);
    if (format === undefined) return undefined;
    const { sampleRate, channels } = format;
    const bytes = frame.samples.length * sampleBytes;
    if (frame.sampleRate !== sampleRate || frame.channels !== channels) {
      const now = `${frame.sampleRate} Hz × ${frame.channels}`;
      const message = `${this.path} is ${sampleRate} Hz × ${channels} and can't take ${now}; resample, or start another file`;
      return this.#refuse('WAV_FORMAT', message);
    }
    if (frame.samples.length % channels !== 0) {
      const message = `${frame.samples.length} samples are not whole for ${channels} channels; give whole frames`;
      return this.#refuse('WAV_FORMAT', message);
    }
    if (this.#accepted + bytes > maxDataBytes) {
      return this.#refuse(
        'WAV_FULL',
        `${this.path} has reached the 4 GiB of WAV; start another file`,
      );
    }
    const backlog = (this.#options.maxBacklog ?? 10) * sampleRate * channels * sampleBytes;
    // A frame longer than the backlog is let in alone: audio in pieces that long still has to be written.
    if (this.#waitingBytes > 0 && this.#waitingBytes + this.#filled + bytes > backlog) {
      return this.#refuse('WAV_BACKLOG', `the disk of ${this.path} is too slow; use a faster one`);
    }
    return format;
  }

  #begin({ sampleRate, channels }: AudioFrame): WavFormat | undefined {
    try {
      wavHeader({ sampleRate, channels }, 0);
    } catch (cause) {
      const message = `${this.path} can't take ${sampleRate} Hz × ${channels}; give whole Hz and channels`;
      this.#report(new WavError('WAV_FORMAT', message, cause));
      return undefined;
    }
    this.#format = { sampleRate, channels };
    this.#chunk = this.#newChunk(this.#format);
    return this.#format;
  }

  #newChunk({ sampleRate, channels }: WavFormat): Uint8Array {
    const bytes = Math.ceil(sampleRate * chunkSeconds) * channels * sampleBytes;
    return this.#spare.pop() ?? new Uint8Array(bytes);
  }

  #handOver(format: WavFormat): void {
    this.#waiting.push(this.#chunk);
    this.#waitingBytes += this.#filled;
    this.#chunk = this.#newChunk(format);
    this.#filled = 0;
    this.#writing ??= this.#writeWaiting();
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#broken) {
      const chunks = this.#waiting;
      this.#waiting = [];
      for (const chunk of chunks) {
        await this.#write(chunk);
        this.#waitingBytes -= chunk.length;
        this.#spare.push(chunk);
      }
    }
    this.#writing = undefined;
  }

  /** Data first, then the header: it never promises what is not there. */
  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#broken) return;
    try {
      await this.#put(bytes, WAV_HEADER_BYTES + this.#written);
      this.#written += bytes.length;
      const format = this.#format ?? { sampleRate: 48_000, channels: 1 };
      await this.#put(wavHeader(format, this.#written), 0);
    } catch (cause) {
      this.#broken = true;
      this.#report(writeFailed(this.path, cause));
    }
  }

  async #put(bytes: Uint8Array, position: number): Promise<void> {
    for (let from = 0; from < bytes.length;) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        from,
        bytes.length - from,
        position + from,
      );
      from += bytesWritten;
    }
  }

  async #finish(): Promise<void> {
    await this.#writing;
    await this.#write(this.#chunk.subarray(0, this.#filled));
    try {
      await this.#file.close();
    } catch (cause) {
      this.#report(writeFailed(this.path, cause));
    }
    if (this.#failure !== undefined && this.#options.onError === undefined) throw this.#failure;
  }

  #refuse(code: WavErrorCode, message: string): undefined {
    this.#report(new WavError(code, message));
    return undefined;
  }

  #report(error: WavError): void {
    if (this.#reported.has(error.code)) return;
    this.#reported.add(error.code);
    this.#failure ??= error;
    try {
      this.#options.onError?.(error);
    } catch {
      // The recording's own state is settled; a failing listener must not reach whoever appends.
    }
  }
}

function writeFailed(path: string, cause: unknown): WavError {
  return new WavError(
    'WAV_WRITE_FAILED',
    `can't write ${path}: ${errorText(cause)}; check space and permissions`,
    cause,
  );
}
