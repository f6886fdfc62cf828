import type { SkipReason } from './datagram.js';

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
/** IEEE 802.1Q, 802.1ad, and the older double tag. */
const VLAN_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);

/** Link types (the registry is at tcpdump.org) by where the frame says what it carries, and where that begins. */
const LINK_TYPES: ReadonlyMap<number, { readonly etherType?: number; readonly payload: number }> =
  new Map([
    // BSD loopback: an address family in the byte order of the host, in that of the network.
    [0, { payload: 4 }],
    [108, { payload: 4 }],
    // Ethernet.
    [1, { etherType: 12, payload: 14 }],
    // Raw IP, under its number and those that systems use in files by mistake.
    [101, { payload: 0 }],
    [12, { payload: 0 }],
    [14, { payload: 0 }],
    [228, { payload: 0 }],
    [229, { payload: 0 }],
    // Linux "any" device, versions 1 and 2.
    [113, { etherType: 14, payload: 16 }],
    [276, { etherType: 0, payload: 20 }],
  ]);

/** The IP packet in a frame of a capture's link type, a view; or why there is none. */
export function ipPacket(linkType: number, frame: Uint8Array): Uint8Array | SkipReason {
  const layout = LINK_TYPES.get(linkType);
  if (layout === undefined) return 'link type not known';
  let { payload } = layout;
  if (frame.length < payload) return 'cut within its headers';
  if (layout.etherType === undefined) return frame.subarray(payload);
  const type = (at: number): number => frame[at]! * 256 + frame[at + 1]!;
  let etherType = type(layout.etherType);
  while (VLAN_TAGS.has(etherType)) {
    if (frame.length < payload + 4) return 'cut within its headers';
    etherType = type(payload + 2);
    payload += 4;
  }
  return etherType === IPV4 || etherType === IPV6 ? frame.subarray(payload) : 'not IP';
}
