// npm run bench:demo: the figures of the demo beside their goals. A benchmark measures, it does not judge.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { figure, figuresTable } from '@rm/benchmark';
import { parseWav } from '@rm/codecs';
import { match } from './analysis.js';
import { asset } from './child.js';
import { type DemoRun, runMain } from './run-main.js';

const RUNS = 3;
const SECONDS = 20;

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rm-bench-'));
  try {
    const runs: DemoRun[] = [];
    for (let i = 0; i < RUNS; i++) {
      progress(`demo ${i + 1} of ${RUNS}, ${SECONDS} s each`);
      runs.push(await runMain(join(folder, `run-${i}`), { seconds: SECONDS }));
    }
    progress('Ctrl-C');
    const interrupted = await runMain(join(folder, 'interrupted'), { interruptAfterMs: 2000 });
    progress('npm test, warm caches');
    const testSeconds = timeTests();

    const links = runs.flatMap(({ summary }) => summary.links);
    const direct = links.filter(({ from }) => from !== 'node-b');
    const values = <T>(of: readonly T[], value: (item: T) => number | undefined): number[] =>
      of.map((item) => value(item) ?? Number.NaN).sort((a, b) => a - b);
    const connect = values(links, (link) => link.connectMs);
    const p50 = values(direct, (link) => link.mouthToEarMs?.p50);
    const p95 = values(direct, (link) => link.mouthToEarMs?.p95);
    const speech = runs.flatMap(({ summary }) =>
      summary.links.filter((link) => link.from === 'node-a' && link.to === 'node-c'),
    );
    const source = await samplesOf(asset('speech.wav'));
    const correlations: number[] = [];
    for (const { wav } of speech)
      correlations.push(match(await samplesOf(wav!), source, 48_000).correlation);
    const concealed = values(speech, (link) => link.concealedRatio);
    const left = interrupted.leftProcesses + Number(interrupted.leftListening);

    const figures = [
      figure('connect, p95 of all links', quantile(connect, 0.95), 'ms', { most: 500 }),
      figure('mouth-to-ear p50, worst link without pipeline', p50.at(-1)!, 'ms', { most: 60 }),
      figure('mouth-to-ear p95, worst link without pipeline', p95.at(-1)!, 'ms', { most: 100 }),
      figure('speech correlation, worst run', Math.min(...correlations), '', { least: 0.95 }),
      figure('speech concealed, worst run', concealed.at(-1)! * 100, '%', { most: 0.1 }),
      figure('npm test, warm caches', testSeconds, 's', { most: 60 }),
      figure('Ctrl-C to all gone', interrupted.interruptMs ?? Number.NaN, 'ms', { most: 2000 }),
      figure('left after Ctrl-C', left, 'processes, ports', { most: 0 }),
    ];
    console.log(figuresTable(figures));
    if (process.argv.includes('--json')) console.log(JSON.stringify({ bench: 'demo', figures }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Nearest-rank quantile of sorted values. */
const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;

/** Seconds of a whole `npm test` with everything installed and built, but no task replayed from turbo's cache. */
function timeTests(): number {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const began = performance.now();
  const { status } = spawnSync('npm', ['test'], {
    cwd: root,
    env: { ...process.env, TURBO_FORCE: 'true' },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  if (status !== 0) progress(`npm test failed (status ${status})`);
  return status === 0 ? (performance.now() - began) / 1000 : Number.NaN;
}

async function samplesOf(path: string): Promise<Float32Array> {
  const wav = parseWav(await readFile(path));
  if (!wav.ok) throw new Error(`${path} is not a WAV file (${wav.reason})`);
  return wav.value.samples;
}

const progress = (text: string): void => void process.stderr.write(`bench:demo: ${text}\n`);

await main();
