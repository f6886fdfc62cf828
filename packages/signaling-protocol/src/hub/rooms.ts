import type { Connection } from './connection.js';

/** Why a connection could not join. */
export type JoinRefusal = 'peer-id-taken' | 'too-many-peers' | 'too-many-rooms';

/** The connections of every room by peer id; a room exists while it has one. */
export class Rooms {
  readonly #rooms = new Map<string, Map<string, Connection>>();
  readonly #maxRooms: number;
  readonly #maxPeersPerRoom: number;

  constructor(maxRooms: number, maxPeersPerRoom: number) {
    this.#maxRooms = maxRooms;
    this.#maxPeersPerRoom = maxPeersPerRoom;
  }

  get size(): number {
    return this.#rooms.size;
  }

  find(room: string, peerId: string): Connection | undefined {
    return this.#rooms.get(room)?.get(peerId);
  }

  /** Members of `room` in the order they joined. */
  members(room: string): Iterable<Connection> {
    return this.#rooms.get(room)?.values() ?? [];
  }

  /** Seats `connection` under `peerId`, or says why not and changes nothing. */
  join(room: string, peerId: string, connection: Connection): JoinRefusal | undefined {
    const members = this.#rooms.get(room);
    if (members === undefined) {
      if (this.#rooms.size >= this.#maxRooms) return 'too-many-rooms';
      this.#rooms.set(room, new Map([[peerId, connection]]));
      return undefined;
    }
    if (members.has(peerId)) return 'peer-id-taken';
    if (members.size >= this.#maxPeersPerRoom) return 'too-many-peers';
    members.set(peerId, connection);
    return undefined;
  }

  leave(room: string, peerId: string): void {
    const members = this.#rooms.get(room);
    members?.delete(peerId);
    if (members?.size === 0) this.#rooms.delete(room);
  }
}
