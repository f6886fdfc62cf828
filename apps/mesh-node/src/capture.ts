import { constants } from 'node:fs';
import { access, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { micros } from '@rm/rtp-sync';
import { FlightRecorder, systemClock } from '@rm/webrtc-peer';
import { UsageError } from './errors.js';

/** Memory for a second of what thirty peers send. */
const BYTES_PER_SECOND = 2 ** 18;

/** Keeps the latest seconds of what is received, and writes them to a file when it is asked to. */
export class Capture {
  readonly recorder: FlightRecorder;
  readonly #file: string;
  #written: Promise<void> = Promise.resolve();

  /** Rejects with a {@link UsageError} for a file that could not be written later on. */
  static async open(file: string, seconds: number): Promise<Capture> {
    const folder = await access(dirname(file), constants.W_OK).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    const there = await stat(file).catch(() => undefined);
    const problem = there?.isDirectory() === true ? 'EISDIR' : folder;
    if (problem !== undefined)
      throw new UsageError(
        `--capture ${file} cannot be written (${problem}): name a file in a folder that exists and is yours`,
      );
    return new Capture(file, seconds);
  }

  private constructor(file: string, seconds: number) {
    this.#file = file;
    this.recorder = new FlightRecorder({
      maxAge: micros(seconds * 1e6),
      maxBytes: Math.max(2 ** 16, Math.ceil(seconds * BYTES_PER_SECOND)),
    });
  }

  /**
   * Writes what was received up to now in place of what the file held, as a whole or not at all. Rejects with an
   * `Error` that says why it could not.
   */
  async write(): Promise<void> {
    const bytes = this.recorder.rtpdump(systemClock.now(), systemClock.unixOrigin);
    const before = this.#written;
    this.#written = before.catch(() => {}).then(() => this.#replace(bytes));
    await this.#written;
  }

  async #replace(bytes: Uint8Array): Promise<void> {
    const partial = `${this.#file}.part`;
    try {
      await writeFile(partial, bytes);
      await rename(partial, this.#file);
    } catch (error) {
      await rm(partial, { force: true });
      const { code } = error as NodeJS.ErrnoException;
      throw new Error(
        `--capture ${this.#file} was not written (${code}): make room, or name another file`,
        { cause: error },
      );
    }
  }
}
