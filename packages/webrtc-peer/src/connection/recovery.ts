import { type Micros, micros } from '@rm/rtp-sync';

/** What {@link Recovery.poll} asks for. */
export type RecoveryAction =
  /** Ask the signaling server for a sign of life, and tell {@link Recovery.signalingAnswered}. */
  | 'probe-signaling'
  /** Restart ICE. */
  | 'restart-ice'
  /** Say that the peer is not there; the connection is kept. */
  | 'tell-lost'
  /** The connection cannot be saved: make a new one. */
  | 'give-up'
  | 'wait';

/** Silence after which the network is doubted: pings go out every second. */
const DOUBT = 1_500_000;
/** Silence after which ICE is restarted, where the signaling server answers. */
const RESTART = 2_500_000;
/** The side that did not make the connection leaves the restart to the other for so long. */
const COURTESY = 2_500_000;
/** A peer silent for so long is said to be lost. */
const LOST = 4_000_000;
/** A restart must have media flowing within this time; else another one is made. */
const RESTART_TIME = 5_000_000;
/** So many restarts in vain end the connection: the path was there, and something else is wrong. */
const MAX_RESTARTS = 3;
/** Where ICE cannot be restarted, only a new connection finds another path: the old one has so long to come back. */
const PATIENCE = 12_000_000;
/** The signaling server is asked again so often, and an answer holds for so long. */
const PROBE_INTERVAL = 2_000_000;
/** When the signaling server is there again the peer may be too: it is listened for so long first. */
const GRACE = 900_000;
/** Without any sign of life the connection is kept for so long: then consent to send is gone too (RFC 7675 §5.1). */
const HOLD = 30_000_000;

/**
 * Decides how a connection that has fallen silent is saved, as a pure state machine.
 *
 * An ICE restart travels over the signaling, so it is made only when the signaling server has just answered: where
 * all of the network is gone nothing is better than to keep what there was, which carries on by itself when the
 * network comes back. The same is true of a path that is gone for some seconds: restarts leave it in use until they
 * have found another. Only what is heard proves that the connection is there.
 */
export class Recovery {
  readonly #restartAfter: number;
  readonly #restartsIce: boolean;
  #heardAt: Micros;
  #probedAt = Number.NEGATIVE_INFINITY;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #restartedAt = Number.NEGATIVE_INFINITY;
  #restarts = 0;
  #lost = false;

  /**
   * Starts at `now`, the moment the connection came up.
   * @param initiator - Whether this side made the connection.
   * @param restartsIce - Whether ICE can be restarted.
   */
  constructor(initiator: boolean, restartsIce: boolean, now: Micros) {
    this.#restartAfter = (restartsIce ? RESTART : PATIENCE) + (initiator ? 0 : COURTESY);
    this.#restartsIce = restartsIce;
    this.#heardAt = now;
  }

  /** Whether the peer was said to be lost and has not been heard since. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Anything came from the other side. Returns whether it had been said to be lost. */
  heard(now: Micros): boolean {
    this.#heardAt = now;
    this.#restartedAt = Number.NEGATIVE_INFINITY;
    this.#restarts = 0;
    const { lost } = this;
    this.#lost = false;
    return lost;
  }

  /** The signaling server answered, at `now`, what it was asked. */
  signalingAnswered(now: Micros): void {
    this.#answeredAt = now;
  }

  /** What is due at `now`; it is taken as done. */
  poll(now: Micros): RecoveryAction {
    const silence = now - this.#heardAt;
    if (silence < DOUBT) return 'wait';
    if (silence >= LOST && !this.#lost) {
      this.#lost = true;
      return 'tell-lost';
    }
    if (silence >= HOLD) return 'give-up';
    if (now - this.#restartedAt < RESTART_TIME) return 'wait';
    if (this.#restarts === MAX_RESTARTS) return 'give-up';
    const sinceAnswer = now - this.#answeredAt;
    if (sinceAnswer < PROBE_INTERVAL) {
      if (silence < this.#restartAfter || sinceAnswer < GRACE) return 'wait';
      if (!this.#restartsIce) return 'give-up';
      this.#restartedAt = now;
      this.#restarts++;
      return 'restart-ice';
    }
    if (now - this.#probedAt < PROBE_INTERVAL) return 'wait';
    this.#probedAt = now;
    return 'probe-signaling';
  }

  /** How long nothing has been heard. */
  silence(now: Micros): Micros {
    return micros(now - this.#heardAt);
  }
}
