/** JSON as it travels on the control channel. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What one ping has measured. */
export interface PingResult {
  readonly roundTripMs: number;
  /** The other side's wall clock less this page's. */
  readonly offsetMs: number;
}

/** What a {@link ControlChannel} tells. */
export interface ControlChannelEvents {
  opened(): void;
  closed(): void;
  /** A message of the application. */
  message(payload: JsonValue): void;
}

/** Milliseconds since 1970 by the page's clock, with fraction. */
export const wallClock = (): number => performance.timeOrigin + performance.now();

/** The data channel `control` in its JSON form `{"type":"Json","payload":…}`; pings are answered. */
export class ControlChannel {
  readonly #events: ControlChannelEvents;
  #channel: RTCDataChannel | undefined;
  /** What waits for the pong to the ping with that timestamp. */
  readonly #pings = new Map<number, (result: PingResult) => void>();

  constructor(events: ControlChannelEvents) {
    this.#events = events;
  }

  /** Opens the channel, as the one who offers first does. */
  open(pc: RTCPeerConnection): void {
    if (this.#channel === undefined) this.use(pc.createDataChannel('control'));
  }

  /** Takes the channel that the other side has opened. */
  use(channel: RTCDataChannel): void {
    this.#channel = channel;
    channel.addEventListener('open', () => this.#events.opened());
    channel.addEventListener('message', ({ data }) => this.#received(data));
    channel.addEventListener('close', () => this.#events.closed());
  }

  /** Sends a message of the application; throws `InvalidStateError` while the channel is not open. */
  send(payload: JsonValue): void {
    const channel = this.#channel;
    if (channel === undefined)
      throw new DOMException('there is no control channel yet', 'InvalidStateError');
    channel.send(JSON.stringify({ type: 'Json', payload }));
  }

  /** Asks for the other side's clock; resolves with what the answer tells. */
  ping(): Promise<PingResult> {
    return new Promise((resolve) => {
      const sent = wallClock();
      this.#pings.set(sent, resolve);
      this.send({ action: 'Ping', timestamp_ms: sent });
    });
  }

  #received(data: unknown): void {
    const now = wallClock();
    const { type, payload } = JSON.parse(data as string) as { type: unknown; payload: JsonValue };
    if (type !== 'Json') return;
    const { action, timestamp_ms, ping_timestamp_ms, pong_timestamp_ms } = fieldsOf(payload);
    if (action === 'Ping') {
      this.send({
        action: 'Pong',
        ping_timestamp_ms: timestamp_ms ?? null,
        pong_timestamp_ms: now,
      });
    } else if (action === 'Pong') {
      const sent = ping_timestamp_ms as number;
      const roundTripMs = now - sent;
      const offsetMs = (pong_timestamp_ms as number) - (now + sent) / 2;
      this.#pings.get(sent)?.({ roundTripMs, offsetMs });
      this.#pings.delete(sent);
    } else this.#events.message(payload);
  }
}

const fieldsOf = (payload: JsonValue): Readonly<Record<string, JsonValue>> =>
  typeof payload === 'object' && payload !== null && !Array.isArray(payload)
    ? (payload as Readonly<Record<string, JsonValue>>)
    : {};
