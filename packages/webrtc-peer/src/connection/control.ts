import type { ClockOffset, Micros } from '@rm/rtp-sync';
import { micros } from '@rm/rtp-sync';
import type { Clock } from '../clock/clock.js';
import {
  type ControlMessage,
  type JsonValue,
  parseControlMessage,
  serializeControlMessage,
} from '../data/control-message.js';
import { Heartbeat } from './heartbeat.js';

/** What a {@link Control} is made with. */
export interface ControlOptions {
  readonly clock: Clock;
  /** Sends text on the control channel; returns false when it cannot be sent now. */
  readonly send: (text: string) => boolean;
  /** Takes a message of the application. */
  readonly message: (payload: JsonValue) => void;
}

/** The control channel of a connection: messages of the application, and pings that measure round trip and clocks. */
export class Control {
  readonly #options: ControlOptions;
  #heartbeat: Heartbeat | undefined;
  #malformed = 0;
  #dropped = 0;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** Round trip of the latest ping. */
  get roundTrip(): Micros | undefined {
    return this.#heartbeat?.roundTrip;
  }

  /** Messages of the other side that could not be read. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Messages that could not be sent. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The other side's wall clock against ours; undefined before the first pong. */
  offset(nowUnix: Micros): ClockOffset | undefined {
    return this.#heartbeat?.offset(nowUnix);
  }

  /** The channel can carry messages. */
  opened(now: Micros): void {
    this.#heartbeat ??= new Heartbeat(now);
    this.tick(now);
  }

  /** Sends the ping that is due. */
  tick(now: Micros): void {
    const nowUnix = this.#unix(now);
    if (this.#heartbeat?.poll(now, nowUnix) === 'send-ping')
      this.#send({ kind: 'ping', timestampMs: nowUnix / 1000 });
  }

  /** Sends a message of the application. Returns false, counting it as dropped, when it cannot be sent now. */
  sendMessage(payload: JsonValue): boolean {
    return this.#send({ kind: 'json', payload });
  }

  received(data: string | Uint8Array, now: Micros): void {
    const parsed = parseControlMessage(data);
    if (!parsed.ok) {
      this.#malformed++;
      return;
    }
    const nowUnix = this.#unix(now);
    const message = parsed.value;
    switch (message.kind) {
      case 'ping':
        this.#send({
          kind: 'pong',
          pingTimestampMs: message.timestampMs,
          pongTimestampMs: nowUnix / 1000,
        });
        break;
      case 'pong':
        this.#heartbeat?.pong(
          unixMicros(message.pingTimestampMs),
          unixMicros(message.pongTimestampMs),
          nowUnix,
        );
        break;
      case 'json':
        this.#options.message(message.payload);
    }
  }

  #send(message: ControlMessage): boolean {
    const sent = this.#options.send(serializeControlMessage(message));
    if (!sent) this.#dropped++;
    return sent;
  }

  #unix(now: Micros): Micros {
    return micros(this.#options.clock.unixOrigin + now);
  }
}

/** Microseconds of a wall-clock time in milliseconds, rounded as the sender's own were. */
const unixMicros = (milliseconds: number): Micros => Math.round(milliseconds * 1000) as Micros;
