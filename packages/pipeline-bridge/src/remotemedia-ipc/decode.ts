import type { Micros } from '@rm/codecs';
import { decodePayload } from './decode-payload.js';
import { FieldReader } from './field-reader.js';
import { limits } from './layout.js';
import type { RemoteMediaMessage, RemoteMediaRefusal } from './message.js';

/** A message of RemoteMedia, or why the bytes are none. */
export type DecodedRemoteMedia =
  | { readonly ok: true; readonly value: RemoteMediaMessage }
  | { readonly ok: false; readonly reason: RemoteMediaRefusal };

/**
 * Reads a message in RemoteMedia's layout. Never throws. Bytes behind the payload are passed over, as RemoteMedia does.
 *
 * Buffers are views of `bytes`, borrowed as long as those are; only samples that do not begin at a multiple of 4 in
 * memory are copied, which does not happen with what `encodeRemoteMedia` wrote at such a place. Pixels fit their format
 * and samples their channels; elements of tensors and arrays are not compared with their shape.
 *
 * Data that names no stream belongs to `streamId`. JSON that was sent as text comes as text.
 */
export function decodeRemoteMedia(bytes: Uint8Array, streamId = ''): DecodedRemoteMedia {
  if (bytes.byteLength > limits.messageBytes) return { ok: false, reason: 'too-long' };
  const reader = new FieldReader(bytes);
  const type = reader.u8();
  const sessionId = reader.text(reader.u16());
  const timestamp = reader.u64() as Micros;
  reader.limit(reader.u32());
  const payload = decodePayload(type, reader, streamId);
  return reader.refused === undefined
    ? { ok: true, value: { sessionId, timestamp, ...payload } }
    : { ok: false, reason: reader.refused };
}
