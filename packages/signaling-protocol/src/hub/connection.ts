import type { RpcPeer } from '../json-rpc/index.js';
import type { IceServer, WirePeerInfo } from '../messages/index.js';
import type { OutputQueue } from '../output-queue.js';
import type { Micros } from '../time.js';
import type { HubOutput, SocketId } from './io.js';
import type { Grant } from './grant.js';
import type { Outbox } from '../outbox.js';
import type { Party } from './outlet.js';
import type { TokenBucket } from './rate.js';

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

/** One socket that the hub knows: what it may do and, once announced, which member it is. */
export class Connection implements Party {
  readonly socket: SocketId;
  readonly grant: Grant;
  readonly allowance: Allowance;
  member: Member | undefined;
  iceServers: GivenIceServers | undefined;
  readonly #rpc: RpcPeer;
  readonly #outputs: OutputQueue<HubOutput>;

  constructor(
    socket: SocketId,
    grant: Grant,
    allowance: Allowance,
    rpc: RpcPeer,
    outputs: OutputQueue<HubOutput>,
  ) {
    this.socket = socket;
    this.grant = grant;
    this.allowance = allowance;
    this.#rpc = rpc;
    this.#outputs = outputs;
  }

  /** A peer that resumes brings its requests under way with it. */
  get rpc(): RpcPeer {
    return this.member?.rpc ?? this.#rpc;
  }

  send(text: string): void {
    if (this.member === undefined) this.sendUnnumbered(text);
    else this.member.send(text);
  }

  sendUnnumbered(text: string): void {
    this.#outputs.push({ kind: 'send', socket: this.socket, text });
  }
}

/** What lets a member come back after it lost its connection. */
export interface Resumption {
  readonly token: string;
  readonly outbox: Outbox;
}

/** A peer in its room; it may outlive its connection if it can resume. */
export class Member implements Party {
  readonly room: string;
  readonly peer: WirePeerInfo;
  readonly rpc: RpcPeer;
  readonly resumption: Resumption | undefined;
  /** Absent while the peer is away. */
  connection: Connection | undefined;

  constructor(
    room: string,
    peer: WirePeerInfo,
    connection: Connection,
    resumption: Resumption | undefined,
  ) {
    this.room = room;
    this.peer = peer;
    this.rpc = connection.rpc;
    this.connection = connection;
    this.resumption = resumption;
  }

  send(text: string): void {
    const numbered = this.resumption?.outbox.keep(text) ?? text;
    this.connection?.sendUnnumbered(numbered);
  }
}
