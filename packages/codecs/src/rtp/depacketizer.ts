/** What one payload contributes to its frame. */
export interface FramePart {
  /** What follows the payload header; a view of the payload. */
  readonly body: Uint8Array;
  /** Whether the payload itself proves that it is its frame's first. */
  readonly begins: boolean;
  /** Whether it is the frame's last whatever the marker says. */
  readonly ends: boolean;
  /** Whether it shows that its frame can be decoded without any before it. */
  readonly key: boolean;
  /** Temporal layer, 0 to 7; 0 is the base layer and stands also for streams without layers. */
  readonly temporalId: number;
  /** Spatial layer, 0 to 7. */
  readonly spatialId: number;
}

/**
 * Why a payload cannot be used: no bytes (RTP padding), fewer bytes than its header announces, a value that
 * the format does not allow, or a feature that was not negotiated.
 */
export type PayloadFault = 'empty' | 'truncated' | 'malformed' | 'unsupported';

/** Outcome of {@link Depacketizer.parse}. */
export type PayloadResult<Part> =
  | { readonly ok: true; readonly value: Part }
  | { readonly ok: false; readonly reason: PayloadFault };

/** The receiving side of a payload format. Holds no state; every byte given to it may be hostile. */
export interface Depacketizer<Part extends FramePart> {
  /** Reads one payload; never throws. */
  parse(payload: Uint8Array): PayloadResult<Part>;
  /**
   * Joins all parts of one frame, in order, to what a decoder takes; undefined if they do not fit together.
   * The bytes may be a view of the only part's body. At least one part is given.
   */
  join(parts: readonly Part[]): Uint8Array | undefined;
  /** Starts to follow the references between the frames of a stream. */
  trackReferences(): ReferenceTracker<Part>;
}

/**
 * Knows which frames of a stream can be decoded after those that were. It is told of every frame in
 * decoding order, by its parts, and of what is missing between them.
 */
export interface ReferenceTracker<Part> {
  /** Whether the base layer cannot go on without a key frame, as far as is known. So it is at the start. */
  readonly broken: boolean;
  /** Whether everything that the frame of these parts refers to was decoded. */
  isDecodable(parts: readonly Part[]): boolean;
  /** The frame goes to the decoder. Key frames heal all. */
  decoded(parts: readonly Part[]): void;
  /**
   * Something does not go to the decoder: the frame of which `damaged` is a part, or unknown packets if that
   * is undefined. `next` is the first part known behind it, if any, and `packets` how many are missing before
   * that, so that counters are not trusted over losses in which they may have wrapped.
   */
  lost(damaged: Part | undefined, next: Part | undefined, packets: number): void;
}

/** Concatenates the bodies of all parts; the body itself if there is one only. */
export function joinBodies(parts: readonly FramePart[]): Uint8Array {
  if (parts.length === 1) return parts[0]!.body;
  const data = new Uint8Array(parts.reduce((sum, { body }) => sum + body.length, 0));
  let at = 0;
  for (const { body } of parts) {
    data.set(body, at);
    at += body.length;
  }
  return data;
}
