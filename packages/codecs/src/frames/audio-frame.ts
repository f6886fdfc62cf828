/** Integer microseconds. The clock is the caller's own monotonic one unless a name says otherwise. */
export type Micros = number & { readonly __unit: 'us' };

/** When the first sample of a frame was captured, on the local timeline, and how far that can be wrong. */
export interface CaptureTime {
  /** Capture instant of the frame's first sample. */
  readonly time: Micros;
  /** The true instant lies within `time ± bound`; 0 for frames captured by this process. */
  readonly bound: Micros;
}

/**
 * A block of uncompressed audio.
 *
 * Whoever hands a frame to you may reuse `samples` once your handler has returned: copy what you keep.
 */
export interface AudioFrame {
  /** Samples in −1…1, interleaved by channel; length is samples per channel × `channels`. */
  readonly samples: Float32Array;
  /** Samples per second and channel. */
  readonly sampleRate: number;
  /** 1 for mono, 2 for stereo. */
  readonly channels: number;
  /** Capture time, or undefined while the sender's clock is not yet known. */
  readonly capture: CaptureTime | undefined;
}
