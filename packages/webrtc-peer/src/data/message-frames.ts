import type { JsonValue } from './control-message.js';

/** A message of a data channel. */
export type DataMessage =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly data: Uint8Array }
  | { readonly kind: 'json'; readonly payload: JsonValue };

/** Sub-protocol of channels whose messages are framed so (RFC 8832 §6.2). */
export const FRAMED_PROTOCOL = 'rm.data.v1';
/** Payload of a frame: small enough that frames of other channels get in between. */
export const FRAME_BYTES = 16_384;
/** Largest message. */
export const MAX_MESSAGE_BYTES: number = 16 * 1024 * 1024;

/*
 * A frame is one SCTP message: a byte, then a piece of the message. Bits 0 and 1 of the byte say what the message is,
 * bit 2 that more of it follows, bit 3 that the frame continues one.
 */
const KINDS = ['text', 'binary', 'json'] as const;
const KIND_MASK = 0b0011;
const MORE = 0b0100;
const CONTINUES = 0b1000;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The bytes of a message, without frames. */
export function messageBytes(message: DataMessage): Uint8Array {
  switch (message.kind) {
    case 'text':
      return encoder.encode(message.text);
    case 'binary':
      return message.data;
    case 'json':
      return encoder.encode(JSON.stringify(message.payload));
  }
}

/** The frame of `bytes` that begins at `from`, a copy; the last one reaches to the end. */
export function frameAt(kind: DataMessage['kind'], bytes: Uint8Array, from: number): Uint8Array {
  const to = Math.min(bytes.length, from + FRAME_BYTES);
  const frame = new Uint8Array(1 + to - from);
  frame[0] = KINDS.indexOf(kind) | (to < bytes.length ? MORE : 0) | (from > 0 ? CONTINUES : 0);
  frame.set(bytes.subarray(from, to), 1);
  return frame;
}

/** What a frame completes: a message, nothing yet, or it makes no sense. */
export type Reassembled =
  | { readonly ok: true; readonly message: DataMessage | undefined }
  | { readonly ok: false; readonly reason: 'malformed' | 'too-large' };

/** Puts the frames of one channel together, in order. Never throws. */
export class MessageReassembler {
  #kind: DataMessage['kind'] | undefined;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** Takes a frame, whose bytes then belong to it. What came of a message before a fault is dropped with it. */
  add(frame: Uint8Array): Reassembled {
    const [head] = frame;
    const kind = head === undefined ? undefined : KINDS[head & KIND_MASK];
    const continues = head !== undefined && (head & CONTINUES) !== 0;
    const fits = continues ? kind === this.#kind : this.#kind === undefined;
    if (head === undefined || kind === undefined || head > 0xf || !fits)
      return this.#fail('malformed');
    const piece = frame.subarray(1);
    this.#bytes += piece.length;
    if (this.#bytes > MAX_MESSAGE_BYTES) return this.#fail('too-large');
    this.#kind = kind;
    this.#pieces.push(piece);
    if ((head & MORE) !== 0) return { ok: true, message: undefined };
    const bytes = this.#joined();
    this.#reset();
    const message = messageOf(kind, bytes);
    return message === undefined ? { ok: false, reason: 'malformed' } : { ok: true, message };
  }

  #joined(): Uint8Array {
    const [only] = this.#pieces;
    if (only !== undefined && this.#pieces.length === 1) return only;
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  #fail(reason: 'malformed' | 'too-large'): Reassembled {
    this.#reset();
    return { ok: false, reason };
  }

  #reset(): void {
    this.#kind = undefined;
    this.#pieces = [];
    this.#bytes = 0;
  }
}

function messageOf(kind: DataMessage['kind'], bytes: Uint8Array): DataMessage | undefined {
  if (kind === 'binary') return { kind, data: bytes };
  try {
    const text = decoder.decode(bytes);
    return kind === 'text' ? { kind, text } : { kind, payload: JSON.parse(text) as JsonValue };
  } catch {
    return undefined;
  }
}
