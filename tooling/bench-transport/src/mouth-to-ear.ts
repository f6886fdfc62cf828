/** Both are compared at 8 kHz, where the voice is. */
const DECIMATION = 6;
const RATE = 48_000 / DECIMATION;
/** What is heard is looked for in what was said by pieces of so many ticks, one every other tick. */
const PIECE_TICKS = 6;
const STEP_TICKS = 2;
const TICK_SAMPLES = 480 / DECIMATION;
const PIECE = PIECE_TICKS * TICK_SAMPLES;
/** Longest delay looked for, in samples at 8 kHz. */
const LONGEST = 0.6 * RATE;
/** A piece counts from this likeness on: what was concealed, stretched or lost is not found. */
const ALIKE = 0.9;
/** A piece this much quieter than the speech as a whole is a pause. */
const QUIET = 0.1;

/** What was said: a piece of sound that begins at `began` (µs) and is repeated. */
export interface Said {
  readonly samples: Float32Array;
  readonly began: number;
}

/** What was heard: blocks of 10 ms, and when the first sample of each was there, on the same clock. */
export interface Recorded {
  readonly samples: Float32Array;
  readonly playedAt: Float64Array;
}

/**
 * True delays from mouth to ear in ms, from tick `from` on: pieces of what was heard are found in what was said by
 * correlation, and both ends have their time by one clock. Nothing that the nodes say of themselves is used.
 */
export function mouthToEar(said: Said, heard: Recorded, from: number): number[] {
  const source = decimated(said.samples);
  const quiet = QUIET * QUIET * energyOf(source, 0, source.length) * (PIECE / source.length);
  const played = decimated(heard.samples);
  const delays: number[] = [];
  for (let tick = from; tick + PIECE_TICKS <= heard.playedAt.length; tick += STEP_TICKS) {
    const piece = played.subarray(tick * TICK_SAMPLES, tick * TICK_SAMPLES + PIECE);
    const energy = energyOf(piece, 0, PIECE);
    if (energy < quiet) continue;
    const sinceBegan = ((heard.playedAt[tick]! - said.began) * RATE) / 1e6;
    const found = delayOf(piece, energy, source, sinceBegan);
    if (found !== undefined) delays.push((found / RATE) * 1000);
  }
  return delays;
}

/** How long before `now` (in samples since the source began) the piece was said, in samples. */
function delayOf(
  piece: Float32Array,
  energy: number,
  source: Float32Array,
  now: number,
): number | undefined {
  const latest = Math.floor(now);
  const earliest = Math.max(0, latest - LONGEST);
  const said = new Float32Array(latest - earliest + PIECE);
  for (let i = 0; i < said.length; i++) said[i] = source[(earliest + i) % source.length]!;
  let saidEnergy = energyOf(said, 0, PIECE);
  const likeness = new Float64Array(latest - earliest + 1);
  let best = 0;
  for (let lag = 0; lag <= latest - earliest; lag++) {
    let cross = 0;
    for (let i = 0; i < PIECE; i++) cross += piece[i]! * said[lag + i]!;
    likeness[lag] = saidEnergy > 0 ? cross / Math.sqrt(energy * saidEnergy) : 0;
    if (likeness[lag]! > likeness[best]!) best = lag;
    saidEnergy += (said[lag + PIECE] ?? 0) ** 2 - said[lag]! ** 2;
  }
  if (!(likeness[best]! >= ALIKE)) return undefined;
  return now - (earliest + best + peakBetween(likeness, best));
}

/** Where the peak lies between samples: the top of the parabola through the largest and its neighbours. */
function peakBetween(values: Float64Array, at: number): number {
  const before = values[at - 1] ?? 0;
  const after = values[at + 1] ?? 0;
  const bend = before - 2 * values[at]! + after;
  return at > 0 && at < values.length - 1 && bend < 0 ? (before - after) / (2 * bend) : 0;
}

function energyOf(samples: Float32Array, from: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i++) sum += samples[i]! ** 2;
  return sum;
}

function decimated(samples: Float32Array): Float32Array {
  const out = new Float32Array(Math.floor(samples.length / DECIMATION));
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let j = 0; j < DECIMATION; j++) sum += samples[i * DECIMATION + j]!;
    out[i] = sum / DECIMATION;
  }
  return out;
}
