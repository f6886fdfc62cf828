/** Pictures in a second. */
export const FPS = 30;

/** Runs `step` on one after the other: CPU in ms each, and how many a second where least disturbed. */
export async function timed<Each>(
  all: readonly Each[],
  step: (each: Each) => Promise<void>,
): Promise<{ readonly fps: number; readonly cpu: number }> {
  const cpu = process.cpuUsage();
  let best = Infinity;
  for (let i = 0; i < all.length; i += FPS) {
    const begin = performance.now();
    for (const each of all.slice(i, i + FPS)) await step(each);
    best = Math.min(best, performance.now() - begin);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { fps: (1000 * FPS) / best, cpu: (user + system) / 1000 / all.length };
}
