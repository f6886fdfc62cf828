import type { FramePart } from './depacketizer.js';
import type { HeldPacket, PacketWindow } from './packet-window.js';

/**
 * Whether a packet is proven to be the first of a frame: by its own payload, or as it follows the end of
 * another frame. `before` is the packet right before it, if that came.
 */
export function isBeginning<Part extends FramePart>(
  packet: HeldPacket<Part>,
  before: HeldPacket<Part> | undefined,
): boolean {
  if (packet.part?.begins === true) return true;
  return before !== undefined && (endsFrame(before) || before.timestamp !== packet.timestamp);
}

/** Whether a packet is the last of its frame by its marker or payload. */
const endsFrame = ({ marker, part }: HeldPacket<FramePart>): boolean =>
  marker || part?.ends === true;

/**
 * How far the frame that begins with `head` is there, looked at from `from` on: `ends` if it is whole, and
 * then ends before `at`; else `at` is its first packet that is missing. Padding counts as there. A frame
 * whose marker is missing ends where the timestamp changes.
 */
export function frameEnd<Part extends FramePart>(
  window: PacketWindow<Part>,
  head: HeldPacket<Part>,
  from: number,
): { readonly at: number; readonly ends: boolean } {
  for (let at = from; ; at++) {
    const packet = window.at(at);
    if (!packet) return { at, ends: false };
    if (!packet.part) continue;
    if (packet.timestamp !== head.timestamp) return { at, ends: true };
    if (endsFrame(packet)) return { at: at + 1, ends: true };
  }
}

/** Where the frame begins that the packet `key` belongs to, if its payloads prove that and it is whole. */
export function findWholeFrame<Part extends FramePart>(
  window: PacketWindow<Part>,
  key: number,
): number | undefined {
  const timestamp = window.at(key)?.timestamp;
  for (let at = key; ; at--) {
    const packet = window.at(at);
    if (packet?.timestamp !== timestamp || packet === undefined) return undefined;
    if (packet.part?.begins === true) return frameEnd(window, packet, at).ends ? at : undefined;
  }
}

/** A packet that is more than padding. */
export type MediaPacket<Part extends FramePart> = HeldPacket<Part> & { readonly part: Part };

const isMedia = <Part extends FramePart>(packet: HeldPacket<Part>): packet is MediaPacket<Part> =>
  packet.part !== undefined;

/** The packets from the front to before `end`, all of which are held, without padding. */
export function mediaPackets<Part extends FramePart>(
  window: PacketWindow<Part>,
  end: number,
): readonly MediaPacket<Part>[] {
  const packets: MediaPacket<Part>[] = [];
  for (let at = window.front; at < end; at++) {
    const packet = window.at(at)!;
    if (isMedia(packet)) packets.push(packet);
  }
  return packets;
}

/** The first packet held from `sequence` on that is no padding. */
export function nextMedia<Part extends FramePart>(
  window: PacketWindow<Part>,
  sequence: number,
): MediaPacket<Part> | undefined {
  let packet = window.firstFrom(sequence);
  while (packet && !isMedia(packet)) packet = window.firstFrom(packet.sequence + 1);
  return packet;
}
