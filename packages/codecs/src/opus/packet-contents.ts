import { parseFrames } from './packet-frames.js';

/** Empty frames stand for silence or a loss (RFC 6716 §3.2.1, RFC 7587 §3.1.3); to libopus those of one byte, too. */
const codesNothing = (frame: Uint8Array): boolean => frame.length <= 1;

/**
 * Whether a packet carries in-band FEC for the frame before it: the LBRR flags (RFC 6716 §4.2.3) of its first
 * frame, read without decoding. False for what is no Opus packet.
 *
 * A frame of 40 or 60 ms consists of blocks of 20 ms, some of which may have no redundancy though the flag
 * is set (§4.2.4).
 */
export function packetHasFec(packet: Uint8Array): boolean {
  const parsed = parseFrames(packet);
  if (!parsed.ok || parsed.toc.mode === 'celt') return false;
  const [frame] = parsed.frames;
  if (!frame || codesNothing(frame)) return false;
  // Per channel one voice activity flag for each block of 20 ms, then one LBRR flag. All of them are bits of
  // even chance, which the range coder leaves as they are, from the highest bit down.
  const flags = Math.ceil(parsed.toc.frameDuration / 20_000) + 1;
  const mid = (frame[0]! >> (8 - flags)) & 1;
  const side = parsed.toc.channels === 2 ? (frame[0]! >> (8 - 2 * flags)) & 1 : 0;
  return (mid | side) === 1;
}

/**
 * Whether a packet says nothing but that the sender is silent (DTX): all its frames are of at most one byte.
 * False for what is no Opus packet.
 */
export function isDtx(packet: Uint8Array): boolean {
  const parsed = parseFrames(packet);
  return parsed.ok && parsed.frames.every(codesNothing);
}
