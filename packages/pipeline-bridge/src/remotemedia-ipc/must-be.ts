import { RemoteMediaError } from './error.js';

const utf8 = new TextEncoder();

/** Throws REMOTE_MEDIA_RANGE unless `value` is a whole number from `least` to `most`. */
export function mustBeWithin(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RemoteMediaError(
    'REMOTE_MEDIA_RANGE',
    `RemoteMedia takes no ${what} of ${value}; use a whole number from ${least} to ${most}`,
  );
}

/** Throws REMOTE_MEDIA_RANGE unless a buffer has the length that what is said of it asks for. */
export function mustHold(what: string, length: number, wanted: number): void {
  if (length === wanted) return;
  throw new RemoteMediaError(
    'REMOTE_MEDIA_RANGE',
    `there are ${length} ${what} where ${wanted} belong; give a buffer that fits its description`,
  );
}

/** A text whose length is written in `lengthBytes` bytes. Throws REMOTE_MEDIA_RANGE when it is longer than they say. */
export function shortText(what: string, text: string, lengthBytes: 1 | 2 = 2): Uint8Array {
  const bytes = utf8.encode(text);
  const most = 2 ** (8 * lengthBytes) - 1;
  if (bytes.length <= most) return bytes;
  throw new RemoteMediaError(
    'REMOTE_MEDIA_RANGE',
    `the ${what} has ${bytes.length} bytes; shorten it to ${most}`,
  );
}
