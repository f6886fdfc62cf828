import { bytesOf, type BufferSource } from './buffer-source.js';
import { oneOf, optionalInteger, timestampOf } from './web-idl.js';

/** What a chunk is made of. */
export interface EncodedChunkInit {
  /** `key` if it can be decoded without any before it. */
  readonly type: 'key' | 'delta';
  /** Microseconds. */
  readonly timestamp: number;
  /** Microseconds. */
  readonly duration?: number;
  /** Is copied. */
  readonly data: BufferSource;
}

let dataOf: (chunk: EncodedChunk) => Uint8Array;

class EncodedChunk {
  readonly type: 'key' | 'delta';
  /** Microseconds. */
  readonly timestamp: number;
  /** Microseconds; null if it was not told. */
  readonly duration: number | null;
  readonly #data: Uint8Array;

  static {
    dataOf = (chunk) => chunk.#data;
  }

  /** Throws `TypeError` for a type that is none and times that are no numbers. */
  constructor({ type, timestamp, duration, data }: EncodedChunkInit) {
    this.type = oneOf('type', type, ['key', 'delta']);
    this.timestamp = timestampOf(timestamp);
    this.duration = optionalInteger('duration', duration, 0) ?? null;
    this.#data = new Uint8Array(bytesOf(data));
  }

  get byteLength(): number {
    return this.#data.length;
  }

  /** Copies the bytes. Throws `TypeError` when there is no room for them. */
  copyTo(destination: BufferSource): void {
    const target = bytesOf(destination);
    if (target.length < this.#data.length) {
      throw new TypeError(
        `the chunk has ${this.#data.length} bytes; give a destination of as many, not ${target.length}`,
      );
    }
    target.set(this.#data);
  }
}

/** A piece of encoded video (WebCodecs, EncodedVideoChunk). */
export class EncodedVideoChunk extends EncodedChunk {}

/** A piece of encoded audio (WebCodecs, EncodedAudioChunk). */
export class EncodedAudioChunk extends EncodedChunk {}

/** The bytes of a chunk, without a copy; leave them as they are. Throws `TypeError` for anything but a chunk. */
export function chunkData(chunk: EncodedVideoChunk | EncodedAudioChunk): Uint8Array {
  if (chunk instanceof EncodedChunk) return dataOf(chunk);
  throw new TypeError('this is no chunk; make one by EncodedVideoChunk or EncodedAudioChunk');
}
