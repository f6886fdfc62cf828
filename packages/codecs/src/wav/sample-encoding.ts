/** How one sample is stored, little-endian: unsigned or signed integer of so many bits, or float. */
export type SampleEncoding = 'u8' | 's16' | 's24' | 's32' | 'f32';

/** Fills `out` with the samples stored from byte `at` on; integers come to lie in −1…1. */
export function decodeSamples(
  view: DataView,
  at: number,
  encoding: SampleEncoding,
  out: Float32Array,
): void {
  switch (encoding) {
    case 'u8':
      for (let i = 0; i < out.length; i++) out[i] = (view.getUint8(at + i) - 128) / 128;
      break;
    case 's16':
      for (let i = 0; i < out.length; i++) out[i] = view.getInt16(at + 2 * i, true) / 32_768;
      break;
    case 's24':
      for (let i = 0; i < out.length; i++) {
        const low = view.getUint8(at + 3 * i);
        out[i] = ((view.getInt16(at + 3 * i + 1, true) << 8) | low) / 8_388_608;
      }
      break;
    case 's32':
      for (let i = 0; i < out.length; i++) out[i] = view.getInt32(at + 4 * i, true) / 2_147_483_648;
      break;
    case 'f32':
      for (let i = 0; i < out.length; i++) {
        const value = view.getFloat32(at + 4 * i, true);
        out[i] = Number.isFinite(value) ? value : 0;
      }
      break;
  }
}
