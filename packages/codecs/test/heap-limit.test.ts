import { expect, test } from '@jest/globals';
import { limitHeaps } from '../src/video/wasm/heap-limit.js';

test('a WebAssembly heap grows to 512 MiB and no further', () => {
  limitHeaps();
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 32_768 });
  expect(memory.grow(8191)).toBe(1);
  expect(() => memory.grow(1)).toThrow(RangeError);
  expect(memory.buffer.byteLength).toBe(512 * 1024 * 1024);
});
