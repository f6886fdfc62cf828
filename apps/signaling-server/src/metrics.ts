import { ErrorCode, METHODS } from '@rm/signaling-protocol';
import type { HubSnapshot } from '@rm/signaling-protocol/hub';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { DialectDrops } from './dialect-drops.js';
import type { RoomLogsSnapshot } from './cluster/room-logs.js';

/** What is measured at the moment it is asked for. */
export interface MeasuredNow {
  readonly hub: HubSnapshot;
  /** WebSockets that are open. */
  readonly connections: number;
  /** Absent where rooms are not shared. */
  readonly roomLogs?: RoomLogsSnapshot | undefined;
}

/** One line of a counter: the values of its labels, and how far it has come. */
type Sample<Label extends string> = readonly [
  labels: Readonly<Partial<Record<Label, string | number>>>,
  count: number,
];

/** Label values that others than this server could make up, by which there would be no end of them. */
const METHOD_NAMES: ReadonlySet<string> = new Set(Object.keys(METHODS));
const OUTCOMES: ReadonlySet<string> = new Set(['ok', ...Object.values(ErrorCode).map(String)]);

let ofProcess: Registry | undefined;

/** CPU, memory, event loop lag and the like: of the process, so they are observed once for all servers. */
function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

/**
 * The figures of one server for Prometheus; docs/metrics.md lists them. What happens per message is
 * counted in plain fields, and put into words when somebody asks.
 */
export class Metrics {
  readonly dialectDrops: DialectDrops = new DialectDrops();
  readonly #registry = new Registry();
  readonly #expelled = new Map<number, number>();
  readonly #refused = new Map<number, number>();
  #messagesReceived = 0;
  #messagesSent = 0;
  #bytesReceived = 0;
  #bytesSent = 0;
  #throttled = 0;

  /** `measure` is called whenever the figures are collected. */
  constructor(measure: () => MeasuredNow) {
    // Lag is that of the time since the server began, not since somebody first asked.
    processRegistry();
    this.#gauge('connections', 'WebSockets that are open', () => measure().connections);
    this.#gauge('peers', 'Peers that are announced', () => measure().hub.peers);
    this.#gauge(
      'away',
      'Peers without a connection that keep their places',
      () => measure().hub.away,
    );
    this.#gauge('rooms', 'Rooms with at least one peer', () => measure().hub.rooms);
    this.#gauge(
      'pending_offers',
      'Offers that wait for their answers',
      () => measure().hub.pendingOffers,
    );
    this.#counter('calls', 'Calls by method and outcome', ['method', 'outcome'], () =>
      boundedCalls(measure().hub.calls),
    );
    this.#counter('dropped', 'Received messages without effect', ['reason'], () =>
      [...Object.entries(measure().hub.dropped), ...this.dialectDrops.counts].map(
        ([reason, count]) => [{ reason }, count],
      ),
    );
    this.#counter('messages', 'WebSocket messages', ['direction'], () => [
      [{ direction: 'received' }, this.#messagesReceived],
      [{ direction: 'sent' }, this.#messagesSent],
    ]);
    this.#counter('bytes', 'Bytes in WebSocket messages', ['direction'], () => [
      [{ direction: 'received' }, this.#bytesReceived],
      [{ direction: 'sent' }, this.#bytesSent],
    ]);
    this.#counter('expelled', 'WebSockets that the server closed', ['code'], () =>
      Array.from(this.#expelled, ([code, count]) => [{ code }, count]),
    );
    this.#counter('refused', 'Requests for a WebSocket that were refused', ['status'], () =>
      Array.from(this.#refused, ([status, count]) => [{ status }, count]),
    );
    this.#gauge(
      'redis_waiting',
      'Entries of rooms that wait for Redis',
      () => measure().roomLogs?.waiting ?? 0,
    );
    this.#counter('redis_overflowed', 'Entries dropped as too many waited for Redis', [], () => [
      [{}, measure().roomLogs?.overflowed ?? 0],
    ]);
    this.#counter('redis_lost', 'Connections to Redis that were lost', [], () => [
      [{}, measure().roomLogs?.lostLinks ?? 0],
    ]);
    this.#counter('throttled', 'Times an address was ahead of its rate', [], () => [
      [{}, this.#throttled],
    ]);
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
    this.#messagesReceived++;
    this.#bytesReceived += bytes;
  }

  sent(bytes: number): void {
    this.#messagesSent++;
    this.#bytesSent += bytes;
  }

  /** Counts a WebSocket that the server closed with `code`, 1006 if it cut it off. */
  expelled(code: number): void {
    countUp(this.#expelled, code);
  }

  /** Counts a client that was refused with an HTTP `status`. */
  refused(status: number): void {
    countUp(this.#refused, status);
  }

  throttled(): void {
    this.#throttled++;
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name: `rm_signaling_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }

  #counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    samples: () => readonly Sample<Label>[],
  ): void {
    new Counter<Label>({
      name: `rm_signaling_${name}_total`,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [labels, count] of samples()) this.inc({ ...labels }, count);
      },
    });
  }
}

const countUp = (counts: Map<number, number>, key: number): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);

/** One sample for every method and outcome that the protocol names; all others count as `other`. */
function boundedCalls(calls: HubSnapshot['calls']): Sample<'method' | 'outcome'>[] {
  return Object.entries(calls).flatMap(([name, outcomes]) => {
    const method = METHOD_NAMES.has(name) ? name : 'other';
    return Object.entries(outcomes).map(([code, count]): Sample<'method' | 'outcome'> => {
      const outcome = OUTCOMES.has(code) ? code : 'other';
      return [{ method, outcome }, count];
    });
  });
}
