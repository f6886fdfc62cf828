import type { Duplex } from 'node:stream';
import { NEVER } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import type { Grant, Hub, HubOutput, SocketId } from '@rm/signaling-protocol/hub';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { AddressLimits } from './address-limits.js';
import { now } from './clock.js';
import type { Metrics } from './metrics.js';

/** Pings that may be unanswered when the next is due; a socket frozen longer is dead. */
const MAX_UNANSWERED_PINGS = 2;

/** Close codes by which the other end says that it leaves of its own will (RFC 6455 §7.4.1). */
const GOODBYES: ReadonlySet<number> = new Set([1000, 1001, 1005]);

/** What {@link Sockets} needs. */
export interface SocketsOptions {
  readonly hub: Hub;
  readonly logger: Logger;
  readonly addresses: AddressLimits;
  readonly metrics: Metrics;
  /** Bytes that may wait to be read by one client. */
  readonly maxOutboundBytes: number;
  readonly pingIntervalMs: number;
}

/** How a WebSocket came in. */
export interface Arrival {
  /** IP address of the other end. */
  readonly address: string;
  /** What its token allows; undefined if none was asked for. */
  readonly grant: Grant | undefined;
  /** The stream that the HTTP upgrade handed over. */
  readonly stream?: Duplex | undefined;
}

interface Client {
  readonly id: SocketId;
  readonly socket: WebSocket;
  readonly address: string;
  /** Ends the time in which nothing is read from a client that sends too much. */
  pause: NodeJS.Timeout | undefined;
  unansweredPings: number;
}

/** Joins WebSockets to a hub: brings in texts, ends and time, and sends out what the hub says. */
export class Sockets {
  readonly #hub: Hub;
  readonly #logger: Logger;
  readonly #addresses: AddressLimits;
  readonly #metrics: Metrics;
  readonly #maxOutboundBytes: number;
  /** Those the hub knows; one that is being closed is no longer here. */
  readonly #clients = new Map<SocketId, Client>();
  readonly #heartbeat: NodeJS.Timeout;
  #lastId = 0;
  #pumping = false;
  #timer: NodeJS.Timeout | undefined;
  #timerDeadline = NEVER;

  constructor(options: SocketsOptions) {
    this.#hub = options.hub;
    this.#logger = options.logger;
    this.#addresses = options.addresses;
    this.#metrics = options.metrics;
    this.#maxOutboundBytes = options.maxOutboundBytes;
    this.#heartbeat = setInterval(() => this.#beat(), options.pingIntervalMs);
  }

  /** Takes over an open WebSocket. */
  add(socket: WebSocket, arrival: Arrival | string): void {
    const { address, grant }: Arrival =
      typeof arrival === 'string' ? { address: arrival, grant: undefined } : arrival;
    const client: Client = {
      id: ++this.#lastId,
      socket,
      address,
      pause: undefined,
      unansweredPings: 0,
    };
    const { id } = client;
    this.#clients.set(id, client);
    this.#logger.debug({ socket: id, address, protocol: socket.protocol }, 'socket opened');
    this.#hub.handle({ kind: 'opened', now: now(), socket: id, grant });
    socket.on('message', (data, isBinary) => {
      if (!this.#clients.has(id)) return;
      client.unansweredPings = 0;
      this.#metrics.received((data as Buffer).length);
      this.#throttle(client);
      if (isBinary) this.#expel(client, 1003, 'send text, one JSON-RPC message each');
      else {
        // Of the forms of RawData, ws delivers this one unless its binaryType is changed.
        this.#hub.handle({
          kind: 'text',
          now: now(),
          socket: id,
          text: (data as Buffer).toString(),
        });
      }
      this.#pump();
    });
    socket.on('pong', () => {
      client.unansweredPings = 0;
    });
    // Protocol errors close the socket by themselves, with their code; the close is what counts.
    socket.on('error', (error) => this.#logger.debug({ socket: id, error }, 'socket error'));
    socket.on('close', (code) => {
      this.#logger.debug({ socket: id, code }, 'socket closed');
      this.#forget(client, GOODBYES.has(code));
      this.#pump();
    });
  }

  /** Forgets all sockets, which are the caller's to close, and ends all timers. */
  release(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer);
    for (const client of this.#clients.values()) resume(client);
    this.#clients.clear();
  }

  /** Sockets that are open and not being closed. */
  get size(): number {
    return this.#clients.size;
  }

  /** Stops reading from a client whose address is ahead of its rate, until it no longer is. */
  #throttle(client: Client): void {
    const waitMs = this.#addresses.spend(client.address, now());
    if (waitMs === 0) return;
    this.#metrics.throttled();
    clearTimeout(client.pause);
    client.socket.pause();
    client.pause = setTimeout(() => resume(client), waitMs);
  }

  #beat(): void {
    this.#addresses.sweep(now());
    for (const client of this.#clients.values()) {
      // What is not read cannot be an answer to a ping.
      if (client.pause !== undefined) continue;
      if (client.unansweredPings >= MAX_UNANSWERED_PINGS) {
        this.#logger.info({ socket: client.id }, 'socket is dead: it answers no ping');
        this.#forget(client, false);
        client.socket.terminate();
      } else {
        client.unansweredPings++;
        client.socket.ping();
      }
    }
    this.#pump();
  }

  /** Does what the hub wants, one at a time though doing it may give the hub something new. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let out = this.#hub.poll(); out !== undefined; out = this.#hub.poll()) this.#perform(out);
    this.#pumping = false;
    this.#setTimer(this.#hub.nextDeadline);
  }

  #perform(output: HubOutput): void {
    if (output.kind !== 'send' && output.kind !== 'close') return;
    const client = this.#clients.get(output.socket);
    if (client === undefined) return;
    if (output.kind === 'close') this.#expel(client, output.code, output.reason);
    else if (this.#isFull(client.socket, output.text)) {
      this.#expel(client, 1013, 'read faster; too much waits to be read');
    } else {
      this.#metrics.sent(Buffer.byteLength(output.text));
      client.socket.send(output.text);
    }
  }

  /** Whatever its size, a message that finds the queue empty is sent. */
  #isFull({ bufferedAmount }: WebSocket, text: string): boolean {
    return bufferedAmount > 0 && bufferedAmount + text.length > this.#maxOutboundBytes;
  }

  #expel(client: Client, code: number, reason: string): void {
    this.#logger.warn({ socket: client.id, code, reason }, 'socket closed by the server');
    this.#metrics.expelled(code);
    this.#forget(client, false);
    client.socket.close(code, reason);
  }

  #forget(client: Client, clean: boolean): void {
    if (!this.#clients.delete(client.id)) return;
    resume(client);
    this.#hub.handle({ kind: 'closed', now: now(), socket: client.id, clean });
  }

  #setTimer(deadline: Micros): void {
    if (deadline === this.#timerDeadline) return;
    this.#timerDeadline = deadline;
    clearTimeout(this.#timer);
    if (deadline === NEVER) return;
    const delayMs = Math.max(0, Math.ceil((deadline - now()) / 1_000));
    this.#timer = setTimeout(() => {
      this.#timerDeadline = NEVER;
      this.#hub.handle({ kind: 'time', now: now() });
      this.#pump();
    }, delayMs);
  }
}

function resume(client: Client): void {
  if (client.pause === undefined) return;
  clearTimeout(client.pause);
  client.pause = undefined;
  client.socket.resume();
}
