import { bytesOf, withBytes } from './bytes.js';
import type { RuntimeData } from './runtime-data.js';

/** The same data with buffers of its own, which the caller may keep and change. */
export function ownedCopy<T extends RuntimeData>(data: T): T;
export function ownedCopy(data: RuntimeData): RuntimeData {
  const bytes = bytesOf(data);
  // Into memory that is not shared, whatever it comes from.
  return bytes === undefined ? data : withBytes(data, Uint8Array.from(bytes), undefined);
}
