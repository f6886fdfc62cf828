import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Unwrapper } from '@rm/rtp-sync';
import { type Arrivals, type Packet, arrivalsOf } from './arrivals.js';

/** Comfort noise (RFC 3389): it fills a pause and has no duration of its own. */
const COMFORT_NOISE = 13;
/** The idle path at a packet is the fastest packet within this many ms of it. */
const PATH_WINDOW_MS = 4000;

/**
 * Reads a trace of arrivals: a line `arrival_ms,sequence,timestamp,payload_type` a packet, and
 * `# clock_rate=` in Hz. Throws an `Error` that says where a line is no such thing.
 */
export function parseTrace(name: string, text: string): Arrivals {
  const clockRate = Number(/^#\s*clock_rate=(\d+)/m.exec(text)?.[1]);
  if (!(clockRate > 0)) throw new Error(`${name}: no "# clock_rate=" line; add one in Hz`);
  const rows: {
    arrival: number;
    sequence: number;
    timestamp: number;
    extended: number;
    media: number;
  }[] = [];
  const sequences = new Unwrapper(16);
  const timestamps = new Unwrapper(32);
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [arrival, sequence, timestamp, payloadType] = line.split(',').map(Number);
    if (![arrival, sequence, timestamp, payloadType].every(Number.isFinite))
      throw new Error(
        `${name}:${index + 1}: expected arrival,sequence,timestamp,type, got ${line}`,
      );
    // The sequence and time of comfort noise go on through the pause; only the voice is played.
    const extended = sequences.unwrap(sequence!);
    const media = timestamps.unwrap(timestamp!);
    if (payloadType === COMFORT_NOISE) continue;
    rows.push({ arrival: arrival!, sequence: sequence!, timestamp: timestamp!, extended, media });
  }
  const duration = shortestStep(rows);
  const transits = rows.map(({ arrival, media }) => arrival - (media * 1000) / clockRate);
  const packets = rows.map(({ arrival, sequence, timestamp, media }): Packet => {
    let path = Number.POSITIVE_INFINITY;
    for (const [i, transit] of transits.entries())
      if (Math.abs(rows[i]!.arrival - arrival) <= PATH_WINDOW_MS) path = Math.min(path, transit);
    return {
      sequence,
      timestamp,
      duration,
      arrival: Math.round(arrival * 1000),
      earliest: Math.round(1000 * (path + (media * 1000) / clockRate)),
    };
  });
  return arrivalsOf(name, clockRate, packets);
}

/** The traces in a folder, in order of their names; undefined where there is none. */
export function readTraces(folder: string): Arrivals[] | undefined {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.csv'));
  } catch {
    return undefined;
  }
  return names
    .toSorted()
    .map((name) => parseTrace(name.slice(0, -4), readFileSync(join(folder, name), 'utf8')));
}

/** The duration of a packet: what timestamps advance by from one sequence number to the next, at the least. */
function shortestStep(
  rows: readonly { readonly extended: number; readonly media: number }[],
): number {
  const sorted = rows.toSorted((a, b) => a.extended - b.extended);
  let shortest = Number.POSITIVE_INFINITY;
  for (const [i, row] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before === undefined || row.extended - before.extended !== 1) continue;
    if (row.media > before.media) shortest = Math.min(shortest, row.media - before.media);
  }
  return Number.isFinite(shortest) ? shortest : 1;
}
