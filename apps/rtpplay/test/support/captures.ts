import { join, u16, u32 } from './bytes.js';

/** A datagram to be put into a capture. */
export interface Sent {
  /** In ms since the beginning. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Default: from port 5004 to 5006. */
  readonly ports?: readonly [number, number];
}

/** When captures begin, in s since 1970. */
const START = 1_700_000_000;

const udp = ({ bytes, ports = [5004, 5006] }: Omit<Sent, 'at'>): Uint8Array =>
  join(u16(...ports, 8 + bytes.length, 0), bytes);

/** IPv4, with `options` bytes of options (a multiple of 4). */
export const ipv4 = (sent: Omit<Sent, 'at'>, options = 0, fragment = 0): Uint8Array => {
  const datagram = udp(sent);
  return join(
    Uint8Array.of(0x45 + options / 4, 0),
    u16(20 + options + datagram.length, 7, fragment),
    Uint8Array.of(64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2),
    new Uint8Array(options).fill(1),
    datagram,
  );
};

/** IPv6, with a hop-by-hop header and an atomic fragment header where `extended`. */
export const ipv6 = (sent: Omit<Sent, 'at'>, extended = false): Uint8Array => {
  const datagram = udp(sent);
  const extensions = extended
    ? Uint8Array.of(44, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 9)
    : new Uint8Array(0);
  const address = (last: number): Uint8Array => join(u32(0x2001_0db8, 0, 0), u32(last));
  return join(
    u32(0x6000_0000),
    u16(extensions.length + datagram.length),
    Uint8Array.of(extended ? 0 : 17, 64),
    address(1),
    address(2),
    extensions,
    datagram,
  );
};

type Framing = readonly [linkType: number, frame: (packet: Uint8Array, v6: boolean) => Uint8Array];

const etherType = (v6: boolean): Uint8Array => u16(v6 ? 0x86dd : 0x0800);
const nothing = (length: number): Uint8Array => new Uint8Array(length);

/** How a frame of each link type is made from an IP packet. */
export const FRAMINGS: Readonly<Record<string, Framing>> = {
  ethernet: [1, (packet, v6) => join(nothing(12), etherType(v6), packet)],
  // Short frames are padded.
  'padded ethernet': [1, (packet, v6) => join(nothing(12), etherType(v6), packet, nothing(18))],
  VLAN: [1, (packet, v6) => join(nothing(12), u16(0x8100, 5), etherType(v6), packet)],
  'double VLAN': [
    1,
    (packet, v6) => join(nothing(12), u16(0x88a8, 5, 0x8100, 6), etherType(v6), packet),
  ],
  'raw IP': [101, (packet) => packet],
  'BSD raw IP': [12, (packet) => packet],
  null: [0, (packet) => join(Uint8Array.of(2, 0, 0, 0), packet)],
  loop: [108, (packet) => join(u32(2), packet)],
  'Linux cooked': [113, (packet, v6) => join(nothing(14), etherType(v6), packet)],
  'Linux cooked 2': [276, (packet, v6) => join(etherType(v6), nothing(18), packet)],
};

/** How a file is laid out. */
export interface Layout {
  readonly littleEndian?: boolean;
  readonly nanoseconds?: boolean;
  readonly framing?: string;
  readonly v6?: boolean;
  /** Bytes kept of a frame. */
  readonly snapshot?: number;
}

class Writer {
  readonly #parts: Uint8Array[] = [];
  readonly #littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  u16(...values: readonly number[]): this {
    for (const value of values) this.bytes(this.#ordered(u16(value)));
    return this;
  }

  u32(...values: readonly number[]): this {
    for (const value of values) this.bytes(this.#ordered(u32(value)));
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  done(): Uint8Array {
    return join(...this.#parts);
  }

  #ordered(bytes: Uint8Array): Uint8Array {
    return this.#littleEndian ? bytes.toReversed() : bytes;
  }
}

function frameOf(sent: Sent, { framing = 'ethernet', v6 = false }: Layout): Uint8Array {
  return FRAMINGS[framing]![1](v6 ? ipv6(sent) : ipv4(sent), v6);
}

/** A pcap file. */
export function pcap(packets: readonly Sent[], layout: Layout = {}): Uint8Array {
  return pcapOfFrames(
    packets.map((sent) => ({ at: sent.at, bytes: frameOf(sent, layout) })),
    FRAMINGS[layout.framing ?? 'ethernet']![0],
    layout,
  );
}

/** A pcap file of frames that are ready. */
export function pcapOfFrames(
  frames: readonly Pick<Sent, 'at' | 'bytes'>[],
  linkType: number,
  { littleEndian = true, nanoseconds = false, snapshot = 65_535 }: Layout = {},
): Uint8Array {
  const writer = new Writer(littleEndian)
    .u32(nanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4)
    .u16(2, 4)
    .u32(0, 0, snapshot, linkType);
  for (const { at, bytes } of frames) {
    const micros = Math.round(at * 1000);
    const kept = bytes.subarray(0, snapshot);
    writer
      .u32(START + Math.floor(micros / 1e6), (micros % 1e6) * (nanoseconds ? 1000 : 1))
      .u32(kept.length, bytes.length)
      .bytes(kept);
  }
  return writer.done();
}

const block = (littleEndian: boolean, type: number, body: Uint8Array): Uint8Array => {
  const padding = nothing((4 - (body.length % 4)) % 4);
  const length = 12 + body.length + padding.length;
  return new Writer(littleEndian).u32(type, length).bytes(join(body, padding)).u32(length).done();
};

/** A pcapng file, with a block of comments, and an interface before that of the packets. */
export function pcapng(
  packets: readonly Sent[],
  layout: Layout & { readonly resolution?: number; readonly offset?: number } = {},
): Uint8Array {
  const { littleEndian = true, resolution = 6, offset = 0 } = layout;
  const writer = (): Writer => new Writer(littleEndian);
  const perSecond = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
  const options = writer()
    .u16(2, 5)
    .bytes(join(Buffer.from('eth0\0'), nothing(3)))
    .u16(9, 1)
    .bytes(Uint8Array.of(resolution, 0, 0, 0))
    .u16(14, 8);
  // A 64-bit integer has its halves in the order of the bytes.
  const halves = littleEndian ? [offset >>> 0, offset < 0 ? -1 : 0] : [offset < 0 ? -1 : 0, offset];
  options.u32(...halves.map((half) => half >>> 0)).u16(0, 0);
  const blocks = [
    block(
      littleEndian,
      0x0a0d_0d0a,
      writer().u32(0x1a2b_3c4d).u16(1, 0).u32(0xffff_ffff, 0xffff_ffff).done(),
    ),
    block(littleEndian, 1, writer().u16(147, 0).u32(0).done()),
    block(
      littleEndian,
      1,
      writer()
        .u16(FRAMINGS[layout.framing ?? 'ethernet']![0], 0)
        .u32(0)
        .bytes(options.done())
        .done(),
    ),
    block(littleEndian, 0x0bad, Uint8Array.of(1, 2, 3)),
  ];
  for (const sent of packets) {
    const frame = frameOf(sent, layout);
    const kept = frame.subarray(0, layout.snapshot ?? frame.length);
    const micros = BigInt(Math.round(sent.at * 1000)) + BigInt(START - offset) * 1_000_000n;
    // Rounded up, as the reader rounds down.
    const ticks = (micros * perSecond + 999_999n) / 1_000_000n;
    const body = writer()
      .u32(1, Number(ticks >> 32n), Number(ticks & 0xffff_ffffn), kept.length, frame.length)
      .bytes(kept);
    blocks.push(block(littleEndian, 6, body.done()));
  }
  return join(...blocks);
}

/** An rtpdump file. */
export function rtpdump(packets: readonly (Sent & { readonly rtcp?: boolean })[]): Uint8Array {
  return join(
    Buffer.from('#!rtpplay1.0 10.0.0.1/5004\n'),
    u32(START, 0, 0x0a00_0001),
    u16(5004, 0),
    ...packets.flatMap(({ at, bytes, rtcp = false }) => [
      u16(8 + bytes.length, rtcp ? 0 : bytes.length),
      u32(at),
      bytes,
    ]),
  );
}
