import { notificationText } from '../json-rpc/index.js';
import type { LeaveReason, ResultOf } from '../messages/index.js';
import type { OutputQueue } from '../output-queue.js';
import type { Micros } from '../time.js';
import { Connection } from './connection.js';
import type { Allowance } from './connection.js';
import { Deadlines } from './deadlines.js';
import type { Grant } from './grant.js';
import { iceServersParams } from './ice-servers.js';
import { SocketIdInUseError } from './io.js';
import type { HubDrop, HubOutput, SocketId } from './io.js';
import type { HubOptions } from './options.js';
import type { Home } from './room-entry.js';
import type { Outcome, RoomIo } from './room-io.js';
import type { Tally } from './tally.js';

/** The sockets of this instance, and what rooms have to say to them. */
export class Connections implements RoomIo {
  readonly #instance: string;
  readonly #outputs: OutputQueue<HubOutput>;
  readonly #tally: Tally;
  readonly #iceServersOf: HubOptions['iceServers'];
  readonly #bySocket = new Map<SocketId, Connection>();
  readonly #expiries = new Deadlines<Connection>();
  /** How many here are in a room or about to be. */
  readonly #stakes = new Map<string, number>();
  /** Who waits for what was asked of a room, once for each question. */
  readonly #asking = new Map<string, Home[]>();
  isReplay = false;

  constructor(
    instance: string,
    outputs: OutputQueue<HubOutput>,
    tally: Tally,
    iceServersOf: HubOptions['iceServers'],
  ) {
    this.#instance = instance;
    this.#iceServersOf = iceServersOf;
    this.#outputs = outputs;
    this.#tally = tally;
  }

  get size(): number {
    return this.#bySocket.size;
  }

  /** When the next token expires; `NEVER` if none does. */
  get nextExpiry(): Micros {
    return this.#expiries.next;
  }

  get(socket: SocketId): Connection | undefined {
    return this.#bySocket.get(socket);
  }

  all(): IterableIterator<Connection> {
    return this.#bySocket.values();
  }

  /** Those that are in `room`, have announced themselves to it, or wait for what they asked of it. */
  of(room: string): Connection[] {
    const asking = new Set(this.#asking.get(room)?.map(({ socket }) => socket));
    return [...this.#bySocket.values()].filter(
      (connection) => connection.room === room || asking.has(connection.home.socket),
    );
  }

  /** What was asked of `room` will not be answered. */
  giveUpAsking(room: string): void {
    this.#asking.delete(room);
  }

  /** Throws {@link SocketIdInUseError}. */
  open(socket: SocketId, grant: Grant, allowance: Allowance): void {
    if (this.#bySocket.has(socket)) throw new SocketIdInUseError(socket);
    const home = { instance: this.#instance, socket };
    const connection = new Connection(home, grant, allowance, this.#outputs);
    this.#bySocket.set(socket, connection);
    if (grant.expiresAt !== undefined) this.#expiries.set(connection, grant.expiresAt);
  }

  /** Removes and returns a connection whose token has expired. */
  takeExpired(now: Micros): Connection | undefined {
    return this.#expiries.takeDue(now);
  }

  /** `connection` announces itself to `room`. */
  enter(connection: Connection, room: string): void {
    connection.room = room;
    this.#stake(room, 1);
  }

  /** `connection` asks something of `room`. */
  ask({ home }: Connection, room: string): void {
    const asking = this.#asking.get(room);
    if (asking === undefined) this.#asking.set(room, [home]);
    else asking.push(home);
  }

  /** Forgets a connection and has its socket closed. */
  shut(connection: Connection, code: number, reason: string): void {
    this.#outputs.push({ kind: 'close', socket: connection.home.socket, code, reason });
    this.forget(connection);
  }

  forget(connection: Connection): void {
    this.#bySocket.delete(connection.home.socket);
    this.#expiries.delete(connection);
    this.#vacate(connection);
  }

  /** Tells a peer that has its place the ICE servers it was given. */
  tellIceServers(now: Micros, connection: Connection): void {
    if (connection.iceServers === undefined || !connection.isSeated) return;
    const params = iceServersParams(connection.iceServers, now);
    connection.send(notificationText('server.ice_servers', params));
  }

  isHeld(room: string): boolean {
    return this.#stakes.has(room) || this.#asking.has(room);
  }

  send(home: Home, text: string): void {
    this.#at(home)?.send(text);
  }

  close(home: Home, code: number, reason: string): void {
    const connection = this.#at(home);
    if (connection !== undefined) this.shut(connection, code, reason);
  }

  iceServers(now: Micros, home: Home, peerId: string): ResultOf<'server.ice_servers'> | undefined {
    const connection = this.#at(home);
    const given = connection && this.#iceServersOf?.(peerId);
    if (connection === undefined || given === undefined) return undefined;
    connection.giveIceServers(now, given);
    return iceServersParams(connection.iceServers, now);
  }

  joined(room: string, peerId: string, home: Home, resumed: boolean): void {
    const connection = this.#at(home);
    if (connection === undefined) return;
    connection.isSeated = true;
    this.#outputs.push({ kind: 'joined', socket: home.socket, room, peerId, resumed });
  }

  refused(home: Home): void {
    const connection = this.#at(home);
    if (connection !== undefined) this.#vacate(connection);
  }

  asked(room: string, { instance, socket }: Home): void {
    if (!this.#isOurs(instance)) return;
    const asking = this.#asking.get(room) ?? [];
    const index = asking.findIndex((home) => home.socket === socket);
    if (index >= 0) asking.splice(index, 1);
    if (asking.length === 0) this.#asking.delete(room);
  }

  left(
    room: string,
    peerId: string,
    instance: string,
    home: Home | undefined,
    reason: LeaveReason,
  ): void {
    if (!this.#isOurs(instance)) return;
    this.#outputs.push({ kind: 'left', socket: home?.socket, room, peerId, reason });
  }

  count(instance: string, method: string, outcome: Outcome): void {
    if (this.#isOurs(instance)) this.#tally.count(method, outcome);
  }

  drop(instance: string, reason: HubDrop): void {
    if (this.#isOurs(instance)) this.#tally.drop(reason);
  }

  #at({ instance, socket }: Home): Connection | undefined {
    return this.#isOurs(instance) ? this.#bySocket.get(socket) : undefined;
  }

  #isOurs(instance: string): boolean {
    return instance === this.#instance && !this.isReplay;
  }

  #vacate(connection: Connection): void {
    if (connection.room !== undefined) this.#stake(connection.room, -1);
    connection.room = undefined;
    connection.isSeated = false;
  }

  #stake(room: string, change: 1 | -1): void {
    const stakes = (this.#stakes.get(room) ?? 0) + change;
    if (stakes === 0) this.#stakes.delete(room);
    else this.#stakes.set(room, stakes);
  }
}
