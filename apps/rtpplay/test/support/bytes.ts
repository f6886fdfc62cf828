/** Bytes one after the other. */
export const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(Buffer.concat(parts));

/** Bytes written in hexadecimal, with spaces where they help. */
export const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));

/** Integers of 16 and 32 bits, big-endian. */
export const u16 = (...values: readonly number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => [(value >>> 8) & 0xff, value & 0xff]));
export const u32 = (...values: readonly number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((v) => [v >>> 24, (v >>> 16) & 0xff, (v >>> 8) & 0xff, v & 0xff]));

/** An RTP packet with a plain header. */
export const rtp = (packet: {
  readonly ssrc?: number;
  readonly payloadType?: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}): Uint8Array =>
  join(
    Uint8Array.of(0x80, packet.payloadType ?? 111),
    u16(packet.sequence),
    u32(packet.timestamp, packet.ssrc ?? 0x1234_5678),
    packet.payload,
  );
