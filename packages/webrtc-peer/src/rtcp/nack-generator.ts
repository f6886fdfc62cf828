import { type Micros, Unwrapper, micros } from '@rm/rtp-sync';

/** How a {@link NackGenerator} is set up. */
export interface NackOptions {
  /**
   * How long after a packet was missed it is of use: for video until its frame has to be decoded, for audio until
   * its playout. Nothing is asked for that would come later.
   */
  readonly budget: Micros;
  /**
   * Time between packets, for media that is played in step with it: of several missing in a row the earlier ones are
   * of use for so much less long. Default 0.
   */
  readonly spacing?: Micros;
  /** How long a packet may be merely out of order before it is asked for; default 10 ms. */
  readonly reorderWait?: Micros;
  /** Requests for one packet; default 10. */
  readonly maxTries?: number;
}

/** What a packet is to the stream: its next, one that was missing, one that was here before, or out of reach. */
export type ArrivalVerdict = 'new' | 'recovered' | 'duplicate' | 'stale';

/** What a {@link NackGenerator} asks for at a moment. */
export interface NackDecision {
  /** Sequence numbers to ask for, in the order of the stream. */
  readonly requests: readonly number[];
  /** Sequence numbers that are waited for no longer: their frames cannot be completed. */
  readonly givenUp: readonly number[];
}

/** Counts of a {@link NackGenerator}. */
export interface NackStatistics {
  readonly packetsRequested: number;
  readonly packetsRecovered: number;
  readonly packetsGivenUp: number;
  readonly packetsDuplicate: number;
}

interface Missing {
  readonly since: Micros;
  /** When it is of use no more, against the budget, in µs. */
  readonly earlier: number;
  askedAt: Micros | undefined;
  tries: number;
}

/** Assumed before the first measurement. */
const UNKNOWN_ROUND_TRIP = 100_000;
/** An answer may take a little longer than the average round trip. */
const ROUND_TRIP_MARGIN = 10_000;
const MIN_INTERVAL = 20_000;
/** The owner looks at least so often. */
const POLL_INTERVAL = 10_000;
const MAX_INTERVAL = 1_000_000;
const DEFAULT_REORDER_WAIT = 10_000 as Micros;
const DEFAULT_TRIES = 10;
/** Missing packets at a time; of a longer gap the older part is given up. */
const MAX_MISSING = 1000;
/** How far back of the newest packet one is still known as new or duplicate. */
const WINDOW = 4096;
const NOTHING: NackDecision = { requests: [], givenUp: [] };

/**
 * Finds the gaps in one received stream and says which packets to ask for when (RFC 4585 §6.2.1): first after a short
 * wait for packets out of order, then once each round trip, as long as an answer can come in time. Feed it packets
 * that {@link ReceptionStatistics} finds valid.
 */
export class NackGenerator {
  readonly #reorderWait: Micros;
  readonly #spacing: Micros;
  readonly #maxTries: number;
  readonly #unwrapper = new Unwrapper(16);
  /** By unwrapped sequence number, in the order of the stream. */
  readonly #missing = new Map<number, Missing>();
  /** Whether the packet of a sequence number modulo the window is here. */
  readonly #here = new Uint8Array(WINDOW);
  /** Unwrapped; at most as many as the window. */
  #givenUp: number[] = [];
  #budget: Micros;
  #roundTrip = UNKNOWN_ROUND_TRIP;
  #highest: number | undefined;
  #packetsRequested = 0;
  #packetsRecovered = 0;
  #packetsGivenUp = 0;
  #packetsDuplicate = 0;

  constructor(options: NackOptions) {
    this.#budget = options.budget;
    this.#reorderWait = options.reorderWait ?? DEFAULT_REORDER_WAIT;
    this.#spacing = options.spacing ?? micros(0);
    this.#maxTries = options.maxTries ?? DEFAULT_TRIES;
  }

  /** Changes the budget, as when the playout delay of audio has changed. */
  set budget(budget: Micros) {
    this.#budget = budget;
  }

  /** Takes over a newly measured round-trip time. */
  set roundTripTime(roundTrip: Micros) {
    this.#roundTrip = roundTrip;
  }

  get statistics(): NackStatistics {
    return {
      packetsRequested: this.#packetsRequested,
      packetsRecovered: this.#packetsRecovered,
      packetsGivenUp: this.#packetsGivenUp,
      packetsDuplicate: this.#packetsDuplicate,
    };
  }

  /** Takes a packet in order of arrival. Only `new` and `recovered` ones are for the application. */
  received(sequence: number, arrival: Micros): ArrivalVerdict {
    const position = this.#unwrapper.unwrap(sequence);
    const highest = this.#highest;
    if (highest === undefined) {
      this.#highest = position;
      this.#mark(position, 1);
      return 'new';
    }
    if (position > highest) {
      this.#advance(highest, position, arrival);
      return 'new';
    }
    if (highest - position >= WINDOW) return 'stale';
    if (this.#here[slotOf(position)] === 1) {
      this.#packetsDuplicate++;
      return 'duplicate';
    }
    this.#mark(position, 1);
    const missing = this.#missing.get(position);
    this.#missing.delete(position);
    if (missing?.askedAt === undefined) return 'new';
    this.#packetsRecovered++;
    return 'recovered';
  }

  /** A packet came by other means, as in a copy: it is not asked for. */
  restored(sequence: number): void {
    this.#missing.delete(this.#unwrapper.peek(sequence));
  }

  /** Begins anew, as when the other side has restarted its stream. */
  restart(): void {
    this.#unwrapper.reset();
    this.#missing.clear();
    this.#here.fill(0);
    this.#givenUp = [];
    this.#highest = undefined;
  }

  /** Nothing older is needed, as when a key frame begins with `sequence`: what is missing before it is forgotten. */
  skipTo(sequence: number): void {
    const position = this.#unwrapper.peek(sequence);
    for (const missing of this.#missing.keys()) {
      if (missing < position) this.#missing.delete(missing);
    }
    this.#givenUp = this.#givenUp.filter((given) => given >= position);
  }

  /** When {@link poll} has something to say next; undefined while nothing is missing. */
  get next(): Micros | undefined {
    if (this.#givenUp.length > 0) return 0 as Micros;
    let next = Number.POSITIVE_INFINITY;
    for (const missing of this.#missing.values()) {
      next = Math.min(next, this.#askAt(missing), this.#giveUpAt(missing));
    }
    return next === Number.POSITIVE_INFINITY ? undefined : micros(next);
  }

  /** What to ask for at `now`, which counts as asked, and what is given up. */
  poll(now: Micros): NackDecision {
    if (this.#missing.size === 0 && this.#givenUp.length === 0) return NOTHING;
    const requests: number[] = [];
    for (const [position, missing] of this.#missing) {
      const due = now >= this.#askAt(missing);
      // a request that is due but comes too late, as after a stall of ours, would be for nothing
      const late = due && now + this.#roundTrip > this.#deadline(missing);
      if (late || now >= this.#giveUpAt(missing)) {
        this.#giveUp(position);
      } else if (due) {
        missing.askedAt = now;
        missing.tries++;
        requests.push(position & 0xffff);
      }
    }
    this.#packetsRequested += requests.length;
    const givenUp = this.#givenUp.map((position) => position & 0xffff);
    this.#givenUp = [];
    return { requests, givenUp };
  }

  #advance(highest: number, position: number, arrival: Micros): void {
    // What fell out of the window can neither come any more nor be told apart.
    const reach = Math.max(highest + 1, position - WINDOW + 1);
    this.#packetsGivenUp += reach - highest - 1;
    for (let lost = reach; lost < position; lost++) {
      this.#mark(lost, 0);
      if (position - lost > MAX_MISSING) this.#giveUp(lost);
      else {
        const earlier = (position - lost) * this.#spacing;
        this.#missing.set(lost, { since: arrival, earlier, askedAt: undefined, tries: 0 });
      }
    }
    for (const oldest of this.#missing.keys()) {
      if (this.#missing.size <= MAX_MISSING && position - oldest < WINDOW) break;
      this.#giveUp(oldest);
    }
    this.#highest = position;
    this.#mark(position, 1);
  }

  #giveUp(position: number): void {
    this.#missing.delete(position);
    if (this.#givenUp.length < WINDOW) this.#givenUp.push(position);
    this.#packetsGivenUp++;
  }

  #deadline({ since, earlier }: Missing): number {
    return since + this.#budget - earlier;
  }

  /**
   * When to ask for it: first after the wait for reordering, or at once where a poll after it may come too late, then
   * each round trip. Infinity once an answer would come too late, or enough requests were lost.
   */
  #askAt(missing: Missing): number {
    const { since, askedAt, tries } = missing;
    const latest = this.#deadline(missing) - this.#roundTrip;
    const hurry = since + this.#reorderWait + POLL_INTERVAL > latest;
    const first = hurry ? since : since + this.#reorderWait;
    const at = askedAt === undefined ? first : askedAt + this.#interval;
    return at > latest || tries >= this.#maxTries ? Number.POSITIVE_INFINITY : at;
  }

  /** When it is given up: at its deadline, or once the last request that could help was not answered. */
  #giveUpAt(missing: Missing): number {
    const deadline = this.#deadline(missing);
    if (missing.askedAt === undefined || this.#askAt(missing) !== Number.POSITIVE_INFINITY) {
      return deadline;
    }
    return Math.min(deadline, missing.askedAt + this.#interval);
  }

  /** Between two requests for the same packet. */
  get #interval(): number {
    return Math.min(Math.max(this.#roundTrip + ROUND_TRIP_MARGIN, MIN_INTERVAL), MAX_INTERVAL);
  }

  #mark(position: number, here: 0 | 1): void {
    this.#here[slotOf(position)] = here;
  }
}

const slotOf = (position: number): number => ((position % WINDOW) + WINDOW) % WINDOW;
