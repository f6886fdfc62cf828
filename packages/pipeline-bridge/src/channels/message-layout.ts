/**
 * The layout of a message between this process and another, or a worker thread. Little-endian; the header is a multiple
 * of 64 bytes, so that the payload is as aligned as the message is.
 *
 * | at | size | what                                                                      |
 * | -- | ---- | ------------------------------------------------------------------------- |
 * | 0  | 4    | `RMF1`                                                                    |
 * | 4  | 1    | version, 1                                                                |
 * | 5  | 1    | kind                                                                      |
 * | 6  | 2    | header bytes: 64, the stream id, the fields, and zeros up to the next 64  |
 * | 8  | 4    | payload bytes                                                             |
 * | 12 | 4    | sequence number, wrapping                                                 |
 * | 16 | 8    | capture time in µs, signed; −2⁶³ when not known                          |
 * | 24 | 4    | its bound in µs                                                           |
 * | 28 | 4    | samples a second, or width                                                |
 * | 32 | 4    | channels, or height                                                       |
 * | 36 | 1    | pixel or image format                                                     |
 * | 37 | 1    | video codec                                                               |
 * | 38 | 1    | 1 for a key frame                                                         |
 * | 39 | 1    | 0                                                                         |
 * | 40 | 8    | frame number                                                              |
 * | 48 | 2    | stream id bytes                                                           |
 * | 50 | 2    | field bytes                                                               |
 * | 52 | 12   | 0                                                                         |
 * | 64 |      | stream id in UTF-8, then fields as JSON                                   |
 *
 * Text, JSON, control and file have UTF-8 as their payload, tensor and numpy their shape among the fields.
 */
export const layout = {
  kind: 5,
  headerBytes: 6,
  payloadBytes: 8,
  sequence: 12,
  captureLow: 16,
  captureHigh: 20,
  captureBound: 24,
  rateOrWidth: 28,
  channelsOrHeight: 32,
  format: 36,
  codec: 37,
  keyFrame: 38,
  frameNumberLow: 40,
  frameNumberHigh: 44,
  streamIdBytes: 48,
  fieldBytes: 50,
  end: 64,
} as const;

/** `RMF1` and the version, as the first five bytes. */
export const signature = Uint8Array.of(0x52, 0x4d, 0x46, 0x31, 1);

/** Of a message's kind; those that RemoteMedia has too have its numbers. */
export const messageKinds = [
  'nothing',
  'audio',
  'video',
  'text',
  'tensor',
  'control',
  'numpy',
  'file',
  'end',
  'json',
  'binary',
  'image',
] as const;

export const pictureFormats = ['i420', 'nv12', 'rgb24', 'rgba32', 'encoded'] as const;
export const imageFormats = ['jpeg', 'png', 'webp', 'raw'] as const;
export const videoCodecs = ['VP8', 'VP9', 'H264', 'AV1'] as const;

/** Longest stream id in UTF-8 bytes. */
export const maxStreamIdBytes = 1024;
/** Longest fields in bytes, so that the header's length fits its 16 bits. */
export const maxFieldBytes = 60_000;

/** The next multiple of 64. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** The upper half of a capture time that is not known; the lower one is 0. */
export const captureUnknown = -0x80000000;
