import { isDeepStrictEqual } from 'node:util';
import { decodeRemoteMedia, encodeRemoteMedia } from '@rm/pipeline-bridge';
import { mutated, numbers } from '../support/mutation.js';
import { VECTORS } from './vectors.js';

/** What lengths and counts go wrong with, and what JSON is made of. */
const NASTY = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x20, 0x22, 0x2c, 0x5b, 0x7b, 0x7d, 0x7f, 0x80, 0xff];

/**
 * Mutates messages `count` times and reads each from any place in memory. What is taken can be written again, and is
 * the same then. Returns how many were taken; the seed is told when something is wrong.
 */
export function fuzzMessages(count: number, seed: number): number {
  const random = numbers(seed);
  const corpus = [...VECTORS.values()].map((bytes) => [...bytes.subarray(0, 400)]);
  let taken = 0;
  for (let n = 0; n < count; n++) {
    const original = corpus[random(corpus.length)]!;
    const bytes = shifted(mutated(original, random, NASTY), random(4));
    if (random(2) === 0) tellLength(bytes);
    try {
      if (survives(bytes)) taken++;
    } catch (error) {
      const hex = Buffer.from(bytes).toString('hex');
      throw new Error(`message ${n} of seed ${seed}: ${hex}`, { cause: error });
    }
  }
  return taken;
}

/** Whether the bytes are taken; throws if what comes of them cannot be sent on. */
function survives(bytes: Uint8Array): boolean {
  const result = decodeRemoteMedia(bytes, 'own');
  if (!result.ok) return false;
  const first = encodeRemoteMedia(result.value.content, result.value);
  const second = decodeRemoteMedia(first, 'own');
  if (!second.ok) throw new Error(`written again it is refused: ${second.reason}`);
  const third = decodeRemoteMedia(encodeRemoteMedia(second.value.content, second.value), 'own');
  if (!isDeepStrictEqual(third, second)) throw new Error('written again it is another');
  return true;
}

function shifted(bytes: readonly number[], shift: number): Uint8Array {
  const memory = new Uint8Array(bytes.length + shift);
  memory.set(bytes, shift);
  return memory.subarray(shift);
}

/** Writes the length that the payload has, so that what is inside is looked at. */
function tellLength(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 3) return;
  const at = 11 + view.getUint16(1, true);
  if (at + 4 <= bytes.length) view.setUint32(at, bytes.length - at - 4, true);
}
