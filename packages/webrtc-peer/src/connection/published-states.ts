import type { Micros } from '@rm/rtp-sync';
import type { PeerConnectionStates } from '../session/peer-connection.js';

/** How long states wait that tell of no end and no beginning: most are gone by then. */
const PAUSE = 500_000;

/** States of a connection that is on its way: it is told of where it lasts. */
const PASSING: readonly PeerConnectionStates['connection'][] = ['new', 'connecting'];

/**
 * Publishes the states of a connection to its other end: at once that it is connected, or not any more, and with it or
 * after half a second what else has changed. A connection passes through ten states within milliseconds; told one by one
 * they would be most of what a signaling server carries while many connect.
 */
export class PublishedStates {
  readonly #publish: (states: PeerConnectionStates) => void;
  #told: PeerConnectionStates | undefined;
  #waiting: PeerConnectionStates | undefined;
  #due: number;

  /** @param now - When the connection was begun. */
  constructor(publish: (states: PeerConnectionStates) => void, now: Micros) {
    this.#publish = publish;
    this.#due = now + PAUSE;
  }

  /** Takes over the states as they are now. */
  update(states: PeerConnectionStates, now: Micros): void {
    const { connection } = states;
    if (PASSING.includes(connection) || connection === this.#told?.connection)
      this.#waiting = states;
    else this.#tell(states, now);
  }

  /** Publishes what has waited long enough; call it every few milliseconds. */
  poll(now: Micros): void {
    if (this.#waiting !== undefined && now >= this.#due) this.#tell(this.#waiting, now);
  }

  #tell(states: PeerConnectionStates, now: Micros): void {
    this.#waiting = undefined;
    this.#due = now + PAUSE;
    if (this.#told !== undefined && sameStates(states, this.#told)) return;
    this.#told = states;
    this.#publish(states);
  }
}

const sameStates = (a: PeerConnectionStates, b: PeerConnectionStates): boolean =>
  a.connection === b.connection &&
  a.iceConnection === b.iceConnection &&
  a.iceGathering === b.iceGathering &&
  a.signaling === b.signaling;
