import type { Lease, RuntimeData } from './runtime-data.js';

/** The buffer that data lends, as a view of its bytes; undefined for kinds without one. */
export function bytesOf(data: RuntimeData): Uint8Array | undefined {
  switch (data.kind) {
    case 'audio': {
      const { buffer, byteOffset, byteLength } = data.samples;
      return new Uint8Array(buffer, byteOffset, byteLength);
    }
    case 'video':
      return data.format === 'encoded' ? data.bytes : data.pixels;
    case 'image':
    case 'tensor':
    case 'numpy':
    case 'binary':
      return data.bytes;
    case 'json':
    case 'text':
    case 'control':
    case 'file':
      return undefined;
  }
}

/**
 * The same data with other bytes in place of its own, which are kept by `lease` if by anything. `bytes` is as long as
 * they are, and aligned to 4 for audio. Kinds without a buffer are returned as they are.
 */
export function withBytes(
  data: RuntimeData,
  bytes: Uint8Array,
  lease: Lease | undefined,
): RuntimeData {
  switch (data.kind) {
    case 'audio': {
      const samples = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
      return { ...data, samples, lease };
    }
    case 'video':
      return data.format === 'encoded'
        ? { ...data, bytes, lease }
        : { ...data, pixels: bytes, lease };
    case 'image':
    case 'tensor':
    case 'numpy':
    case 'binary':
      return { ...data, bytes, lease };
    case 'json':
    case 'text':
    case 'control':
    case 'file':
      return data;
  }
}

/** What keeps the buffer of this data from being used again, if anything does. */
export function leaseOf(data: RuntimeData): Lease | undefined {
  return 'lease' in data ? data.lease : undefined;
}
