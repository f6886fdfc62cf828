import {
  AdaptiveDelayPolicy,
  type DelayPolicy,
  FixedDelayPolicy,
  type Micros,
  NetEqDelayPolicy,
  millis,
} from '@rm/rtp-sync';
import type { Arrivals } from './arrivals.js';
import { type Playout, replay } from './replay.js';

/** The price of the default policy, by which regret is reckoned too. */
const PRICE_PER_PERCENT = millis(100);
/** The fixed delays that hindsight chooses among, in ms. */
const FIXED_MS = [
  15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100, 110, 120, 140, 160, 180, 200, 230, 260, 300,
  350, 400, 450, 500,
];

/** One input played with the default policy, as NetEq does, and with the best fixed delay. */
export interface Comparison {
  readonly name: string;
  readonly adaptive: Playout;
  readonly netEq: Playout;
  /** The NetEq-like target, kept as close as ours is; NetEq itself lets the delay be far above. */
  readonly netEqHeldClose: Playout;
  readonly fixed: Playout;
  readonly fixedDelay: Micros;
  /** How much more the default policy cost than the best fixed delay, as a share. */
  readonly regret: number;
}

/** What a playout cost: its mean delay, and the price of what was concealed. */
const costOf = ({ meanDelay, concealed }: Playout): number =>
  meanDelay + 100 * concealed * PRICE_PER_PERCENT;

/** Plays `arrivals` in every way. */
export function compare(arrivals: Arrivals): Comparison {
  const adaptive = replay(
    arrivals,
    new AdaptiveDelayPolicy({ pricePerPercent: PRICE_PER_PERCENT }),
  );
  let fixedDelay = millis(FIXED_MS[0]!);
  let fixed = replay(arrivals, new FixedDelayPolicy(fixedDelay));
  for (const delay of FIXED_MS.slice(1).map(millis)) {
    const playout = replay(arrivals, new FixedDelayPolicy(delay));
    if (costOf(playout) < costOf(fixed)) [fixed, fixedDelay] = [playout, delay];
  }
  return {
    name: arrivals.name,
    adaptive,
    netEq: replay(arrivals, new NetEqDelayPolicy()),
    netEqHeldClose: replay(arrivals, heldClose(new NetEqDelayPolicy())),
    fixed,
    fixedDelay,
    regret: costOf(adaptive) / costOf(fixed) - 1,
  };
}

/** The target of `policy` without its ceiling. */
const heldClose = (policy: NetEqDelayPolicy): DelayPolicy => ({
  get target() {
    return policy.target;
  },
  observe: (...packet: Parameters<NetEqDelayPolicy['observe']>) => policy.observe(...packet),
});
