/** An RTP packet as it was captured (RFC 3550 §5.1). */
export interface RtpHeader {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  /** Without header, extension and padding; a view. Undefined where the capture does not hold all of it. */
  readonly payload: Uint8Array | undefined;
}

const FIXED_HEADER = 12;

/**
 * Reads an RTP packet of `length` bytes of which `bytes` were captured; undefined when it fails the header checks of
 * RFC 3550 A.1 that need no knowledge of the stream.
 */
export function parseRtp(bytes: Uint8Array, length: number): RtpHeader | undefined {
  if (bytes.length < FIXED_HEADER || bytes[0]! >> 6 !== 2) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = bytes[0]!;
  let begin = FIXED_HEADER + 4 * (flags & 0x0f);
  if ((flags & 0x10) !== 0) {
    if (begin + 4 > length) return undefined;
    // Where the capture ends before it the length of the extension is not known, and neither is a payload.
    begin += begin + 4 > bytes.length ? 4 : 4 + 4 * view.getUint16(begin + 2);
  }
  if (begin > length) return undefined;
  const complete = bytes.length >= length;
  let end = length;
  if ((flags & 0x20) !== 0 && complete) {
    const padding = bytes[length - 1]!;
    if (padding === 0 || padding > length - begin) return undefined;
    end -= padding;
  }
  return {
    ssrc: view.getUint32(8),
    payloadType: bytes[1]! & 0x7f,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    marker: (bytes[1]! & 0x80) !== 0,
    payload: complete ? bytes.subarray(begin, end) : undefined,
  };
}
