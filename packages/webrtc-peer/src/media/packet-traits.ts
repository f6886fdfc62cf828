import { isDtx, type OpusToc, packetHasFec } from '@rm/codecs';
import type { PacketTraits } from '@rm/rtp-sync';
import { CLOCK_RATE } from './audio-format.js';

/** Packets of up to 48 frames of a byte; longer ones code sound. */
const MAX_DTX_BYTES = 98;

const PLAIN: PacketTraits = { redundancy: 0, discontinuous: false };
const DTX: PacketTraits = { redundancy: 0, discontinuous: true };
/** Shared by all packets of one frame duration, so that a packet allocates nothing. */
const WITH_FEC = new Map<number, PacketTraits>();

/** What the jitter buffer is to know of an Opus packet. */
export function packetTraits(payload: Uint8Array, toc: OpusToc): PacketTraits {
  if (payload.length <= MAX_DTX_BYTES && isDtx(payload)) return DTX;
  if (toc.mode === 'celt' || !packetHasFec(payload)) return PLAIN;
  let traits = WITH_FEC.get(toc.frameDuration);
  if (traits === undefined) {
    traits = { redundancy: (toc.frameDuration * CLOCK_RATE) / 1e6, discontinuous: false };
    WITH_FEC.set(toc.frameDuration, traits);
  }
  return traits;
}
