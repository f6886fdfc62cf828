import type { Duplex } from 'node:stream';
import { milliseconds, NEVER } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import type { DialectOutput } from '@rm/signaling-protocol/dialects';
import type {
  Grant,
  Hub,
  HubInput,
  HubNews,
  HubOutput,
  RoomLogOutput,
  SocketId,
} from '@rm/signaling-protocol/hub';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { AddressLimits } from './address-limits.js';
import { Client } from './client.js';
import { now } from './clock.js';
import { DeadlineTimer } from './deadline-timer.js';
import type { Metrics } from './metrics.js';
import { BEATS_PER_PING } from './pulse.js';
import { socketDialect } from './socket-dialect.js';
import type { DialectLimits } from './socket-dialect.js';

/** Close code of a socket that did not announce itself in time, after HTTP's 408. */
const ANNOUNCE_TIMEOUT = 4408;

/** Close code of a connection that ended without a closing handshake (RFC 6455 §7.4.1). */
const CUT_OFF = 1006;

/** Close code of a client whose dialect says that it leaves of its own will. */
const GOODBYE = 1000;

/** Close codes by which the other end says that it leaves of its own will (RFC 6455 §7.4.1). */
const GOODBYES: ReadonlySet<number> = new Set([GOODBYE, 1001, 1005]);

/** What {@link Sockets} needs. */
export interface SocketsOptions extends DialectLimits {
  readonly hub: Hub;
  readonly logger: Logger;
  readonly addresses: AddressLimits;
  readonly metrics: Metrics;
  /** Bytes that may wait to be read by one client. */
  readonly maxOutboundBytes: number;
  readonly pingIntervalMs: number;
  /**
   * Time a client has to announce itself, looked at ten times per ping; default for ever. A token
   * that allows to look on, but not to join, has no such end.
   */
  readonly announceTimeoutMs?: number | undefined;
  /** Is told who joined and left. */
  readonly onNews?: ((news: HubNews) => void) | undefined;
  /** Does what a hub that shares its rooms with other instances wants done with their logs. */
  readonly onRoomLog?: ((output: RoomLogOutput) => void) | undefined;
}

/** How a WebSocket came in. */
export interface Arrival {
  /** IP address of the other end. */
  readonly address: string;
  /** What its token allows; undefined if none was asked for. */
  readonly grant: Grant | undefined;
  /** The stream that the HTTP upgrade handed over. */
  readonly stream: Duplex;
}

/**
 * Joins WebSockets to a hub: brings in texts, ends and time, and sends out what the hub says. What
 * goes to one socket in one turn of the event loop leaves with one write at its end.
 */
export class Sockets {
  readonly #options: SocketsOptions;
  readonly #hub: Hub;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  /** Those the hub knows; one that is being closed is no longer here. */
  readonly #clients = new Map<SocketId, Client>();
  readonly #heartbeat: NodeJS.Timeout;
  #lastId = 0;
  #pumping = false;
  #released = false;
  /** Those for whom texts wait until the end of the turn. */
  #unflushed: Client[] = [];
  #turn: NodeJS.Immediate | undefined;
  readonly #deadline = new DeadlineTimer((at) => this.feed({ kind: 'time', now: at }));

  constructor(options: SocketsOptions) {
    this.#options = options;
    this.#hub = options.hub;
    this.#logger = options.logger;
    this.#metrics = options.metrics;
    this.#heartbeat = setInterval(() => this.#beat(), options.pingIntervalMs / BEATS_PER_PING);
  }

  /** Takes over an open WebSocket. */
  add(socket: WebSocket, { address, grant, stream }: Arrival): void {
    const id = ++this.#lastId;
    const openedAt = now();
    const announceBy = this.#announceBy(openedAt, grant);
    const { maxOutboundBytes } = this.#options;
    const dialect = socketDialect(socket.protocol, grant, this.#options);
    const common = { id, address, socket, stream, dialect };
    const client = new Client({ ...common, maxOutboundBytes, announceBy });
    if (dialect !== undefined) this.#metrics.dialectDrops.opened(dialect);
    this.#clients.set(id, client);
    this.#logger.debug({ socket: id, address, protocol: socket.protocol }, 'socket opened');
    this.feed({ kind: 'opened', now: openedAt, socket: id, grant });
    // Of the forms of RawData, ws delivers this one unless its binaryType is changed.
    socket.on('message', (data, isBinary) => this.#receive(client, data as Buffer, isBinary));
    socket.on('pong', () => client.pulse.heard());
    // Protocol errors close the socket by themselves, with their code; the close is what counts.
    socket.on('error', (error) => this.#logger.debug({ ...client.subject, error }, 'socket error'));
    socket.on('close', (code) => {
      this.#logger.debug({ ...client.subject, code }, 'socket closed');
      this.#forget(client, GOODBYES.has(code));
      this.#pump();
    });
  }

  /** Brings the hub something that comes from no socket, and does what follows. */
  feed(input: HubInput): void {
    this.#hub.handle(input);
    this.#pump();
  }

  /** Forgets all sockets, which are the caller's to close, and ends all timers. */
  release(): void {
    this.#released = true;
    clearInterval(this.#heartbeat);
    this.#deadline.clear();
    clearImmediate(this.#turn);
    this.#flush();
    for (const client of this.#clients.values()) client.resume();
    this.#clients.clear();
  }

  /** Sockets that are open and not being closed. */
  get size(): number {
    return this.#clients.size;
  }

  #receive(client: Client, data: Buffer, isBinary: boolean): void {
    if (!this.#clients.has(client.id)) return;
    const at = now();
    client.pulse.heard();
    this.#metrics.received(data.length);
    this.#throttle(client, at);
    if (isBinary) this.#expel(client, 1003, 'send text, one JSON-RPC message each');
    else {
      const text = data.toString();
      if (client.dialect === undefined) this.#toHub(client, at, text);
      else this.#obey(client, at, client.dialect.fromClient(at, text));
    }
    this.#pump();
  }

  #toHub({ id }: Client, at: Micros, text: string): void {
    this.#hub.handle({ kind: 'text', now: at, socket: id, text });
  }

  /** Does what the dialect of `client` wants. */
  #obey(client: Client, at: Micros, outputs: readonly DialectOutput[]): void {
    for (const output of outputs) {
      // Closed: what else it was to say or hear is void.
      if (!this.#clients.has(client.id)) return;
      if (output.to === 'hub') this.#toHub(client, at, output.text);
      else if (output.to === 'client') this.#toClient(client, output.text);
      else if (output.code === GOODBYE) {
        this.#forget(client, true);
        client.close(output.code, output.reason);
      } else this.#expel(client, output.code, output.reason);
    }
  }

  /** Stops reading from a client whose address is ahead of its rate, until it no longer is. */
  #throttle(client: Client, at: Micros): void {
    const waitMs = this.#options.addresses.spend(client.address, at);
    if (waitMs === 0) return;
    this.#metrics.throttled();
    client.pause(waitMs);
  }

  #announceBy(openedAt: Micros, grant: Grant | undefined): Micros {
    const { announceTimeoutMs } = this.#options;
    const looksOnOnly = grant !== undefined && grant.admin && !grant.mayJoin;
    if (announceTimeoutMs === undefined || looksOnOnly) return NEVER;
    return (openedAt + milliseconds(announceTimeoutMs)) as Micros;
  }

  #beat(): void {
    const at = now();
    this.#options.addresses.sweep(at);
    const dead: Client[] = [];
    for (const client of this.#clients.values()) {
      // What is not read can be neither an answer to a ping nor an announcement.
      if (client.isPaused) continue;
      if (at >= client.announceBy) {
        this.#expel(client, ANNOUNCE_TIMEOUT, 'connect again, and send peer.announce at once');
        continue;
      }
      switch (client.pulse.beat()) {
        case 'ping':
          client.ping();
          break;
        case 'dead':
          this.#logger.info(client.subject, 'socket is dead: it answers no ping');
          this.#metrics.expelled(CUT_OFF);
          this.#forget(client, false);
          dead.push(client);
          break;
        case 'rest':
      }
    }
    this.#pump();
    // Those who wait for the dead are told first.
    this.#flush();
    for (const client of dead) client.terminate();
  }

  /** Does what the hub wants, one at a time though doing it may give the hub something new. */
  #pump(): void {
    if (this.#pumping || this.#released) return;
    this.#pumping = true;
    for (let out = this.#hub.poll(); out !== undefined; out = this.#hub.poll()) this.#perform(out);
    this.#pumping = false;
    this.#turn ??= setImmediate(() => this.#endTurn());
  }

  /** By now everything that had come in was read. */
  #endTurn(): void {
    this.#turn = undefined;
    this.#flush();
    this.#deadline.set(this.#hub.nextDeadline);
  }

  #flush(): void {
    const clients = this.#unflushed;
    this.#unflushed = [];
    for (const client of clients) client.flush();
  }

  #perform(output: HubOutput): void {
    switch (output.kind) {
      case 'send':
        this.#send(output.socket, output.text);
        return;
      case 'close': {
        const client = this.#clients.get(output.socket);
        if (client !== undefined) this.#expel(client, output.code, output.reason);
        return;
      }
      case 'joined':
      case 'left':
        this.#report(output);
        return;
      case 'load':
      case 'unload':
      case 'commit':
      case 'snapshot':
        this.#options.onRoomLog?.(output);
    }
  }

  #send(socket: SocketId, text: string): void {
    const client = this.#clients.get(socket);
    if (client === undefined) return;
    if (client.dialect === undefined) this.#toClient(client, text);
    else {
      const at = now();
      this.#obey(client, at, client.dialect.toClient(at, text));
    }
  }

  #toClient(client: Client, text: string): void {
    const bytes = Buffer.byteLength(text);
    if (!client.isWaiting) this.#unflushed.push(client);
    if (client.send(text, bytes)) this.#metrics.sent(bytes);
    else this.#expel(client, 1013, 'read faster; too much waits to be read');
  }

  #report(news: HubNews): void {
    const { kind, socket, room, peerId: peer, ...rest } = news;
    const client = socket === undefined ? undefined : this.#clients.get(socket);
    if (client !== undefined && kind === 'joined') {
      client.announceBy = NEVER;
      client.subject = { socket: client.id, peer, room };
    }
    this.#logger.info({ socket, peer, room, ...rest }, `peer ${kind}`);
    this.#options.onNews?.(news);
  }

  #expel(client: Client, code: number, reason: string): void {
    this.#logger.warn({ ...client.subject, code, reason }, 'socket closed by the server');
    this.#metrics.expelled(code);
    this.#forget(client, false);
    client.close(code, reason);
  }

  #forget(client: Client, clean: boolean): void {
    if (!this.#clients.delete(client.id)) return;
    client.resume();
    if (client.dialect !== undefined) this.#metrics.dialectDrops.closed(client.dialect);
    this.#hub.handle({ kind: 'closed', now: now(), socket: client.id, clean });
  }
}
