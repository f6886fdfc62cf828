import { encodePayload } from './encode-payload.js';
import { RemoteMediaError } from './error.js';
import { FieldWriter } from './field-writer.js';
import { envelopeBytes, limits } from './layout.js';
import type { RemoteMediaContent, RemoteMediaEnvelope } from './message.js';
import { mustBeWithin, shortText } from './must-be.js';

/**
 * Writes a message in RemoteMedia's layout, to the start of `into` or into memory of its own, and returns it. The
 * data's buffers are copied, bit by bit.
 *
 * What becomes of each kind, and who reads it there (core is its Rust side):
 * - audio: read by core and Python. Stream id and capture time go into its JSON. That is padded with spaces, so that
 *   samples stand at a multiple of 4 from the start of the message.
 * - text, and JSON as its text: read by both. A text that begins with NUL is written with its channel, as it would be
 *   taken for one.
 * - control: read by neither at present; written as core does.
 * - video (VP8, H.264, AV1, and all pixel formats), numpy and file: read by core. A file of offset, size or length 0 is
 *   one that does not say.
 * - tensor: as its Node package writes it; neither core nor Python reads it, so send numpy to them.
 * - image, binary and VP9 are refused: core itself sends their description as text, which nobody can use.
 *
 * Stream ids of all but audio and file are lost, as are capture times of all but audio, leases, and lone surrogates in
 * text. Throws REMOTE_MEDIA_UNSUPPORTED, REMOTE_MEDIA_RANGE or REMOTE_MEDIA_SPACE, each with what to do instead.
 */
export function encodeRemoteMedia(
  content: RemoteMediaContent,
  envelope: RemoteMediaEnvelope,
  into?: Uint8Array,
): Uint8Array {
  const session = shortText('session id', envelope.sessionId);
  mustBeWithin('timestamp', envelope.timestamp, 0, Number.MAX_SAFE_INTEGER);
  const { type, head, body } = encodePayload(content, envelope, session.length);
  const payload = head.length + body.length;
  const size = envelopeBytes + session.length + payload;
  mustBeWithin('message length', size, 0, limits.messageBytes);
  const target = into ?? new Uint8Array(size);
  if (target.length < size) {
    throw new RemoteMediaError(
      'REMOTE_MEDIA_SPACE',
      `the message takes ${size} bytes and there are ${target.length}; give more memory, or none to have it made`,
    );
  }
  const writer = new FieldWriter(target);
  writer.u8(type);
  writer.counted(session);
  writer.u64(envelope.timestamp);
  writer.u32(payload);
  writer.bytes(head);
  writer.bytes(body);
  return target.subarray(0, size);
}
