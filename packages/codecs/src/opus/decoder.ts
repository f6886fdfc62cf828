import { ClosedError } from '../errors.js';
import type { OpusDecoder, OpusDecoderOptions } from './engine.js';
import { type HeapSupply, Resident } from './heap-supply.js';
import * as limits from './limits.js';
import type { NativeDecoder, NativeHeap } from './native.js';
import { packetHasFec } from './packet-contents.js';
import { parseToc } from './toc.js';

/** A decoder on any engine: checks what it is given, and survives the heap it lives in. */
export class Decoder implements OpusDecoder {
  readonly sampleRate: number;
  readonly channels: number;
  readonly #resident: Resident<NativeHeap, NativeDecoder>;
  readonly #onClose: () => void;
  #closed = false;

  /** `onClose` is called once. */
  constructor(
    supply: HeapSupply<NativeHeap>,
    { sampleRate, channels }: OpusDecoderOptions,
    onClose: () => void,
  ) {
    this.sampleRate = sampleRate;
    this.channels = channels;
    this.#resident = new Resident(supply, (heap) => heap.createDecoder({ sampleRate, channels }));
    this.#onClose = onClose;
    this.#resident.get();
  }

  decode(packet: Uint8Array): Float32Array | undefined {
    this.#checkOpen();
    const toc = parseToc(packet);
    if (!toc.ok || packet.length > limits.MAX_PACKET_BYTES) return undefined;
    try {
      return this.#resident.get()?.decode(packet, toc.value);
    } catch {
      this.#resident.aborted();
      return undefined;
    }
  }

  decodeLost(samples: number): Float32Array {
    this.#checkOpen();
    limits.checkConcealment(samples, this.sampleRate);
    try {
      const concealed = this.#resident.get()?.conceal(samples);
      if (concealed) return concealed;
    } catch {
      this.#resident.aborted();
    }
    return new Float32Array(samples * this.channels);
  }

  decodeFec(next: Uint8Array, samples: number): Float32Array | undefined {
    this.#checkOpen();
    limits.checkConcealment(samples, this.sampleRate);
    if (next.length > limits.MAX_PACKET_BYTES || !packetHasFec(next)) return undefined;
    const toc = parseToc(next);
    if (!toc.ok) return undefined;
    try {
      return this.#resident.get()?.recover(next, toc.value, samples);
    } catch {
      this.#resident.aborted();
      return undefined;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#resident.free();
    this.#onClose();
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedError('this Opus decoder is closed; create another one');
  }
}
