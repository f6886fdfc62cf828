import fc from 'fast-check';
import { parseCompound, writeCompound } from '../../src/rtcp/index.js';
import { packets } from './compounds.js';
import { generator } from './generator.js';

/** What {@link fuzzCompounds} saw. */
export interface FuzzOutcome {
  readonly readable: number;
  readonly faults: number;
  /** Compounds whose readable packets were written and read again as something else. */
  readonly unstable: number;
}

/** Reads `count` mutated compounds; an exception of the parser comes out. */
export function fuzzCompounds(seed: number, count: number): FuzzOutcome {
  const random = generator(seed);
  const corpus = fc.sample(packets, { numRuns: 200, seed }).map((some) => writeCompound(some));
  const outcome = { readable: 0, faults: 0, unstable: 0 };
  for (let round = 0; round < count; round++) {
    const datagram = mutate(corpus[Math.floor(random() * corpus.length)]!, corpus, random);
    const compound = parseCompound(datagram);
    outcome.readable += compound.packets.length;
    outcome.faults += compound.faults.length;
    // text that was not UTF-8 has another length when it is written
    const clean = compound.packets.filter((packet) => !JSON.stringify(packet).includes('\uFFFD'));
    const written = writeCompound(clean);
    if (written.length > 4 * datagram.length + 1024) outcome.unstable++;
    const again = writeCompound(parseCompound(written).packets);
    if (Buffer.compare(written, again) !== 0) outcome.unstable++;
  }
  return outcome;
}

function mutate(
  original: Uint8Array,
  corpus: readonly Uint8Array[],
  random: () => number,
): Uint8Array {
  const below = (range: number): number => Math.floor(random() * range);
  const bytes = original.slice();
  if (bytes.length === 0) return bytes;
  for (let change = 1 + below(4); change > 0; change--) {
    const at = below(bytes.length);
    switch (below(5)) {
      case 0:
        bytes[at] = below(256);
        break;
      case 1:
        bytes[at]! ^= 1 << below(8);
        break;
      case 2:
        // lengths, counts and types stand at the starts of words
        bytes[at & ~3] = 0x80 | below(64);
        break;
      case 3:
        bytes[(at & ~3) + 3] = below(16);
        break;
      default:
        bytes.set(bytes.slice(at, at + 8), below(Math.max(1, bytes.length - 8)));
    }
  }
  if (random() < 0.2) return bytes.subarray(0, below(bytes.length));
  if (random() < 0.2) return Uint8Array.from([...bytes, ...corpus[below(corpus.length)]!]);
  return bytes;
}
