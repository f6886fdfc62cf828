import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Grant } from '@rm/signaling-protocol/hub';
import type { AddressLimits } from './address-limits.js';
import type { JwtGate } from './auth/gate.js';
import { now } from './clock.js';
import { isLoopback } from './loopback.js';

/** Why a client is not let in: an HTTP status and one line that says what to do. */
export interface Refusal {
  readonly ok: false;
  readonly status: 401 | 403 | 404 | 429 | 503;
  readonly reason: string;
  /** When it may be tried again. */
  readonly retryAfterSeconds?: number | undefined;
}

/** Whether a client is let in; without a grant it may do all that any client may. */
export type Admission = Refusal | { readonly ok: true; readonly grant: Grant | undefined };

/** What {@link Door} needs. */
export interface DoorOptions {
  readonly gate: JwtGate | undefined;
  readonly addresses: AddressLimits;
  readonly allowedOrigins: readonly string[] | undefined;
  /** Whether other machines are kept out. */
  readonly loopbackOnly: boolean;
  readonly maxConnections: number;
}

/** Decides who may open a WebSocket: by machine, room for it, origin, address and token, in this order. */
export class Door {
  readonly #options: DoorOptions;
  #connections = 0;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** Judges `request`; if its address may have one more connection, `socket` counts until it closes. */
  async admit(request: IncomingMessage, socket: Duplex): Promise<Admission> {
    const { gate, addresses, allowedOrigins, loopbackOnly, maxConnections } = this.#options;
    const { origin } = request.headers;
    const address = addressOf(request);
    if (loopbackOnly && !isLoopback(address)) {
      return refusal(403, 'only this machine may connect; have tokens asked for, or others let in');
    }
    if (this.#connections >= maxConnections) {
      return refusal(503, 'the server is full; try again later');
    }
    // Only browsers send an origin, and only browsers are to be kept from lending their user's place.
    if (origin !== undefined && allowedOrigins !== undefined && !allowedOrigins.includes(origin)) {
      return refusal(403, 'pages of this origin may not connect; have it allowed');
    }
    if (!addresses.enter(address, now())) {
      return refusal(429, 'too many connections from this address; close some');
    }
    this.#connections++;
    socket.once('close', () => {
      this.#connections--;
      addresses.leave(address);
    });
    if (gate === undefined) return { ok: true, grant: undefined };
    const verified = await gate.verify(request);
    if (!verified.ok) return refusal(401, verified.reason);
    const { mayJoin, admin } = verified.grant;
    if (mayJoin || admin) return verified;
    return refusal(403, 'the token gives no right to join; get one that does');
  }
}

/** The IP address of who sent `request`. */
export const addressOf = (request: IncomingMessage): string =>
  request.socket.remoteAddress ?? 'unknown';

/** Answers a request for a WebSocket with an HTTP error and ends its connection. */
export function refuse(socket: Duplex, { status, reason, retryAfterSeconds }: Refusal): void {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: text/plain',
    `content-length: ${reason.length + 1}`,
    ...(status === 401 ? ['www-authenticate: Bearer'] : []),
    ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${retryAfterSeconds}`]),
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${reason}\n`);
}

/** A refusal with a line that says what to do. */
export const refusal = (
  status: Refusal['status'],
  reason: string,
  retryAfterSeconds?: number,
): Refusal => ({ ok: false, status, reason, retryAfterSeconds });
