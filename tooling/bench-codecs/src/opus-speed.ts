import { loadOpus, type OpusEngineName } from '@rm/codecs';
import { type Figure, figure, type Goal } from '@rm/benchmark';
import { nativeOpusCost } from './native-opus.js';
import { type OpusCost, type OpusLoad, opusCost } from './opus-load.js';
import { speech, stereo } from './speech.js';

const PEERS = 10;
/** A second has 50 frames of 20 ms; µs a second into percent of a core. */
const PERCENT = 50 / 10_000;

const NATIVE_GOALS: Readonly<Record<'encode' | 'decode', Goal>> = {
  encode: { most: 1.35 },
  decode: { most: 1.5 },
};

/** µs a frame of each engine, and of the machine's own libopus where there is one: the best of a few rounds in turn. */
export async function opusSpeedFigures(seconds = 10, rounds = 5): Promise<Figure[]> {
  const mono = speech(seconds);
  const voip = { pcm: mono, application: 'voip', channels: 1, bitrate: 32_000 } as const;
  const loads: readonly (readonly [name: string, load: OpusLoad, engines: OpusEngineName[]])[] = [
    ['voip 32k c10', { ...voip, complexity: 10 }, ['libopus-wasm', 'opusscript']],
    ['voip 32k c5', { ...voip, complexity: 5 }, ['libopus-wasm', 'opusscript']],
    [
      'audio 96k c5 stereo',
      { pcm: stereo(mono), application: 'audio', channels: 2, bitrate: 96_000, complexity: 5 },
      ['libopus-wasm'],
    ],
  ];
  const figures: Figure[] = [];
  let version: string | undefined;
  for (const [name, load, engines] of loads) {
    const best = new Map<string, OpusCost>();
    for (let round = 0; round < rounds; round++) {
      for (const engine of engines)
        keep(best, engine, await opusCost(await loadOpus(engine), load));
      const native = nativeOpusCost(load);
      if (native) keep(best, 'native', native);
      version ??= native?.version;
    }
    figures.push(...compared(name, best));
    if (name === 'voip 32k c5') figures.push(nodeFigure(best.get('libopus-wasm')!));
  }
  process.stderr.write(
    `bench:codecs: native Opus: ${version ?? 'not measured, as python3 finds no libopus here'}\n`,
  );
  return figures;
}

function keep(best: Map<string, OpusCost>, engine: string, cost: OpusCost): void {
  const { encode, decode } = best.get(engine) ?? cost;
  best.set(engine, {
    encode: Math.min(encode, cost.encode),
    decode: Math.min(decode, cost.decode),
  });
}

function compared(load: string, best: ReadonlyMap<string, OpusCost>): Figure[] {
  const native = best.get('native');
  return (['encode', 'decode'] as const).flatMap((act) =>
    [...best].flatMap(([engine, cost]) => {
      const figures = [figure(`${act} ${load}, ${engine}`, cost[act], 'µs/frame')];
      if (native && engine !== 'native') {
        const goal = engine === 'libopus-wasm' ? NATIVE_GOALS[act] : undefined;
        figures.push(
          figure(`${act} ${load}, ${engine} to native`, cost[act] / native[act], '×', goal),
        );
      }
      return figures;
    }),
  );
}

/** One stream encoded, one decoded from each of the others. */
function nodeFigure({ encode, decode }: OpusCost): Figure {
  const share = (encode + (PEERS - 1) * decode) * PERCENT;
  return figure(`Opus of a node among ${PEERS}, voip 32k c5`, share, '% of a core', { most: 5 });
}
