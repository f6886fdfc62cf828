import { type ClockOffset, ClockOffsetEstimator, type Micros, micros } from '@rm/rtp-sync';

/** The first pings come fast, so that the clock offset is known when the first audio is played. */
const QUICK_PINGS = 5;
const QUICK_INTERVAL = 100_000;
const INTERVAL = 1_000_000;

/** What {@link Heartbeat.poll} asks for. */
export type HeartbeatAction = 'send-ping' | 'wait';

/**
 * Pings the other side of a connection, as a pure state machine: measures round trip and clock offset from the
 * pongs.
 */
export class Heartbeat {
  readonly #offset = new ClockOffsetEstimator();
  #sent = 0;
  #nextPing: Micros;
  #lastRoundTrip: Micros | undefined;
  /** Local wall clock of the latest ping; an answer to any other is out of date or made up. */
  #pendingUnix: Micros | undefined;

  /** Starts at `now`, the moment the connection came up. */
  constructor(now: Micros) {
    this.#nextPing = now;
  }

  /** Round trip of the latest ping. */
  get roundTrip(): Micros | undefined {
    return this.#lastRoundTrip;
  }

  /** The other side's wall clock against ours; undefined before the first pong. */
  offset(nowUnix: Micros): ClockOffset | undefined {
    return this.#offset.estimate(nowUnix);
  }

  /** What is due at `now`. After `send-ping` the ping goes out with `nowUnix` as its timestamp. */
  poll(now: Micros, nowUnix: Micros): HeartbeatAction {
    if (now < this.#nextPing) return 'wait';
    this.#sent++;
    this.#nextPing = micros(now + (this.#sent < QUICK_PINGS ? QUICK_INTERVAL : INTERVAL));
    this.#pendingUnix = nowUnix;
    return 'send-ping';
  }

  /**
   * Takes a pong: the timestamp of the ping it answers (our wall clock) and the other side's wall clock.
   * Returns false for one that answers no outstanding ping.
   */
  pong(pingUnix: Micros, remoteUnix: Micros, nowUnix: Micros): boolean {
    if (this.#pendingUnix === undefined || Math.abs(pingUnix - this.#pendingUnix) > 1) return false;
    const sent = this.#pendingUnix;
    this.#pendingUnix = undefined;
    this.#lastRoundTrip = micros(nowUnix - sent);
    return this.#offset.add({
      sent,
      remoteReceived: remoteUnix,
      remoteSent: remoteUnix,
      received: nowUnix,
    });
  }
}
