import type { SkipReason } from './datagram.js';

/** The payload of a UDP datagram found in a frame. */
export interface UdpPayload {
  readonly flow: string;
  readonly bytes: Uint8Array;
  /** Length on the network. */
  readonly length: number;
}

const UDP = 17;
const FRAGMENT = 44;
/** Extension headers that are passed over: hop-by-hop options, routing, destination options (RFC 8200 §4.1). */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60]);
const MAX_EXTENSIONS = 8;

/** Finds the UDP payload in an IP packet, or says why there is none. The bytes are a view. */
export function udpPayload(packet: Uint8Array): UdpPayload | SkipReason {
  if (packet.length === 0) return 'cut within its headers';
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const version = packet[0]! >> 4;
  if (version === 4) return inIpv4(packet, view);
  return version === 6 ? inIpv6(packet, view) : 'not IP';
}

function inIpv4(packet: Uint8Array, view: DataView): UdpPayload | SkipReason {
  if (packet.length < 20) return 'cut within its headers';
  const header = (packet[0]! & 0x0f) * 4;
  if (header < 20) return 'malformed';
  // More fragments to come, or not the first of them.
  if ((view.getUint16(6) & 0x3fff) !== 0) return 'IP fragment';
  if (packet[9] !== UDP) return 'not UDP';
  const dotted = (at: number): string => packet.subarray(at, at + 4).join('.');
  return inUdp(packet, view, header, dotted(12), dotted(16));
}

function inIpv6(packet: Uint8Array, view: DataView): UdpPayload | SkipReason {
  if (packet.length < 40) return 'cut within its headers';
  let next = packet[6]!;
  let at = 40;
  for (let n = 0; n < MAX_EXTENSIONS && (EXTENSIONS.has(next) || next === FRAGMENT); n++) {
    if (packet.length < at + 8) return 'cut within its headers';
    // A fragment header on a packet in one piece is legal (RFC 6946).
    if (next === FRAGMENT && (view.getUint16(at + 2) & 0xfff9) !== 0) return 'IP fragment';
    const length = next === FRAGMENT ? 8 : (packet[at + 1]! + 1) * 8;
    next = packet[at]!;
    at += length;
  }
  if (next !== UDP) return 'not UDP';
  return inUdp(packet, view, at, groups(view, 8), groups(view, 24));
}

function inUdp(
  packet: Uint8Array,
  view: DataView,
  at: number,
  from: string,
  to: string,
): UdpPayload | SkipReason {
  if (packet.length < at + 8) return 'cut within its headers';
  const length = view.getUint16(at + 4) - 8;
  if (length < 0) return 'malformed';
  return {
    flow: `${from}:${view.getUint16(at)}>${to}:${view.getUint16(at + 2)}`,
    // What follows the datagram is padding of the frame.
    bytes: packet.subarray(at + 8, at + 8 + length),
    length,
  };
}

const groups = (view: DataView, at: number): string => {
  const hex = Array.from({ length: 8 }, (_, i) => view.getUint16(at + 2 * i).toString(16));
  return `[${hex.join(':')}]`;
};
