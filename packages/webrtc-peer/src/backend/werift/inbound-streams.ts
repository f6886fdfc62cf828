import { FIRST_FRAGMENT, LAST_FRAGMENT, UNORDERED, isAfter } from './data-chunk.js';
import type { Association, InboundChunk, InboundStream } from './internals.js';

/** Where the message that begins at `start` ends; -1 if a part of it is missing. */
const endOfMessage = (chunks: readonly InboundChunk[], start: number): number => {
  const first = chunks[start];
  if (first === undefined || (first.flags & FIRST_FRAGMENT) === 0) return -1;
  for (let at = start; ; at++) {
    const chunk = chunks[at];
    if (chunk === undefined || chunk.tsn !== (first.tsn + at - start) >>> 0) return -1;
    if ((chunk.flags & LAST_FRAGMENT) !== 0) return at + 1;
  }
};

/** The chunks that are left without those of messages that are obsolete and not whole. */
const withoutRemains = (
  chunks: readonly InboundChunk[],
  isObsolete: (chunk: InboundChunk) => boolean,
): InboundChunk[] => {
  const left: InboundChunk[] = [];
  for (let at = 0; at < chunks.length;) {
    const end = endOfMessage(chunks, at);
    const message = chunks.slice(at, Math.max(end, at + 1));
    if (end >= 0 || !message.every(isObsolete)) left.push(...message);
    at += message.length;
  }
  return left;
};

/**
 * Has an association deliver all messages that are whole. werift stops behind the first one whose successor has not
 * the next transmission sequence number, as between two channels in turn; and when the other side gives up a message
 * it forgets what it has of others, be they whole or still on their way.
 */
export const healInboundStreams = (association: Association): void => {
  const heal = (stream: InboundStream): void => {
    const pop = stream.popMessages.bind(stream);
    stream.popMessages = function* (): ReturnType<InboundStream['popMessages']> {
      for (let popped = 1; popped > 0;) {
        popped = 0;
        for (const message of pop()) {
          popped++;
          yield message;
        }
      }
    };
    stream.pruneChunks = () => 0;
  };
  const streamOf = association.getInboundStream.bind(association);
  association.getInboundStream = (streamId) => {
    const isNew = association.inboundStreams[streamId] === undefined;
    const stream = streamOf(streamId);
    if (isNew) heal(stream);
    return stream;
  };

  const forward = association.receiveForwardTsnChunk.bind(association);
  association.receiveForwardTsnChunk = (chunk) => {
    const { cumulativeTsn } = chunk;
    if (isAfter(cumulativeTsn, association.lastReceivedTsn)) {
      const skipped = new Map(chunk.streams);
      for (const [streamId, stream] of Object.entries(association.inboundStreams)) {
        const last = skipped.get(Number(streamId));
        const isObsolete = ({ flags, tsn, streamSeqNum }: InboundChunk): boolean => {
          if ((flags & UNORDERED) !== 0) return !isAfter(tsn, cumulativeTsn);
          return last !== undefined && ((streamSeqNum - last) << 16) >> 16 <= 0;
        };
        const bytes = bytesOf(stream.reassembly);
        stream.reassembly = withoutRemains(stream.reassembly, isObsolete);
        association.advertisedRwnd += bytes - bytesOf(stream.reassembly);
      }
    }
    forward(chunk);
  };
};

const bytesOf = (chunks: readonly InboundChunk[]): number =>
  chunks.reduce((sum, { userData }) => sum + userData.length, 0);
