import type { RTCIceTransport } from 'werift';
import { iceOf } from './internals.js';

/**
 * Gathering that holds nothing up. werift hands out a description, and an answerer begins its checks, only
 * when gathering is over: up to 5 s with a silent STUN server. Here it goes on as soon as the host candidates
 * are there and the rest is trickled. Relayed candidates are waited for, since werift pairs them only with
 * remote candidates that come later.
 */
export class IceGathering {
  readonly #ice: RTCIceTransport;
  readonly #relay: boolean;
  #running: Promise<void> = Promise.resolve();

  /** `hosts` is how many host candidates there will be. */
  constructor(
    ice: RTCIceTransport,
    options: { readonly hosts: number; readonly stun: boolean; readonly turn: boolean },
  ) {
    this.#ice = ice;
    this.#relay = options.turn;
    const gather = ice.gather.bind(ice);
    ice.gather = () => {
      if (ice.gatheringState !== 'new') return this.#running;
      const hosts = this.#hostCandidates(options.hosts);
      this.#running = gather();
      return options.stun && !options.turn ? Promise.race([this.#running, hosts]) : this.#running;
    };
  }

  /** Ends the queries under way; to be called before the connection is closed. */
  abort(): void {
    // A cancelled transaction never settles, and the STUN query behind it would keep its timer for 5 s.
    for (const { transactions } of iceOf(this.#ice.connection).protocols) {
      for (const transaction of Object.values(transactions ?? {})) transaction.failWithTimeout();
    }
  }

  /** Closes the sockets that were opened while the connection was closed. */
  async close(): Promise<void> {
    const closed = this.#running.then(() => this.#ice.connection.close());
    // An allocation on a silent TURN server cannot be cut short; what it leaves is closed when it gives up.
    if (!this.#relay) await closed;
  }

  #hostCandidates(count: number): Promise<void> {
    return new Promise((resolve) => {
      let bound = 0;
      const { unSubscribe } = this.#ice.connection.onIceCandidate.subscribe(({ type }) => {
        if (type !== 'host' || ++bound < count) return;
        unSubscribe();
        resolve();
      });
    });
  }
}
