/** What an SRTP context knows of one stream. */
export interface RolloverState {
  rolloverCounter: number;
  rolloverHasProcessed?: boolean;
  lastSequenceNumber: number;
}

/**
 * Moves an SRTP stream on to the packet with `sequenceNumber`, the nearest one to the last (RFC 3711 §3.3.1:
 * within 2¹⁵ either way). werift sees a wrap only within 100 packets of it, so that a gap of two seconds of
 * audio across the wrap would leave the receiver unable to decrypt for ever.
 */
export const trackRollover = (sequenceNumber: number, state: RolloverState): void => {
  const last = state.lastSequenceNumber;
  const step = ((sequenceNumber - last) << 16) >> 16;
  if (state.rolloverHasProcessed !== true) state.rolloverHasProcessed = true;
  else if (step > 0 && sequenceNumber < last) state.rolloverCounter++;
  else if (step < 0 && sequenceNumber > last) {
    // Before the first packet of the stream there is nothing to go back to.
    if (state.rolloverCounter === 0) return;
    state.rolloverCounter--;
  }
  state.lastSequenceNumber = sequenceNumber;
};
