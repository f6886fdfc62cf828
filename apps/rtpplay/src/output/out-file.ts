import { closeSync, openSync, writeSync } from 'node:fs';
import { CaptureError } from '../errors.js';

const BUFFER = 65_536;

/** A file that is written from its beginning, in large pieces. Throws a {@link CaptureError} that says why it cannot be. */
export class OutFile {
  readonly #path: string;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(BUFFER);
  #filled = 0;

  constructor(path: string) {
    this.#path = path;
    this.#fd = this.#try(() => openSync(path, 'w'));
  }

  /** Adds bytes, which are copied. */
  write(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > BUFFER) this.#flush();
    if (bytes.length > BUFFER) this.#put(bytes);
    else {
      this.#buffer.set(bytes, this.#filled);
      this.#filled += bytes.length;
    }
  }

  /** Writes over the beginning of the file. */
  writeHeader(bytes: Uint8Array): void {
    this.#flush();
    this.#try(() => writeSync(this.#fd, bytes, 0, bytes.length, 0));
  }

  close(): void {
    this.#flush();
    this.#try(() => closeSync(this.#fd));
  }

  #flush(): void {
    const bytes = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    this.#put(bytes);
  }

  #put(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;)
      done += this.#try(() => writeSync(this.#fd, bytes, done));
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new CaptureError(
        `${this.#path} cannot be written (${code ?? String(error)}): name a file in a folder that exists and has room`,
      );
    }
  }
}
