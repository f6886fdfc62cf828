import { sequenceDelta } from '@rm/rtp-sync';

/** Packets after the first that the bitmask of a pair covers. */
const MASK_BITS = 16;

/**
 * The pairs of packet id and bitmask of following lost packets that name `sequences`, each as one 32-bit word
 * (RFC 4585 §6.2.1). Fewest when the sequence numbers are in the order of the stream.
 */
export function nackPairs(sequences: readonly number[]): number[] {
  const pairs: number[] = [];
  let id = -1;
  let mask = 0;
  for (const sequence of sequences) {
    const distance = sequenceDelta(sequence, id);
    if (id >= 0 && distance >= 0 && distance <= MASK_BITS) {
      if (distance > 0) mask |= 1 << (distance - 1);
      continue;
    }
    if (id >= 0) pairs.push(((id << 16) | mask) >>> 0);
    id = sequence & 0xffff;
    mask = 0;
  }
  if (id >= 0) pairs.push(((id << 16) | mask) >>> 0);
  return pairs;
}

/** Appends the sequence numbers that one pair names to `sequences`. */
export function readNackPair(pair: number, sequences: number[]): void {
  const id = pair >>> 16;
  sequences.push(id);
  for (let bit = 0; bit < MASK_BITS; bit++) {
    if ((pair & (1 << bit)) !== 0) sequences.push((id + bit + 1) & 0xffff);
  }
}
