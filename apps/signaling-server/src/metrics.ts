import type { HubSnapshot } from '@rm/signaling-protocol/hub';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** What is measured at the moment it is asked for. */
export interface MeasuredNow {
  readonly hub: HubSnapshot;
  /** WebSockets that are open. */
  readonly connections: number;
}

let ofProcess: Registry | undefined;

/** CPU, memory, event loop lag and the like: of the process, so they are observed once for all servers. */
function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

/** The figures of one server for Prometheus; docs/metrics.md lists them. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #messages: Counter<'direction'>;
  readonly #bytes: Counter<'direction'>;
  readonly #expelled: Counter<'code'>;
  readonly #refused: Counter<'status'>;
  readonly #throttled: Counter;

  /** `measure` is called whenever the figures are collected. */
  constructor(measure: () => MeasuredNow) {
    // Lag is that of the time since the server began, not since somebody first asked.
    processRegistry();
    const registers = [this.#registry];
    const gauge = (name: string, help: string, value: () => number): Gauge =>
      new Gauge({
        name: `rm_signaling_${name}`,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    gauge('connections', 'WebSockets that are open', () => measure().connections);
    gauge('peers', 'Peers that are announced', () => measure().hub.peers);
    gauge('rooms', 'Rooms with at least one peer', () => measure().hub.rooms);
    gauge(
      'pending_offers',
      'Offers that wait for their answers',
      () => measure().hub.pendingOffers,
    );
    new Counter({
      name: 'rm_signaling_dropped_total',
      help: 'Received messages without effect',
      labelNames: ['reason'],
      registers,
      collect() {
        this.reset();
        for (const [reason, count] of Object.entries(measure().hub.dropped)) {
          this.inc({ reason }, count);
        }
      },
    });
    const counter = <Label extends string>(
      name: string,
      help: string,
      ...labelNames: Label[]
    ): Counter<Label> =>
      new Counter({ name: `rm_signaling_${name}_total`, help, labelNames, registers });
    this.#messages = counter('messages', 'WebSocket messages', 'direction');
    this.#bytes = counter('bytes', 'Bytes in WebSocket messages', 'direction');
    this.#expelled = counter('expelled', 'WebSockets that the server closed', 'code');
    this.#refused = counter('refused', 'Requests for a WebSocket that were refused', 'status');
    this.#throttled = counter('throttled', 'Times an address was ahead of its rate');
  }

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All figures in the text format of Prometheus. */
  text(): Promise<string> {
    return Registry.merge([this.#registry, processRegistry()]).metrics();
  }

  received(bytes: number): void {
    this.#messages.inc({ direction: 'received' });
    this.#bytes.inc({ direction: 'received' }, bytes);
  }

  sent(bytes: number): void {
    this.#messages.inc({ direction: 'sent' });
    this.#bytes.inc({ direction: 'sent' }, bytes);
  }

  /** Counts a WebSocket that the server closed with `code`. */
  expelled(code: number): void {
    this.#expelled.inc({ code });
  }

  /** Counts a client that was refused with an HTTP `status`. */
  refused(status: number): void {
    this.#refused.inc({ status });
  }

  throttled(): void {
    this.#throttled.inc();
  }
}
