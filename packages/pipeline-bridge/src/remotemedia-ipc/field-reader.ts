import type { RemoteMediaRefusal } from './message.js';
import { readUtf8 } from './utf8.js';

const nothing = new Uint8Array(0);

/**
 * Reads fields one after another. The first that is missing or wrong makes it `refused`; what it reads from then on is
 * 0 or empty, so that `refused` is asked for once, at the end. Every byte of a field is read once: memory that another
 * process writes meanwhile can't change what was checked.
 */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #end: number;
  #refused: RemoteMediaRefusal | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  /** Why reading failed, if it did. */
  get refused(): RemoteMediaRefusal | undefined {
    return this.#refused;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** Ends reading, unless something was wrong before. */
  refuse(reason: RemoteMediaRefusal): void {
    this.#refused ??= reason;
    this.#at = this.#end;
  }

  /** Lets only so many more bytes be read. */
  limit(bytes: number): void {
    if (bytes > this.left) this.refuse('too-short');
    else this.#end = this.#at + bytes;
  }

  u8(): number {
    const at = this.#take(1);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return at === undefined ? 0 : this.#view.getUint16(at, true);
  }

  u32(): number {
    const at = this.#take(4);
    return at === undefined ? 0 : this.#view.getUint32(at, true);
  }

  /** A 64-bit number that JavaScript can hold exactly. */
  u64(): number {
    return this.#wide(this.u32(), this.u32());
  }

  /** Like `u64`, with a sign. */
  i64(): number {
    return this.#wide(this.u32(), this.u32() | 0);
  }

  /** So many bytes, as a view. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return at === undefined ? nothing : this.#bytes.subarray(at, at + length);
  }

  /** So many bytes of UTF-8. */
  text(length: number): string {
    const text = readUtf8(this.bytes(length));
    if (text === undefined) this.refuse('not-text');
    return text ?? '';
  }

  /** `left` bytes, as they are. */
  rest(): Uint8Array {
    return this.bytes(this.left);
  }

  #take(length: number): number | undefined {
    if (length > this.left) {
      this.refuse('too-short');
      return undefined;
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }

  #wide(low: number, high: number): number {
    const value = high * 2 ** 32 + low;
    if (!Number.isSafeInteger(value)) this.refuse('wrong-value');
    return value;
  }
}
