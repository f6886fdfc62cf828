import { Decoder } from './decoder.js';
import { Encoder } from './encoder.js';
import type {
  OpusCapabilities,
  OpusDecoder,
  OpusDecoderOptions,
  OpusEncoder,
  OpusEncoderOptions,
  OpusEngine,
  OpusEngineName,
} from './engine.js';
import { HeapSupply } from './heap-supply.js';
import * as limits from './limits.js';
import type { NativeHeap } from './native.js';

/** An engine over WebAssembly heaps of one kind. */
export class WasmEngine implements OpusEngine {
  readonly name: OpusEngineName;
  readonly capabilities: OpusCapabilities;
  readonly #supply: HeapSupply<NativeHeap>;
  #open = 0;
  readonly #closed = (): void => void this.#open--;

  constructor(
    name: OpusEngineName,
    capabilities: OpusCapabilities,
    supply: HeapSupply<NativeHeap>,
  ) {
    this.name = name;
    this.capabilities = capabilities;
    this.#supply = supply;
  }

  async createEncoder(options: OpusEncoderOptions): Promise<OpusEncoder> {
    limits.checkSettings(options);
    await this.#admit(options);
    return new Encoder(this.#supply, options, this.#closed);
  }

  async createDecoder(options: OpusDecoderOptions): Promise<OpusDecoder> {
    await this.#admit(options);
    return new Decoder(this.#supply, options, this.#closed);
  }

  async #admit(format: OpusDecoderOptions): Promise<void> {
    limits.checkSupported(this, format, this.#open);
    // Counted before waiting, so that no more can be asked for meanwhile.
    this.#open++;
    try {
      await this.#supply.available();
    } catch (error) {
      this.#open--;
      throw error;
    }
  }
}
