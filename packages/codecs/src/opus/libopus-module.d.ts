/** The module that Emscripten generated for libopus-wasm, as far as it is used here; pointers are byte offsets. */
declare module 'libopus-wasm/dist/generated/libopus.generated.mjs' {
  export interface Libopus {
    /** Both views are replaced when the heap grows. */
    readonly HEAPU8: Uint8Array;
    readonly HEAPF32: Float32Array;
    _malloc(bytes: number): number;
    /** `error`: where 4 bytes are written; gives 0 when it fails. */
    _oc_create_encoder(rate: number, channels: number, application: number, error: number): number;
    _oc_destroy_encoder(encoder: number): void;
    _oc_encoder_ctl(encoder: number, request: number, value: number): number;
    /** Gives the packet's bytes, or an error below 0. */
    _oc_encode_float(
      encoder: number,
      pcm: number,
      frameLength: number,
      packet: number,
      maxBytes: number,
    ): number;
    /** `error`: where 4 bytes are written; gives 0 when it fails. */
    _oc_create_decoder(rate: number, channels: number, error: number): number;
    _oc_destroy_decoder(decoder: number): void;
    /** Without a packet conceals. Gives samples per channel, or an error below 0. */
    _oc_decode_float(
      decoder: number,
      packet: number,
      packetBytes: number,
      pcm: number,
      frameLength: number,
      fec: 0 | 1,
    ): number;
  }

  export default function instantiate(options: {
    readonly print: (text: string) => void;
    readonly printErr: (text: string) => void;
  }): Promise<Libopus>;
}
