import { readFile, stat } from 'node:fs/promises';
import { gunzipSync, constants } from 'node:zlib';
import { CaptureError } from '../errors.js';

/** Files are held in memory; a longer one is to be cut first. */
const MAX_BYTES = 2 ** 29;

/** Reads a capture into memory, unpacked when it is gzip'd. Rejects with a {@link CaptureError} that says why not. */
export async function readCaptureFile(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw tooLong(path);
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof CaptureError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new CaptureError(
      code === 'ENOENT'
        ? `${path} does not exist: give a capture file`
        : `${path} cannot be read (${code ?? String(error)}): give a capture file that this user may read`,
    );
  }
  return isGzip(bytes) ? unpack(path, bytes) : bytes;
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

function unpack(path: string, bytes: Uint8Array): Uint8Array {
  try {
    // What there is of a file that was cut is unpacked too.
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLong(path);
    throw new CaptureError(`${path} is damaged gzip data (${code}): make or copy the file again`);
  }
}

const tooLong = (path: string): CaptureError =>
  new CaptureError(
    `${path} is longer than 512 MiB: filter it first, as with tcpdump -r FILE -w SHORTER udp port PORT`,
  );
