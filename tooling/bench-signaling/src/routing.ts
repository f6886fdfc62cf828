import { candidateText } from './messages.js';
import { inTime, leaveAll, Peer } from './peer.js';
import type { Target } from './target.js';

/** Who talks to whom, and how many messages one says before the other has the word. */
export interface Conversation {
  readonly pairs: number;
  readonly burst: number;
}

/** What routing came to. */
export interface Routing {
  /** Microseconds of the target's CPU per message. */
  readonly cpu: number;
  /** Milliseconds from the first message of a turn being sent until its last has arrived. */
  readonly p50: number;
  readonly p99: number;
}

/** The pairs of one target, seated once and measured as often as needed. */
export class Conversations {
  readonly #target: Target;
  readonly #burst: number;
  readonly #peers: readonly Peer[];
  readonly #texts: readonly string[];

  private constructor(target: Target, burst: number, peers: readonly Peer[]) {
    this.#target = target;
    this.#burst = burst;
    this.#peers = peers;
    this.#texts = peers.map(({ id }, i) => candidateText(id, peers[i ^ 1]!.id));
  }

  static async start(target: Target, { pairs, burst }: Conversation): Promise<Conversations> {
    const peers: Peer[] = [];
    for (let i = 0; i < pairs * 2; i++) {
      peers.push(await Peer.join(target.url, `talk-${pairs}-${burst}-${i >> 1}`, `peer-${i}`));
    }
    return new Conversations(target, burst, peers);
  }

  /** What it takes to route `messages`. */
  async route(messages: number): Promise<Routing> {
    const before = await this.#target.usage();
    const { arrived, latencies } = await this.#exchange(messages);
    const after = await this.#target.usage();
    latencies.sort((a, b) => a - b);
    const quantile = (q: number): number => latencies[Math.floor(latencies.length * q)]!;
    return { cpu: (after.cpu - before.cpu) / arrived, p50: quantile(0.5), p99: quantile(0.99) };
  }

  async end(): Promise<void> {
    await leaveAll(this.#peers);
  }

  /** Each pair passes the word to and fro until `messages` have arrived in all. */
  async #exchange(
    messages: number,
  ): Promise<{ readonly arrived: number; readonly latencies: number[] }> {
    const turns = Math.ceil(messages / this.#burst);
    const latencies: number[] = [];
    /** When the partner of each peer began to speak. */
    const began = this.#peers.map(() => 0);
    let turnsLeft = turns;
    let arrived = 0;
    const say = (i: number): void => {
      if (turnsLeft === 0) return;
      turnsLeft--;
      began[i ^ 1] = performance.now();
      for (let n = 0; n < this.#burst; n++) this.#peers[i]!.send(this.#texts[i]!);
    };
    const done = new Promise<void>((resolve) => {
      for (const [i, peer] of this.#peers.entries()) {
        let heard = 0;
        peer.onCandidate = () => {
          arrived++;
          if (++heard % this.#burst !== 0) return;
          latencies.push(performance.now() - began[i]!);
          if (latencies.length === turns) resolve();
          say(i);
        };
      }
    });
    for (let i = 0; i < this.#peers.length; i += 2) say(i);
    if (await inTime(done)) return { arrived, latencies };
    throw new Error(`the ${this.#target.name} lost messages: ${arrived} of ${messages} arrived`);
  }
}
