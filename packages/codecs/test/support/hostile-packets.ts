import { isDtx, type OpusDecoder, type OpusEngine, packetHasFec } from '../../src/index.js';
import { encoded } from './opus.js';
import { random } from './signals.js';
import { speech } from './speech.js';

/** Packets of both coders and their mixture, mono and stereo, of all frame durations, with FEC and DTX. */
async function corpus(engine: OpusEngine): Promise<Uint8Array[]> {
  const pcm = speech(21, 48_000, 5760);
  const packets: Uint8Array[] = [];
  for (const application of ['voip', 'audio', 'lowdelay'] as const) {
    for (const channels of engine.capabilities.channels) {
      for (const bitrate of [12_000, 24_000, 48_000]) {
        const settings = { application, channels, bitrate, complexity: 1 };
        for (const frame of [120, 480, 960, 2880]) {
          const options = { ...settings, fec: true, expectedLoss: 0.3, dtx: true };
          packets.push(...(await encoded(engine, options, pcm, frame)));
        }
      }
    }
  }
  return packets;
}

/** A packet as an attacker would alter it. */
function mutated(packets: readonly Uint8Array[], next: () => number): Uint8Array {
  const below = (bound: number): number => Math.floor(next() * bound);
  const packet = packets[below(packets.length)]!.slice();
  switch (below(5)) {
    case 0:
      return packet.subarray(0, below(packet.length + 1));
    case 1:
      for (let i = below(8); i >= 0; i--) packet[below(packet.length)]! ^= 1 << below(8);
      return packet;
    case 2:
      return packet.map((byte, i) => (i === 0 ? byte : below(256)));
    case 3:
      packet[0] = below(256);
      return packet;
    default:
      return Uint8Array.from({ length: below(1400) }, () => below(256));
  }
}

/** What became of altered packets given to a decoder. */
export interface Withstood {
  readonly refused: number;
  /** Packets that gave something other than samples of a duration Opus has. */
  readonly misshapen: readonly Uint8Array[];
}

/** Gives a decoder altered packets, to recover from and to decode. */
export async function withstand(
  engine: OpusEngine,
  decoder: OpusDecoder,
  mutations: number,
): Promise<Withstood> {
  const packets = await corpus(engine);
  const { channels } = decoder;
  const next = random(11 + channels);
  const misshapen: Uint8Array[] = [];
  let refused = 0;
  for (let i = 0; i < mutations; i++) {
    const packet = mutated(packets, next);
    packetHasFec(packet);
    isDtx(packet);
    const recovered = next() < 0.3 ? decoder.decodeFec(packet, 960) : undefined;
    if (recovered && recovered.length !== 960 * channels) misshapen.push(packet);
    const pcm = decoder.decode(packet);
    if (pcm === undefined) refused++;
    else if (pcm.length % (120 * channels) !== 0 || pcm.length > 5760 * channels)
      misshapen.push(packet);
  }
  return { refused, misshapen };
}
