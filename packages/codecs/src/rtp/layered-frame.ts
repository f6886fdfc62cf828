/** An encoded frame as video encoders give it. */
export interface LayeredFrame {
  readonly data: Uint8Array;
  readonly key: boolean;
  /**
   * Temporal layer, 0 to 3 for VP8 and to 2 for VP9; 0 for streams without layers. A frame needs none of a higher
   * layer, nor one of its own or a lower upper layer from before the last frame of the base.
   */
  readonly temporalId: number;
}
