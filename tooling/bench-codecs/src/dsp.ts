import {
  ComfortNoise,
  ConferenceMixer,
  Limiter,
  Resampler,
  TimeStretch,
  VoiceActivity,
} from '@rm/codecs';
import { type Figure, figure, type Goal } from '@rm/benchmark';
import { speech } from './speech.js';

const RATE = 48_000;
/** Samples of 10 ms, the blocks in which everything is played. */
const BLOCK = RATE / 100;
const PARTICIPANTS = 10;
/** A stretch is of four blocks. */
const STRETCHED = 4 * BLOCK;

/** Sound to work on, and how often to measure. */
interface Load {
  readonly pcm: Float32Array;
  readonly runs: number;
}

/** What a step costs in µs, which is given one block of `length` samples after the other: the best of short runs. */
function cost({ pcm, runs }: Load, length: number, step: (block: Float32Array) => void): number {
  const blocks = Array.from({ length: Math.floor(pcm.length / length) }, (_, i) =>
    pcm.slice(i * length, (i + 1) * length),
  );
  const steps = 20;
  let best = Infinity;
  // So short that some are not interrupted.
  for (let run = 0, next = 0; run < runs; run++) {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < steps; i++, next++) step(blocks[next % blocks.length]!);
    best = Math.min(best, Number(process.hrtime.bigint() - begin) / steps / 1000);
  }
  return best;
}

/** Speech in a room whose noise is at −55 dBFS, repeatable. */
function noisySpeech(seconds: number): Float32Array {
  let state = 1;
  return speech(seconds).map((sample) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return sample + (0.003 * state) / 2 ** 31;
  });
}

function resampling(load: Load): Figure[] {
  const measure = (inputRate: number, outputRate: number, ppm: number, goal?: Goal): Figure => {
    const resampler = new Resampler({ inputRate, outputRate, channels: 1 });
    resampler.setCorrection(ppm);
    const out = new Float32Array(outputRate / 100 + 8);
    const spent = cost(load, inputRate / 100, (block) => void resampler.process(block, out));
    const name = `resample ${inputRate / 1000} to ${outputRate / 1000} kHz at ${ppm} ppm`;
    return figure(name, spent, 'µs/10 ms', goal);
  };
  return [
    measure(RATE, RATE, 0, { most: 20 }),
    measure(RATE, RATE, 100, { most: 20 }),
    measure(RATE, RATE, 1000),
    ...[8_000, 16_000, 24_000, 44_100].flatMap((rate) => [
      measure(rate, RATE, 0),
      measure(rate, RATE, 50),
      measure(RATE, rate, 0),
      measure(RATE, rate, 50),
    ]),
  ];
}

function stretching(load: Load): Figure[] {
  const stretch = new TimeStretch({ sampleRate: RATE, channels: 1 });
  const out = new Float32Array(STRETCHED);
  const spent = cost(load, STRETCHED, (block) => void stretch.accelerate(block, out));
  const { pcm } = load;
  const faster = (likeness: number): Figure => {
    let cut = 0;
    for (let at = 0; at + STRETCHED <= pcm.length; at += STRETCHED) {
      cut += STRETCHED - stretch.accelerate(pcm.subarray(at, at + STRETCHED), out, likeness);
    }
    const name = `speech faster in blocks of 40 ms, likeness ${likeness}`;
    return figure(name, (100 * cut) / pcm.length, '%');
  };
  return [figure('accelerate 40 ms', spent, 'µs'), faster(0.9), faster(0.5), faster(-1)];
}

function mixing(load: Load): Figure[] {
  const mixer = new ConferenceMixer({ sampleRate: RATE, channels: 1, blockLength: BLOCK });
  const participants = Array.from({ length: PARTICIPANTS }, () => mixer.join());
  const limiter = new Limiter({ sampleRate: RATE, channels: 1 });
  const out = new Float32Array(BLOCK);
  const mixed = cost(load, BLOCK, (block) => {
    mixer.begin();
    for (const participant of participants) participant.write(block);
    for (const participant of participants) participant.read(out);
  });
  return [
    figure(`mix ${PARTICIPANTS} for each other, each`, mixed / PARTICIPANTS, 'µs/10 ms'),
    figure(
      'limit',
      cost(load, BLOCK, (block) => limiter.process(block)),
      'µs/10 ms',
    ),
  ];
}

async function listening(load: Load): Promise<Figure[]> {
  const comfort = new ComfortNoise({ sampleRate: RATE, channels: 1 });
  const out = new Float32Array(BLOCK);
  const listened = cost(load, BLOCK, (block) => comfort.listen(block));
  const generated = cost(load, BLOCK, () => comfort.generate(out));
  const activity = await VoiceActivity.create({ sampleRate: RATE });
  const detected = cost(load, BLOCK, (block) => void activity.process(block));
  activity.close();
  return [
    figure('comfort noise, listen', listened, 'µs/10 ms'),
    figure('comfort noise, generate', generated, 'µs/10 ms'),
    figure('voice activity', detected, 'µs/10 ms'),
  ];
}

/** What DSP costs for a mono stream, on the demo's speech. */
export async function dspFigures(seconds = 10, runs = 300): Promise<Figure[]> {
  const load = { pcm: noisySpeech(seconds), runs };
  return [...resampling(load), ...stretching(load), ...mixing(load), ...(await listening(load))];
}
