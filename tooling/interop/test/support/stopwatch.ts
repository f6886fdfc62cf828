/** What a stopwatch shows, in ms. */
export interface Lap {
  readonly elapsedMs: number;
  /** For how long of it this process did not run though it had something to do: the machine was busy. */
  readonly lateMs: number;
}

const TICK_MS = 10;

/** Begins to measure; returns what ends it. */
export function stopwatch(): () => Lap {
  const from = performance.now();
  let last = from;
  let lateMs = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    lateMs += Math.max(0, now - last - 2 * TICK_MS);
    last = now;
  }, TICK_MS);
  return () => {
    clearInterval(timer);
    return { elapsedMs: performance.now() - from, lateMs };
  };
}
