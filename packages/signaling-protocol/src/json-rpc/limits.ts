/** What a received text may cost. */
export interface JsonRpcLimits {
  /** Bytes of UTF-8 in one message; default 262144 (256 KiB). */
  readonly maxMessageBytes: number;
  /** Members of one batch; default 64. */
  readonly maxBatch: number;
  /** Objects and arrays inside each other; default 32. */
  readonly maxDepth: number;
  /** UTF-16 code units of a string id; default 256. */
  readonly maxIdLength: number;
}

/** The limits that hold where none are given. */
export const DEFAULT_JSON_RPC_LIMITS: JsonRpcLimits = {
  maxMessageBytes: 262_144,
  maxBatch: 64,
  maxDepth: 32,
  maxIdLength: 256,
};

/** Whether `text` takes more than `limit` bytes as UTF-8; a lone surrogate counts three, as U+FFFD. */
export function exceedsUtf8Bytes(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  if (text.length * 3 <= limit) return false;
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      bytes += 4;
      i++;
    } else bytes += 3;
  }
  return bytes > limit;
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Whether JSON `text` nests deeper than `limit`, found without parsing it. */
export function exceedsDepth(text: string, limit: number): boolean {
  // Most texts open too little to nest that deep, which is found out far sooner.
  if (countUpTo(text, '{', limit + 1) + countUpTo(text, '[', limit + 1) <= limit) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) {
      i = endOfString(text, i);
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      if (++depth > limit) return true;
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) depth--;
  }
  return false;
}

/** Index of the quote that closes the string opened at `start`; the end of `text` if none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** How often `character` occurs in `text`; counted no further than `most`. */
function countUpTo(text: string, character: string, most: number): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0 && count < most; count++) {
    at = text.indexOf(character, at + 1);
  }
  return count;
}
