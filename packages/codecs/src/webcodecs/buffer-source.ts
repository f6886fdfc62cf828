/** Bytes as the interfaces of WebCodecs take them, in shared memory too. */
export type BufferSource = ArrayBufferView | ArrayBufferLike;

/** The bytes of a buffer or of a view of one, without a copy. Throws `TypeError` for anything else. */
export function bytesOf(source: BufferSource): Uint8Array {
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  return new Uint8Array(source);
}
