import { expect } from '@jest/globals';
import { CaptureError, UsageError } from '../../src/errors.js';
import { chooseStream } from '../../src/stream/choose.js';
import { reception } from '../../src/replay/reception.js';
import { pairs, pauses } from '../../src/stream/steps.js';
import { rtp } from './bytes.js';
import { type Sent, pcap, pcapng, rtpdump } from './captures.js';

const PACKETS: readonly Sent[] = Array.from({ length: 12 }, (_, i) => ({
  at: 20 * i,
  bytes: rtp({ sequence: i, timestamp: 960 * i, payload: new Uint8Array(9).fill(0x78) }),
}));

const table = new TextEncoder().encode(
  `# clock_rate=8000\narrival_ms,sequence,timestamp,payload_type\n${PACKETS.map(({ at }, i) => `${at}.5,${i},${160 * i},0`).join('\n')}\n`,
);

const SEEDS: readonly Uint8Array[] = [
  rtpdump(PACKETS),
  pcap(PACKETS),
  pcap(PACKETS, { littleEndian: false, nanoseconds: true, framing: 'Linux cooked 2', v6: true }),
  pcapng(PACKETS),
  pcapng(PACKETS, { littleEndian: false, resolution: 9, framing: 'double VLAN' }),
  table,
];

/** What a bad value looks like more often than by chance. */
const NASTY = [0, 1, 0x7f, 0x80, 0xff, 0x2c, 0x0a, 0x22];

/**
 * Mutates captures `count` times and reads each as the program does before it plays it. Each either gives a stream
 * or ends in an error of one line that is meant to be shown. The seed is told when one does not.
 */
export function fuzzCaptures(count: number, seed: number): void {
  let state = seed | 0;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
  let played = 0;
  for (let n = 0; n < count; n++) {
    const begin = state;
    const file = mutated(SEEDS[random(SEEDS.length)]!, random);
    try {
      const { packets, clockRate } = chooseStream(file, {});
      reception(packets, clockRate);
      pauses(packets, pairs(packets)[0]?.step ?? 960);
      played++;
    } catch (error) {
      const known = error instanceof CaptureError || error instanceof UsageError;
      if (!known || error.message.includes('\n'))
        throw new Error(`file ${n} of seed ${seed} (state ${begin})`, { cause: error });
    }
  }
  // Most are read in part at least; if none were, nothing would be tested.
  expect(played).toBeGreaterThan(count / 2);
}

function mutated(seed: Uint8Array, random: (below: number) => number): Uint8Array {
  let file = Uint8Array.from(seed);
  for (let changes = 1 + random(6); changes > 0 && file.length > 0; changes--) {
    const at = random(file.length);
    const kind = random(10);
    if (kind < 4) file[at] = NASTY[random(NASTY.length)]!;
    else if (kind < 7) file[at] = random(256);
    else if (kind === 7) file = file.subarray(0, at);
    else if (kind === 8) file.copyWithin(random(file.length), at, at + 1 + random(64));
    else file = Uint8Array.from([...file.subarray(0, at), ...file.subarray(at + 1 + random(8))]);
  }
  return file;
}
