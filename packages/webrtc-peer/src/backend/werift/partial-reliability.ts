import { FIRST_FRAGMENT, LAST_FRAGMENT, isAfter } from './data-chunk.js';
import type { Association, DataChunk, ForwardTsn } from './internals.js';

const isDue = ({ maxRetransmits, expiry, sentCount }: DataChunk): boolean =>
  (maxRetransmits !== undefined && sentCount > maxRetransmits) ||
  (expiry !== undefined && expiry <= performance.now());

/**
 * Has an association give up messages as RFC 3758 says. werift takes a limit of no retransmission for none at all,
 * gives up the oldest chunk instead of the one that was lost, keeps counting what it gave up as in flight, and tells
 * the other side only once that it is not to wait.
 */
export const healPartialReliability = (association: Association): void => {
  const giveUp = (chunk: DataChunk): void => {
    const isInFlight = chunk.sentCount > 0 && !chunk.acked && !chunk.retransmit;
    if (isInFlight) association.flightSizeDecrease(chunk);
    chunk.bookSize = 0;
    chunk.abandoned = true;
    chunk.retransmit = false;
  };
  association.maybeAbandon = (chunk) => {
    if (chunk.abandoned) return true;
    if (!isDue(chunk)) return false;
    const { sentQueue, outboundQueue } = association;
    // All fragments of the message, the ones that were not sent yet included (RFC 3758 §3.5, A3).
    let first = sentQueue.indexOf(chunk);
    while (first > 0 && ((sentQueue[first]?.flags ?? 0) & FIRST_FRAGMENT) === 0) first--;
    for (let at = first; ; at++) {
      if (at === sentQueue.length) {
        const unsent = outboundQueue.shift();
        if (unsent === undefined) return true;
        sentQueue.push(unsent);
      }
      const fragment = sentQueue[at] as DataChunk;
      giveUp(fragment);
      if ((fragment.flags & LAST_FRAGMENT) !== 0) return true;
    }
  };

  const advance = association.updateAdvancedPeerAckPoint.bind(association);
  let told: ForwardTsn | undefined;
  association.updateAdvancedPeerAckPoint = () => {
    advance();
    const isHeard = told === undefined || !isAfter(told.cumulativeTsn, association.lastSackedTsn);
    const made = association.forwardTsnChunk;
    if (made !== undefined && made !== told) {
      if (!isHeard) made.streams = [...new Map([...(told?.streams ?? []), ...made.streams])];
      told = made;
    } else if (isHeard) told = undefined;
    else association.forwardTsnChunk = told;
  };
};
