import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FixedDelayPolicy, AdaptiveDelayPolicy, millis } from '@rm/rtp-sync';
import { type Arrivals, type Packet, arrivalsOf } from './arrivals.js';
import { type Figure, figure } from '@rm/benchmark';
import { replay } from './replay.js';

const CLOCK_RATE = 8000;
const FRAME_MS = 20;
const FRAME_TICKS = 160;
const JUMP = 20;

/** A scripted stream, and how many frames a jitter buffer may miss of it at most. */
export interface Scenario {
  readonly arrivals: Arrivals;
  readonly missable: number;
  /** Frames that a fixed buffer holds; absent for one that adapts. */
  readonly fixed?: number;
}

/**
 * Reads scripted scenarios: `= title`, `%adaptive` or `%fixed n`, limits `!name n`, then letters up to a dot. P puts a
 * frame, G is the passing of 20 ms, L a frame lost, D the last one again, O one of those lost after all, J a jump of
 * the sequence by 20, R its restart.
 */
export function parseScenarios(text: string): Scenario[] {
  return text
    .split(/^\.$/m)
    .map((block) => block.split('\n').filter((line) => !line.startsWith('#')))
    .filter((lines) => lines.some((line) => line.startsWith('%')))
    .map((lines) => {
      const limit = (name: string): number =>
        Number(lines.find((line) => line.startsWith(`!${name}`))?.match(/\d+/)?.[0] ?? 0);
      const title =
        lines
          .find((line) => line.startsWith('='))
          ?.slice(1)
          .trim() ?? 'untitled';
      const fixed = lines.join('\n').match(/^%fixed (\d+)/m)?.[1];
      const script = lines.filter((line) => /^[A-Z ]+$/.test(line.trim())).join('');
      const missable = limit('lost') + limit('empty');
      const scenario = { arrivals: perform(title, script), missable };
      return fixed === undefined ? scenario : { ...scenario, fixed: Number(fixed) };
    });
}

function perform(title: string, script: string): Arrivals {
  const packets: Packet[] = [];
  const lost: Packet[] = [];
  let sequence = 1;
  let media = 0;
  let now = 0;
  const frame = (): Packet => ({
    sequence: sequence++ & 0xffff,
    timestamp: FRAME_TICKS * media++,
    duration: FRAME_TICKS,
    arrival: now * 1000,
    earliest: now * 1000,
  });
  for (const letter of script) {
    if (letter === 'G') now += FRAME_MS;
    else if (letter === 'P') packets.push(frame());
    else if (letter === 'L') lost.push(frame());
    else if (letter === 'D') packets.push({ ...packets.at(-1)!, arrival: now * 1000 });
    else if (letter === 'O' && lost.length > 0)
      packets.push({ ...lost.shift()!, arrival: now * 1000 });
    else if (letter === 'J') sequence += JUMP;
    else if (letter === 'R') sequence = 1;
  }
  return arrivalsOf(title, CLOCK_RATE, packets);
}

/** How many of the scenarios in `folder` stay within their limits; nothing where there are none. */
export function scenarioFigures(folder: string): Figure[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.dat'));
  } catch {
    return [];
  }
  const scenarios = names.flatMap((name) =>
    parseScenarios(readFileSync(join(folder, name), 'utf8')),
  );
  if (scenarios.length === 0) return [];
  const within = scenarios.filter(({ arrivals, missable, fixed }) => {
    const policy =
      fixed === undefined
        ? new AdaptiveDelayPolicy()
        : new FixedDelayPolicy(millis(FRAME_MS * fixed));
    return replay(arrivals, policy).concealedTime <= missable * FRAME_MS * 1000;
  });
  return [
    figure(
      'scripted scenarios that miss no more than they may',
      (100 * within.length) / scenarios.length,
      '%',
      { least: 100 },
    ),
  ];
}
