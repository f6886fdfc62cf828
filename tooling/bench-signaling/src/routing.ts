import { candidateText } from './messages.js';
import { inTime, leaveAll, Peer } from './peer.js';
import type { Target } from './target.js';

/** Who talks to whom, and how many messages one says before the other has the word. */
export interface Conversation {
  readonly pairs: number;
  readonly burst: number;
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
      peers.push(await Peer.join(target.url, `talk-${burst}-${i >> 1}`, `peer-${i}`));
    }
    return new Conversations(target, burst, peers);
  }

  /** Microseconds of the target's CPU per message, when `messages` were routed. */
  async cost(messages: number): Promise<number> {
    const before = await this.#target.usage();
    const arrived = await this.#exchange(messages);
    const after = await this.#target.usage();
    return (after.cpu - before.cpu) / arrived;
  }

  async end(): Promise<void> {
    await leaveAll(this.#peers);
  }

  /** Each pair passes the word to and fro until `messages` have arrived in all; returns how many. */
  async #exchange(messages: number): Promise<number> {
    const turns = Math.ceil(messages / this.#burst);
    let turnsLeft = turns;
    let arrived = 0;
    const say = (i: number): void => {
      if (turnsLeft === 0) return;
      turnsLeft--;
      for (let n = 0; n < this.#burst; n++) this.#peers[i]!.send(this.#texts[i]!);
    };
    const done = new Promise<void>((resolve) => {
      for (const [i, peer] of this.#peers.entries()) {
        let heard = 0;
        peer.onCandidate = () => {
          if (++arrived === turns * this.#burst) resolve();
          if (++heard % this.#burst === 0) say(i);
        };
      }
    });
    for (let i = 0; i < this.#peers.length; i += 2) say(i);
    if (await inTime(done)) return arrived;
    throw new Error(`the ${this.#target.name} lost messages: ${arrived} of ${messages} arrived`);
  }
}
