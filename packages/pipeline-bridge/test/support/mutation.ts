/** A seed to be told in a test's name, so that a failure can be repeated with FUZZ_SEED. */
export const fuzzSeed = (): number => Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** Whole numbers from 0 below its argument, the same for the same seed. */
export function numbers(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
}

/** A list with a few changes: other items, some of `nasty` above all, missing ones, repeated ones, an early end. */
export function mutated<T>(
  list: readonly T[],
  random: (below: number) => number,
  nasty: readonly T[],
): T[] {
  const items = [...list];
  for (let changes = 1 + random(4); changes > 0 && items.length > 0; changes--) {
    const at = random(items.length);
    const kind = random(12);
    if (kind < 5) items[at] = nasty[random(nasty.length)]!;
    else if (kind < 7) items[at] = items[random(items.length)]!;
    else if (kind === 7) items.splice(at, 1 + random(12));
    else if (kind === 8) items.splice(at, 0, nasty[random(nasty.length)]!);
    else if (kind === 9) items.splice(at, 0, ...items.slice(at, at + 1 + random(12)));
    else if (kind === 10)
      items.splice(random(items.length), 0, ...items.splice(at, 1 + random(12)));
    else if (random(4) === 0) items.length = at;
  }
  return items;
}
