import { type JitterBuffer, type Micros, type PacketTraits, micros } from '../src/index.js';

/** A packet on its way: sequence number and timestamp as on the wire, arrival in ms. */
export interface Arrival {
  readonly sequence: number;
  readonly timestamp: number;
  readonly at: number;
  readonly traits?: PacketTraits;
}

/** A packet by its sequence number, or what was played in its place. */
export type What = number | 'recover' | 'conceal' | 'comfort-noise' | 'silence';

/** What the listener got on one 10 ms tick, as runs of [what, ticks]; packets by their sequence number. */
export interface Tick {
  readonly at: number;
  /** RTP timestamp of the tick's first sample. */
  readonly timestamp: number;
  readonly heard: readonly What[];
}

export const TICK = 480;
export const PTIME = 960;

/** `count` packets of 20 ms, sent on time, each delayed by `delay(i)` ms; undefined is a lost packet. */
export function stream(
  count: number,
  delay: (i: number) => number | undefined = () => 0,
  first: { sequence?: number; timestamp?: number } = {},
): Arrival[] {
  const { sequence = 0, timestamp = 0 } = first;
  const arrivals: Arrival[] = [];
  for (let i = 0; i < count; i++) {
    const d = delay(i);
    if (d === undefined) continue;
    arrivals.push({
      sequence: (sequence + i) & 0xffff,
      timestamp: (timestamp + i * PTIME) >>> 0,
      at: i * 20 + d,
    });
  }
  return arrivals.sort((a, b) => a.at - b.at);
}

/** A time-stretch takes out or repeats 7 ms of a block of 30 ms at least, in every sixth tick at most. */
const STRETCH = { ticks: 336, block: 3 * TICK, pause: 5 } as const;

/**
 * Plays `arrivals` through `buffer` in virtual time, one tick every 10 ms until `until` ms, faster or slower where
 * the buffer asks for it and `stretch` is set.
 */
export function simulate(
  buffer: JitterBuffer,
  arrivals: readonly Arrival[],
  until: number,
  options: { readonly stretch?: boolean; readonly onTick?: (at: number) => void } = {},
): Tick[] {
  const ticks: Tick[] = [];
  const payload = new Uint8Array([1, 2, 3]);
  let next = 0;
  /** Decoded and not yet played: the op and how many samples of it are left. */
  const fifo: { what: What; left: number }[] = [];
  let pause = 0;
  for (let at = 0; at < until; at += 10) {
    options.onTick?.(at);
    const now = micros(at * 1000);
    while (next < arrivals.length && arrivals[next]!.at <= at) {
      const a = arrivals[next++]!;
      buffer.insert(a.sequence, a.timestamp, PTIME, payload, micros(a.at * 1000), a.traits);
    }
    let pending = fifo.reduce((sum, x) => sum + x.left, 0);
    while (pending < TICK) {
      const decision = buffer.next(now, pending);
      const left = decision.op === 'decode' ? decision.packet.duration : decision.ticks;
      const what = decision.op === 'decode' ? decision.packet.sequence : decision.op;
      fifo.push({ what, left });
      pending += left;
    }
    const wanted = options.stretch && pause-- <= 0 ? buffer.stretch(now, pending) : 'none';
    while (wanted !== 'none' && pending < STRETCH.block) {
      const packet = buffer.takeAhead(now, pending);
      if (packet === undefined) break;
      fifo.push({ what: packet.sequence, left: packet.duration });
      pending += packet.duration;
    }
    if (wanted !== 'none' && pending >= STRETCH.block) {
      const change = wanted === 'accelerate' ? -STRETCH.ticks : STRETCH.ticks;
      fifo.at(-1)!.left += change;
      pending += change;
      buffer.stretched(change);
      ({ pause } = STRETCH);
    }
    const timestamp = buffer.timestampAt(pending);
    const heard: What[] = [];
    for (let need = TICK; need > 0;) {
      const head = fifo[0]!;
      const take = Math.min(need, head.left);
      if (heard.at(-1) !== head.what) heard.push(head.what);
      head.left -= take;
      need -= take;
      if (head.left === 0) fifo.shift();
    }
    ticks.push({ at, timestamp, heard });
  }
  return ticks;
}

/** Everything heard, in order, runs joined. */
export function heard(ticks: readonly Tick[]): What[] {
  const all: What[] = [];
  for (const tick of ticks) for (const x of tick.heard) if (all.at(-1) !== x) all.push(x);
  return all;
}

/** The packets heard, in order. */
export const packetsHeard = (ticks: readonly Tick[]): number[] =>
  heard(ticks).filter((x): x is number => typeof x === 'number');

/** How many ticks had `what` in them. */
export const ticksOf = (ticks: readonly Tick[], what: What): number =>
  ticks.filter((t) => t.heard.includes(what)).length;

/** Delay in ms at which the last tick was played, of a stream whose timestamp 0 came at 0. */
export const lastDelay = (ticks: readonly Tick[]): number => {
  const last = ticks.at(-1)!;
  return last.at - last.timestamp / 48;
};

/** A seeded random source in [0, 1) (mulberry32). */
export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const at = (milliseconds: number): Micros => micros(milliseconds * 1000);
