import { type Arrivals, type Packet, arrivalsOf } from './arrivals.js';
import { Random } from './random.js';

const CLOCK_RATE = 48_000;
/** Packets of 20 ms, as WebRTC sends Opus. */
const PTIME_MS = 20;
const PTIME_TICKS = 960;

/** What a network does to a stream; every part is optional, an empty one is an idle wire. */
interface Network {
  /** Queueing delay in ms of the packet sent at `t` ms. */
  readonly delay?: (random: Random) => (t: number) => number;
  /** Packets keep their order: one held up holds up those behind it. */
  readonly inOrder?: boolean;
  /** Whether a packet is lost. */
  readonly loss?: (random: Random) => () => boolean;
  /** Delay in ms of the idle path at `t` ms. */
  readonly base?: (t: number) => number;
  /** Times in ms [from, to) in which nothing gets through; what was sent meanwhile comes at the end. */
  readonly holds?: (random: Random, duration: number) => readonly (readonly [number, number])[];
  /** How much slower the sender's clock runs than ours. */
  readonly skewPpm?: number;
  /** The share of packets that come twice. */
  readonly duplicates?: number;
  /** Whether the sender speaks at `t` ms; while it does not, nothing is sent. */
  readonly speaking?: (random: Random) => (t: number) => boolean;
}

const gaussian = (sigma: number) => (random: Random) => (): number =>
  Math.max(0, sigma * (3 + random.normal()));

const pareto = (scale: number, shape: number) => (random: Random) => (): number =>
  Math.min(800, random.pareto(scale, shape));

/** A queue that fills and drains: the delay is a slow random walk. */
const queue = (sigma: number, memory: number) => (random: Random) => {
  let level = 0;
  return (): number => {
    level = memory * level + Math.sqrt(1 - memory * memory) * random.normal();
    return sigma * Math.max(0, level + 1);
  };
};

/** Holds of `shortest` to `longest` ms, `every` ms on average. */
const holds =
  (every: number, shortest: number, longest: number) =>
  (random: Random, duration: number): [number, number][] => {
    const list: [number, number][] = [];
    for (let t = 2000 + random.exponential(every); t < duration - 5000;) {
      const end = t + shortest + (longest - shortest) * random.uniform();
      list.push([t, end]);
      t = end + 2000 + random.exponential(every - 2000);
    }
    return list;
  };

/** Losses in bursts (Gilbert–Elliott): `enter` and `leave` are chances per packet, half of a burst is lost. */
const gilbertElliott = (enter: number, leave: number) => (random: Random) => {
  let bad = false;
  return (): boolean => {
    bad = bad ? random.uniform() >= leave : random.uniform() < enter;
    return bad && random.uniform() < 0.5;
  };
};

const talkspurts = (random: Random) => {
  let speaking = true;
  let until = 3000;
  return (t: number): boolean => {
    while (t >= until) {
      speaking = !speaking;
      until += 300 + random.exponential(speaking ? 2000 : 1200);
    }
    return speaking;
  };
};

const steps = (t: number): number =>
  40 + (t >= 30_000 ? 120 : 0) - (t >= 60_000 ? 80 : 0) + (t >= 90_000 ? 50 : 0);

const NETWORKS: Readonly<Record<string, Network>> = {
  'idle wire': { delay: (random) => () => random.uniform() },
  'Gaussian 5 ms': { delay: gaussian(5), inOrder: true },
  'Gaussian 20 ms': { delay: gaussian(20), inOrder: true },
  'Gaussian 20 ms, reordering': { delay: gaussian(20) },
  'Pareto, light tail': { delay: pareto(8, 3), inOrder: true },
  'Pareto, heavy tail': { delay: pareto(4, 1.6), inOrder: true },
  'queue filling and draining': { delay: queue(30, 0.98), inOrder: true },
  'Gilbert–Elliott loss': { delay: gaussian(5), inOrder: true, loss: gilbertElliott(0.02, 0.25) },
  'independent loss of 10 %': {
    delay: gaussian(8),
    inOrder: true,
    loss: (random) => () => random.uniform() < 0.1,
  },
  'rare spikes': { delay: gaussian(3), inOrder: true, holds: holds(15_000, 80, 300) },
  'frequent spikes': { delay: gaussian(5), inOrder: true, holds: holds(4000, 40, 200) },
  'radio stalls': { delay: gaussian(8), inOrder: true, holds: holds(30_000, 1000, 3500) },
  'steps of the base delay': { delay: gaussian(6), inOrder: true, base: steps },
  'skew +1000 ppm': { delay: gaussian(6), inOrder: true, skewPpm: 1000 },
  'skew -1000 ppm': { delay: gaussian(6), inOrder: true, skewPpm: -1000 },
  DTX: { delay: gaussian(10), inOrder: true, speaking: talkspurts },
  'duplicates and reordering': {
    delay: pareto(10, 2.5),
    duplicates: 0.1,
    loss: (random) => () => random.uniform() < 0.01,
  },
};

/** Names of the synthetic networks. */
export const networkNames: readonly string[] = Object.keys(NETWORKS);

/** The arrivals of `seconds` of audio over the network `name`, the same for the same seed. */
export function synthesize(name: string, seed: number, seconds: number): Arrivals {
  const network = NETWORKS[name];
  if (network === undefined) throw new RangeError(`no network ${name}; take one of networkNames`);
  return arrivalsOver(network, name, seed, seconds);
}

/** A minute over a network with a single stall of `length` ms from `at` ms on. */
export const stalls = (seed: number, at: number, length: number): Arrivals =>
  arrivalsOver(
    { delay: gaussian(8), inOrder: true, holds: () => [[at, at + length]] },
    'a stall',
    seed,
    60,
  );

/** Half a minute over a network that loses the packet sent at `at` ms and no other. */
export const losesOne = (seed: number, at: number): Arrivals => {
  let packet = 0;
  const loss = () => (): boolean => packet++ === at / PTIME_MS;
  return arrivalsOver({ delay: gaussian(3), inOrder: true, loss }, 'one lost packet', seed, 30);
};

function arrivalsOver(network: Network, name: string, seed: number, seconds: number): Arrivals {
  // Parts draw from sources of their own, so that a change of one leaves the others as they were.
  const delay = network.delay?.(new Random(seed)) ?? (() => 0);
  const lost = network.loss?.(new Random(seed + 1)) ?? (() => false);
  const speaking = network.speaking?.(new Random(seed + 2)) ?? (() => true);
  const closed = network.holds?.(new Random(seed + 3), seconds * 1000) ?? [];
  const copies = new Random(seed + 4);
  const place = new Random(seed + 5);
  const { base = () => 40, inOrder = false, duplicates = 0, skewPpm = 0 } = network;
  const firstTimestamp = Math.floor(place.uniform() * 2 ** 32);
  let sequence = Math.floor(place.uniform() * 65_536);
  const packets: Packet[] = [];
  let last = 0;
  let hold = 0;
  for (let i = 0; i * PTIME_MS < seconds * 1000; i++) {
    const sent = i * PTIME_MS * (1 + skewPpm / 1e6);
    if (!speaking(sent)) continue;
    const earliest = sent + base(sent);
    let arrival = earliest + delay(sent);
    while (hold < closed.length && closed[hold]![1] <= arrival) hold++;
    if (hold < closed.length && arrival >= closed[hold]![0]) arrival = closed[hold]![1];
    if (inOrder) arrival = last = Math.max(last, arrival);
    const packet = {
      sequence: sequence++ & 0xffff,
      timestamp: (firstTimestamp + i * PTIME_TICKS) >>> 0,
      duration: PTIME_TICKS,
      arrival: Math.round(arrival * 1000),
      earliest: Math.round(earliest * 1000),
    };
    if (lost()) continue;
    packets.push(packet);
    if (copies.uniform() < duplicates)
      packets.push({ ...packet, arrival: packet.arrival + Math.round(30_000 * copies.uniform()) });
  }
  return arrivalsOf(name, CLOCK_RATE, packets);
}
