import type { SourceDescriptionChunk, SourceDescriptionItem } from './packet.js';

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** The bytes of one SDES chunk: SSRC, items, at least one zero byte up to the next word (RFC 3550 §6.5). */
export function writeChunk({ ssrc, items }: SourceDescriptionChunk): Uint8Array {
  const values = items.map((item) => utf8.encode(item.text));
  const used = values.reduce((sum, value) => sum + 2 + value.length, 4);
  const bytes = new Uint8Array((Math.floor(used / 4) + 1) * 4);
  new DataView(bytes.buffer).setUint32(0, ssrc);
  let at = 4;
  values.forEach((value, index) => {
    bytes[at] = items[index]!.kind;
    bytes[at + 1] = value.length;
    bytes.set(value, at + 2);
    at += 2 + value.length;
  });
  return bytes;
}

/** The `count` chunks of an SDES packet's body, or undefined where they do not fit in it. */
export function readChunks(body: Uint8Array, count: number): SourceDescriptionChunk[] | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const chunks: SourceDescriptionChunk[] = [];
  let at = 0;
  while (chunks.length < count) {
    // the smallest chunk is an SSRC and a word of zeros
    if (at + 8 > body.length) return undefined;
    const ssrc = view.getUint32(at);
    at += 4;
    const items: SourceDescriptionItem[] = [];
    while (at < body.length && body[at] !== 0) {
      const end = at + 2 + (body[at + 1] ?? 0);
      if (end > body.length) return undefined;
      items.push({ kind: body[at]!, text: text.decode(body.subarray(at + 2, end)) });
      at = end;
    }
    if (at >= body.length) return undefined;
    chunks.push({ ssrc, items });
    at = (Math.floor(at / 4) + 1) * 4;
  }
  return chunks;
}

/** Bytes of a string in UTF-8. */
export const utf8Length = (value: string): number => utf8.encode(value).length;
