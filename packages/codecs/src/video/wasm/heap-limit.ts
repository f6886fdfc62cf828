/**
 * Bytes a codec's WebAssembly heap may take: what an encoder of the largest picture needs. A frame of a few bytes may
 * announce pictures that take gigabytes, and what a heap has taken it never gives back.
 */
const MAX_HEAP_BYTES = 512 * 1024 * 1024;

/** Lets no WebAssembly heap of this thread grow beyond the limit; its library then finds no memory. */
export function limitHeaps(): void {
  const { prototype } = WebAssembly.Memory;
  const grow = Object.getOwnPropertyDescriptor(prototype, 'grow')?.value as (
    this: WebAssembly.Memory,
    pages: number,
  ) => number;
  prototype.grow = function (this: WebAssembly.Memory, pages: number): number {
    if (this.buffer.byteLength + pages * 65_536 > MAX_HEAP_BYTES)
      throw new RangeError('a codec heap may take 512 MiB');
    return grow.call(this, pages);
  };
}
