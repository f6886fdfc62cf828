/** First byte of a frame that is a whole text message (RFC 6455 §5.2: FIN, opcode 1). */
const WHOLE_TEXT = 0x81;

/** Payloads up to here say their length in one byte, and up to the next in three. */
const MAX_SHORT = 125;
const MAX_MEDIUM = 0xffff;

/** Bytes of the frame that carries `bytes` of text. */
export const frameLength = (bytes: number): number =>
  bytes + (bytes <= MAX_SHORT ? 2 : bytes <= MAX_MEDIUM ? 4 : 10);

/**
 * Writes `text`, whose UTF-8 form takes `bytes`, as one unmasked frame (RFC 6455 §5.2) into
 * `target` from `at` on, where there must be room for {@link frameLength}; returns where it ends.
 */
export function writeTextFrame(target: Buffer, at: number, text: string, bytes: number): number {
  let next = at;
  target[next++] = WHOLE_TEXT;
  if (bytes <= MAX_SHORT) target[next++] = bytes;
  else if (bytes <= MAX_MEDIUM) {
    target[next++] = 126;
    next = target.writeUInt16BE(bytes, next);
  } else {
    target[next++] = 127;
    next = target.writeUInt32BE(0, next);
    next = target.writeUInt32BE(bytes, next);
  }
  return next + target.write(text, next);
}
