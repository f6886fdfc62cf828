import type { IceServer } from '../messages/index.js';
import type { OutputQueue } from '../output-queue.js';
import { after, milliseconds } from '../time.js';
import type { Micros } from '../time.js';
import type { Party } from './call.js';
import type { Grant } from './grant.js';
import type { HubOutput } from './io.js';
import type { IceServersForPeer } from './options.js';
import type { TokenBucket } from './rate.js';
import type { Home } from './room-entry.js';

/** How fast a socket may send, and how far beyond that it may try. */
export interface Allowance {
  readonly rate: TokenBucket;
  /** Pays for what `rate` refused; when it too is empty the socket is flooding. */
  readonly excess: TokenBucket;
}

/** ICE servers as they were given for one socket. */
export interface GivenIceServers {
  readonly servers: readonly IceServer[];
  readonly expiresAt: Micros;
}

/** One socket that the hub knows, and what it may do. */
export class Connection implements Party {
  readonly home: Home;
  readonly grant: Grant;
  readonly allowance: Allowance;
  /** The room it has announced itself to, though that may not have heard of it yet. */
  room: string | undefined;
  /** Whether the room has. */
  isSeated = false;
  iceServers: GivenIceServers | undefined;
  readonly #outputs: OutputQueue<HubOutput>;

  constructor(home: Home, grant: Grant, allowance: Allowance, outputs: OutputQueue<HubOutput>) {
    this.home = home;
    this.grant = grant;
    this.allowance = allowance;
    this.#outputs = outputs;
  }

  giveIceServers(now: Micros, { servers, ttlSeconds }: IceServersForPeer): void {
    const expiresAt = after(now, milliseconds(ttlSeconds * 1_000));
    this.iceServers = { servers, expiresAt };
  }

  /** Sends `text` as it is, unnumbered. */
  send(text: string): void {
    this.#outputs.push({ kind: 'send', socket: this.home.socket, text });
  }
}
