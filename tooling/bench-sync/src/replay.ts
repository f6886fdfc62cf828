import { type BufferedPacket, type DelayPolicy, JitterBuffer, micros } from '@rm/rtp-sync';
import type { Arrivals } from './arrivals.js';

const TICK = 10_000;
/** One time-stretch takes out or repeats a period of the voice, of 7 ms say, of a block of at least 30 ms… */
const STRETCH_US = 7000;
const STRETCH_BLOCK_US = 30_000;
/** …and speed changes at most once in so many ticks, as in the receiver. */
const STRETCH_PAUSE = 5;
/** Missing sound of this length is heard as an interruption. */
const INTERRUPTION = 150_000;

/** What a listener got of a stream. */
export interface Playout {
  /** Delay of each packet over the idle path in µs, by its place in the arrivals; NaN where it was not played. */
  readonly delay: Float64Array;
  /** When each was played, in µs. */
  readonly playedAt: Float64Array;
  /** Share of what was played that stood in for something sent; what fills a sender's pause does not. */
  readonly concealed: number;
  /** The same as a time in µs. */
  readonly concealedTime: number;
  /** Packets that came too late for their turn. */
  readonly late: number;
  /** Packets dropped to catch up or for lack of room. */
  readonly skipped: number;
  /** Packets that never came. */
  readonly lost: number;
  /** Mean and 95 % quantile of the delay of what was played, in µs. */
  readonly meanDelay: number;
  readonly p95Delay: number;
  /** Time-stretches done. */
  readonly accelerations: number;
  readonly decelerations: number;
  /** Times without sound of 150 ms or more. */
  readonly interruptions: number;
}

/** Plays `arrivals` through a jitter buffer with `policy` in virtual time, pulled every 10 ms. */
export function replay(arrivals: Arrivals, policy: DelayPolicy): Playout {
  const { clockRate, sequence, timestamp, duration, arrival, earliest } = arrivals;
  const ticksPerMicro = clockRate / 1e6;
  const tick = clockRate / 100;
  const stretchTicks = Math.round(STRETCH_US * ticksPerMicro);
  const stretchBlock = STRETCH_BLOCK_US * ticksPerMicro;
  const buffer = new JitterBuffer({ clockRate, policy });
  const count = arrival.length;
  const delay = new Float64Array(count).fill(Number.NaN);
  const playedAt = new Float64Array(count).fill(Number.NaN);
  const payload = new Uint8Array(4);
  const view = new DataView(payload.buffer);
  let late = 0;
  let accelerations = 0;
  let decelerations = 0;
  let interruptions = 0;
  /** What was made up since the last packet, in ticks. */
  let missing = 0;
  let concealed = 0;
  let started = false;
  let nextSequence = 0;
  let nextTimestamp = 0;
  let pause = 0;
  let pending = 0;
  let next = 0;
  const play = (packet: BufferedPacket, at: number): void => {
    const { data } = packet;
    const index = (data[0]! << 24) | (data[1]! << 16) | (data[2]! << 8) | data[3]!;
    playedAt[index] = at;
    delay[index] = at - earliest[index]!;
    // What neither the packets skipped nor those lost account for, the sender did not send.
    const skipped = (packet.sequence - nextSequence) * packet.duration;
    const paused = Math.max(0, packet.timestamp - nextTimestamp - skipped);
    nextSequence = packet.sequence + 1;
    nextTimestamp = packet.timestamp + packet.duration;
    const missed = Math.max(0, missing - paused);
    concealed += missed;
    if (missed / ticksPerMicro >= INTERRUPTION) interruptions++;
    missing = 0;
  };
  const end = arrival[count - 1]!;
  for (let now = micros(arrival[0]!); now < end; now = micros(now + TICK)) {
    for (; next < count && arrival[next]! <= now; next++) {
      view.setUint32(0, next);
      const at = micros(arrival[next]!);
      const result = buffer.insert(sequence[next]!, timestamp[next]!, duration[next]!, payload, at);
      if (result === 'late') late++;
    }
    while (pending < tick) {
      const decision = buffer.next(now, pending);
      if (decision.op === 'decode') {
        started = true;
        play(decision.packet, now + pending / ticksPerMicro);
        pending += decision.packet.duration;
      } else {
        if (started) missing += decision.ticks;
        pending += decision.ticks;
      }
    }
    const wanted = pause > 0 ? 'none' : buffer.stretch(now, pending);
    if (pause > 0) pause--;
    if (wanted !== 'none') {
      while (pending < stretchBlock) {
        const packet = buffer.takeAhead(now, pending);
        if (packet === undefined) break;
        play(packet, now + pending / ticksPerMicro);
        pending += packet.duration;
      }
      if (pending >= stretchBlock) {
        const change = wanted === 'accelerate' ? -stretchTicks : stretchTicks;
        if (change < 0) accelerations++;
        else decelerations++;
        pending += change;
        buffer.stretched(change);
        pause = STRETCH_PAUSE;
      }
    }
    pending -= tick;
  }
  const statistics = buffer.statistics();
  const sorted = delay.filter((d) => !Number.isNaN(d)).sort();
  return {
    delay,
    playedAt,
    concealed: concealed / Math.max(1, statistics.totalSamplesReceived),
    concealedTime: concealed / ticksPerMicro,
    late,
    skipped: statistics.packetsDiscarded - late,
    lost: statistics.packetsLost + statistics.packetsDuplicated,
    meanDelay: sorted.reduce((sum, d) => sum + d, 0) / sorted.length,
    p95Delay: sorted[Math.floor(0.95 * sorted.length)]!,
    accelerations,
    decelerations,
    interruptions,
  };
}
