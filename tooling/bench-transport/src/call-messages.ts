import type { AudioReceiverStatistics } from '@rm/webrtc-peer';

/** What nodes say of themselves to the benchmark, by type. */
export interface Messages {
  /** A node is in the room. */
  readonly joined: object;
  /** The talker began to speak. */
  readonly speaking: {
    /** When the first sample of its speech was captured, on the shared clock in µs. */
    readonly began: number;
  };
  /** The listener hears the talker. */
  readonly hearing: object;
  readonly heard: Heard;
}

/** All that a listener heard of a talker, tick by tick. */
export interface Heard {
  /** 480 samples a tick, at 48 kHz. */
  readonly samples: Float32Array;
  /** When the first sample of each tick was there to be heard, on the shared clock in µs. */
  readonly playedAt: Float64Array;
  /** Samples concealed, and samples played, up to and with each tick. */
  readonly concealed: Float64Array;
  readonly played: Float64Array;
  /** What the node itself measured. */
  readonly statistics: AudioReceiverStatistics;
}

/** Tells the benchmark, from a node. */
export function tell<T extends keyof Messages>(type: T, message: Messages[T]): void {
  process.send?.({ type, message });
}
