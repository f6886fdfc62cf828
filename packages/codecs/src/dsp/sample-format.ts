/** The format of a stretch of samples. */
export interface SampleFormat {
  /** Samples per second and channel. */
  readonly sampleRate: number;
  /** Interleaved channels. */
  readonly channels: number;
}
