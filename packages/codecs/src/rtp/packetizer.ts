import { ArgumentError } from '../errors.js';

/** What goes into one RTP packet. */
export interface RtpPayload {
  readonly payload: Uint8Array;
  /** The marker bit of the RTP header (RFC 3550 §5.1). */
  readonly marker: boolean;
}

/**
 * Splits encoded frames of one stream into RTP payloads.
 *
 * Payloads are in sending order and all carry the frame's RTP timestamp. They belong to the caller; those of
 * a frame may be views of one buffer, or of the frame itself where the format needs no byte before it, so
 * leave the frame's bytes as they are until its payloads are sent.
 */
export interface Packetizer<Frame> {
  /**
   * The payloads of a frame, each of at most `maxPayloadSize` bytes and of about the same size.
   * Throws `ArgumentError` for a frame that the format cannot carry.
   */
  packetize(frame: Frame, maxPayloadSize: number): readonly RtpPayload[];
}

/** Smallest `maxPayloadSize` taken: every payload header fits and still leaves room for media. */
export const MIN_PAYLOAD_SIZE = 64;

/** Throws `ArgumentError` unless payloads of this size can be made. */
export function checkPayloadSize(maxPayloadSize: number): void {
  if (!Number.isInteger(maxPayloadSize) || maxPayloadSize < MIN_PAYLOAD_SIZE) {
    throw new ArgumentError(
      `maxPayloadSize is ${maxPayloadSize}; give whole bytes, at least ${MIN_PAYLOAD_SIZE}`,
    );
  }
}

/** Throws `ArgumentError` for a frame without bytes. */
export function checkFrame(data: Uint8Array): void {
  if (data.length === 0) {
    throw new ArgumentError('the frame is empty; leave out frames that the encoder dropped');
  }
}

/**
 * Where to cut `length` bytes into the fewest pieces of at most `maxSize`, as even as can be: the ends of
 * all pieces, in order.
 */
export function evenCuts(length: number, maxSize: number): readonly number[] {
  const pieces = Math.ceil(length / maxSize);
  return Array.from({ length: pieces }, (_, i) => Math.floor((length * (i + 1)) / pieces));
}

/**
 * The payloads of a frame that is cut anywhere, each piece behind a header of `headerSize(first)` bytes that
 * `writeHeader` puts at the start of the array it is given. The last one is marked if `marker` is set.
 */
export function packetizeBytes(
  data: Uint8Array,
  maxPayloadSize: number,
  marker: boolean,
  headerSize: (first: boolean) => number,
  writeHeader: (target: Uint8Array, first: boolean, last: boolean) => void,
): readonly RtpPayload[] {
  const first = headerSize(true);
  const other = headerSize(false);
  if (first >= maxPayloadSize) {
    throw new ArgumentError(
      `the payload header takes ${first} bytes; give a larger maxPayloadSize or describe less`,
    );
  }
  // The first header's extra bytes count as if they were media: so the payloads are even, not the pieces.
  const extra = first - other;
  const cuts = evenCuts(data.length + extra, maxPayloadSize - other).map((cut) =>
    Math.max(cut - extra, 1),
  );
  const buffer = new Uint8Array(data.length + first + (cuts.length - 1) * other);
  let from = 0;
  let at = 0;
  return cuts.map((cut, i) => {
    const last = i === cuts.length - 1;
    const header = i === 0 ? first : other;
    const piece = data.subarray(from, cut);
    const payload = buffer.subarray(at, at + header + piece.length);
    writeHeader(payload, i === 0, last);
    payload.set(piece, header);
    from = cut;
    at += payload.length;
    return { payload, marker: marker && last };
  });
}
