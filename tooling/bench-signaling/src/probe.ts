// Loaded into the measured process before its own code: answers its parent's questions about it.
import process from 'node:process';

/** What a measured process has used so far. */
export interface Usage {
  /** Microseconds of CPU time, user and system, of all threads. */
  readonly cpu: number;
  /** Bytes of memory that the system counts for the process. */
  readonly rss: number;
  /** Bytes on and off the JavaScript heap; what is held, if garbage was collected before. */
  readonly held: number;
}

/** A question; `collect` asks for garbage collection first, for which Node needs `--expose-gc`. */
export interface ProbeQuestion {
  readonly probe: number;
  readonly collect: boolean;
}

/** The answer to the question of the same number. */
export interface ProbeAnswer extends Usage {
  readonly probe: number;
}

process.on('message', ({ probe, collect }: ProbeQuestion) => {
  if (collect) globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const answer: ProbeAnswer = { probe, cpu: user + system, rss, held: heapUsed + external };
  process.send?.(answer);
});
