export { loadNative, NotBuiltError } from './load-native.js';
export type {
  NativeBinding,
  NativeCodec,
  NativeDecoder,
  NativeEncoder,
  NativePacket,
  NativePicture,
} from './binding.js';
