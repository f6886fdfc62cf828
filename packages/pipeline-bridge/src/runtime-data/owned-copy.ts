import type { RuntimeData } from './runtime-data.js';

/** The same data with buffers of its own, which the caller may keep and change. */
export function ownedCopy<T extends RuntimeData>(data: T): T;
export function ownedCopy(data: RuntimeData): RuntimeData {
  switch (data.kind) {
    case 'audio':
      return { ...data, samples: data.samples.slice() };
    case 'binary':
      return { ...data, bytes: data.bytes.slice() };
    case 'json':
    case 'text':
      return data;
  }
}
