/** Thrown when a codec library fails at its work; `code` is `CODEC_FAILED`, `cause` is what it says. */
export class VideoCodecError extends Error {
  override readonly name = 'VideoCodecError';
  readonly code = 'CODEC_FAILED';
}
