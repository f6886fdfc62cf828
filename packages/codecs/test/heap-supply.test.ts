import { expect, test } from '@jest/globals';
import { HeapSupply, Resident } from '../src/opus/heap-supply.js';

/** A supply of numbered heaps that can be made to run dry. */
async function numbered(): Promise<{ supply: HeapSupply<number>; market: { empty: boolean } }> {
  const market = { empty: false };
  let count = 0;
  const supply = await HeapSupply.open(async () => {
    if (market.empty) throw new Error('no memory');
    return ++count;
  });
  return { supply, market };
}

test('the spare is at hand at once, and replaced behind it', async () => {
  const { supply } = await numbered();
  expect(supply.current).toBe(1);
  supply.discard(1);
  expect(supply.current).toBe(2);
  await new Promise(setImmediate);
  supply.discard(2);
  expect(supply.current).toBe(3);
});

test('a heap reported twice is discarded once', async () => {
  const { supply } = await numbered();
  supply.discard(1);
  supply.discard(1);
  expect(supply.current).toBe(2);
});

test('two aborts at a time leave none, until another is loaded', async () => {
  const { supply } = await numbered();
  supply.discard(1);
  supply.discard(2);
  expect(supply.current).toBeUndefined();
  await supply.available();
  expect(supply.current).toBe(3);
  await new Promise(setImmediate);
  supply.discard(3);
  expect(supply.current).toBe(4);
});

test('a heap that cannot be loaded is asked for again', async () => {
  const { supply, market } = await numbered();
  market.empty = true;
  supply.discard(1);
  supply.discard(2);
  await expect(supply.available()).rejects.toThrow('no memory');
  market.empty = false;
  await supply.available();
  expect(supply.current).toBe(3);
});

test('a resident moves to the next heap, and is freed there only', async () => {
  const { supply } = await numbered();
  const freed: number[] = [];
  const resident = new Resident(supply, (heap) => ({ heap, free: () => freed.push(heap) }));
  expect(resident.get()).toBe(resident.get());
  supply.discard(1);
  resident.free();
  expect(resident.get()?.heap).toBe(2);
  resident.free();
  expect(freed).toEqual([2]);
});

test('a resident that cannot even be made takes three heaps with it, not more', async () => {
  const { supply } = await numbered();
  const resident = new Resident(supply, () => {
    throw new Error('trapped');
  });
  for (let i = 0; i < 10; i++) {
    expect(resident.get()).toBeUndefined();
    await new Promise(setImmediate);
  }
  expect(supply.current).toBe(4);
});
