import type { RuntimeData } from './runtime-data.js';

/** The same data with buffers of its own, which the caller may keep and change. */
export function ownedCopy<T extends RuntimeData>(data: T): T;
export function ownedCopy(data: RuntimeData): RuntimeData {
  switch (data.kind) {
    case 'audio':
      return { ...data, samples: data.samples.slice(), lease: undefined };
    case 'video':
      return data.format === 'encoded'
        ? { ...data, bytes: data.bytes.slice(), lease: undefined }
        : { ...data, pixels: data.pixels.slice(), lease: undefined };
    case 'image':
    case 'tensor':
    case 'numpy':
    case 'binary':
      return { ...data, bytes: data.bytes.slice(), lease: undefined };
    case 'json':
    case 'text':
    case 'control':
    case 'file':
      return data;
  }
}
