/** The embind surface of opusscript's WebAssembly build, as far as it is used here. */
declare module 'opusscript/build/opusscript_native_wasm.js' {
  export interface Handler {
    /** `pcm`: one 16-bit slot per byte, overwritten; `count`: samples; returns packet bytes or an error < 0. */
    _encode(pcm: number, count: number, packet: number, frameLength: number): number;
    /** `pcm`: one 16-bit slot per byte; returns samples per channel or an error < 0. */
    _decode(packet: number, packetBytes: number, pcm: number): number;
    _encoder_ctl(request: number, value: number): number;
  }

  export interface Native {
    readonly ready: Promise<unknown>;
    /** Both views are replaced when the heap grows. */
    readonly HEAPU8: Uint8Array;
    readonly HEAPU16: Uint16Array;
    readonly OpusScriptHandler: {
      new (sampleRate: number, channels: number, application: number): Handler;
      destroy_handler(handler: Handler): void;
    };
    _malloc(bytes: number): number;
  }

  export default function instantiate(options: {
    readonly print: (text: string) => void;
    readonly printErr: (text: string) => void;
  }): Native;
}
