/**
 * The layout of a message between RemoteMedia's processes, as revision e9c6309 of its SDK has it. Little-endian, nothing
 * aligned; S and N are lengths in bytes.
 *
 * | at     | size | what                                         |
 * | ------ | ---- | -------------------------------------------- |
 * | 0      | 1    | type                                         |
 * | 1      | 2    | S                                            |
 * | 3      | S    | session id in UTF-8                          |
 * | 3 + S  | 8    | wall clock in µs since 1970                  |
 * | 11 + S | 4    | N                                            |
 * | 15 + S | N    | payload                                      |
 *
 * | type           | payload                                                                                         |
 * | -------------- | ----------------------------------------------------------------------------------------------- |
 * | 1 audio        | rate u32, channels u16, M u32, M bytes of JSON, float32 samples interleaved                     |
 * | 2 video        | width u32, height u32, format u8, codec u8, frame number u64, key frame u8, pixels or bitstream |
 * | 3 text         | UTF-8; or 0, length u8, channel, UTF-8                                                          |
 * | 4 tensor       | dtype u32, dimensions u32, a u32 for each, elements                                             |
 * | 5 control      | JSON                                                                                            |
 * | 6 numpy        | u16 and u64 of each dimension; u16 and i64 of each stride; u16 and dtype; flags u8; elements    |
 * | 7 file         | path, file name and MIME type, each u16 and UTF-8; size, offset, length u64; stream id likewise |
 * | 8 end of input | nothing                                                                                         |
 */
export const messageType = {
  audio: 1,
  video: 2,
  text: 3,
  tensor: 4,
  control: 5,
  numpy: 6,
  file: 7,
  endOfInput: 8,
} as const;

/** Bytes of a message around its session id and payload. */
export const envelopeBytes = 15;

/** RemoteMedia's numbers of the pixel formats it shares with us; its 1, YUV420P, is I420 under another name. */
export const pixelFormats = { i420: 2, nv12: 3, rgb24: 4, rgba32: 5, encoded: 255 } as const;
export const yuv420p = 1;

/** RemoteMedia's numbers of the codecs it shares with us; it has none for VP9. */
export const videoCodecs = { VP8: 1, H264: 2, AV1: 3 } as const;

/** Flags of a numpy array. */
export const numpyFlags = { cContiguous: 1, fContiguous: 2 } as const;

/** The channel of text that names none. */
export const defaultChannel = 'tts';

/** What a message may hold at most, written or read. */
export const limits = {
  /** Bytes of a message. RemoteMedia's own shared memory takes 1 MiB. */
  messageBytes: 268_435_456,
  /** Bytes of a control message, or of the JSON beside audio. */
  jsonBytes: 65_536,
  /** Maps and lists within one another in that JSON. */
  jsonDepth: 32,
  /** Samples a second. */
  sampleRate: 768_000,
  /** Channels of audio. */
  channels: 64,
  /** Width and height of a picture. */
  pictureSide: 16_384,
  /** Dimensions of a tensor or array, as many as numpy has. */
  dimensions: 64,
} as const;
