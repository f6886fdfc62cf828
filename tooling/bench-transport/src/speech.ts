import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Figure, figure, table } from '@rm/benchmark';
import { parseWav } from '@rm/codecs';
import type { ProfileName } from '@rm/netlab';
import { type Call, call } from './call.js';
import { concealedShare, interruptions } from './continuity.js';
import { mouthToEar } from './mouth-to-ear.js';

/** Seeds of the runs across each network, and their length; the beginning is not counted. */
const SEEDS = [1, 2, 3];
const SECONDS = 20;
const UNCOUNTED_TICKS = 500;
const PACKET_SAMPLES = 960;
/** What is concealed for so long is an interruption, in ms. */
const INTERRUPTION = 150;

/** The networks; the most there may be of mouth to ear in ms (p50), and of concealed sound in %. */
const NETWORKS: readonly (readonly [ProfileName, number, number])[] = [
  ['lan', 50, 0.05],
  ['wan', 80, 0.1],
  ['wifi', 110, 0.6],
  ['lte', 170, 0.65],
  ['lossy5', 110, 0.75],
  ['bursty10', 125, 6],
];

const SPEECH = fileURLToPath(new URL('../../demo/assets/speech.wav', import.meta.url));
const TITLES =
  'network|seed|p50|p95|concealed|own p50|target|lost|by copy|by FEC|asked|came again|late'.split(
    '|',
  );

/** Speech one way between two nodes across each network: when it is heard, and how much of it is made up. */
export async function speechFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const rows: string[][] = [];
  let furthestOff = 0;
  for (const [network, mostDelay, mostConcealed] of NETWORKS) {
    const runs: Run[] = [];
    for (const seed of SEEDS) {
      process.stderr.write(`bench:transport: speech, ${network}, seed ${seed}\n`);
      runs.push(judged(await call(network, SPEECH, SECONDS, seed)));
    }
    runs.forEach((run, i) => rows.push(row(network, SEEDS[i]!, run)));
    furthestOff = Math.max(furthestOff, ...runs.map(({ offBy }) => offBy));
    const delays = runs.flatMap((run) => run.delays).sort((a, b) => a - b);
    const sum = (of: (run: Run) => number): number => runs.reduce((all, run) => all + of(run), 0);
    const concealed = (100 * sum((run) => run.concealed)) / sum((run) => run.played);
    figures.push(
      figure(`${network}: mouth to ear, p50`, quantile(delays, 0.5), 'ms', { most: mostDelay }),
      figure(`${network}: mouth to ear, p95`, quantile(delays, 0.95), 'ms'),
      figure(`${network}: concealed`, concealed, '%', { most: mostConcealed }),
      figure(
        `${network}: interruptions of ${INTERRUPTION} ms`,
        sum((run) => run.interruptions),
        '',
        { most: 0 },
      ),
    );
  }
  console.log(`${table(TITLES, rows)}\n`);
  figures.push(figure("the node's own mouth to ear, p50 furthest off", furthestOff, 'ms'));
  return figures;
}

/** What is to be said of one call. Delays are in ms. */
interface Run {
  readonly delays: readonly number[];
  readonly concealed: number;
  readonly played: number;
  readonly interruptions: number;
  /** How far the median that the node itself tells is from the true one, both with the beginning. */
  readonly offBy: number;
  readonly call: Call;
}

function judged(of: Call): Run {
  const { began, heard } = of;
  const said = { samples: speech(), began };
  const all = mouthToEar(said, heard, 0).sort((a, b) => a - b);
  const own = heard.statistics.mouthToEarMs?.p50 ?? Number.NaN;
  return {
    delays: mouthToEar(said, heard, UNCOUNTED_TICKS),
    ...concealedShare(heard, UNCOUNTED_TICKS),
    interruptions: interruptions(heard, UNCOUNTED_TICKS, INTERRUPTION),
    offBy: Math.abs(own - quantile(all, 0.5)),
    call: of,
  };
}

/** What explains a run: what is lost, and what came of it all the same, with the beginning. */
function row(
  network: string,
  seed: number,
  { delays, concealed, played, call: { heard, network: lab } }: Run,
): string[] {
  const { statistics } = heard;
  const sorted = [...delays].sort((a, b) => a - b);
  const link = lab.links['1>2'];
  const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`;
  return [
    network,
    String(seed),
    quantile(sorted, 0.5).toFixed(1),
    quantile(sorted, 0.95).toFixed(1),
    percent(concealed, played),
    String(statistics.mouthToEarMs?.p50),
    (statistics.targetDelay * 1000).toFixed(1),
    percent(link?.lost ?? 0, link?.packets ?? 1),
    String(statistics.redundantPacketsPlayed),
    (statistics.recoveredSamples / PACKET_SAMPLES).toFixed(1),
    String(statistics.packetsRequested),
    String(statistics.retransmittedPacketsPlayed),
    String(lab.late),
  ];
}

/** The speech, at 48 kHz. */
function speech(): Float32Array {
  const wav = parseWav(readFileSync(SPEECH));
  if (!wav.ok) throw new Error(`${SPEECH} is not a WAV file (${wav.reason})`);
  return wav.value.samples;
}

/** Nearest-rank quantile of sorted values. */
const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
