import type { Member } from './connection.js';
import type { JoinRefusal } from './errors.js';
import { TokenBucket } from './rate.js';

/** A room and who is in it, in the order they joined. */
export interface Room {
  readonly members: Map<string, Member>;
  readonly rate: TokenBucket;
  /** Counts joins and leaves. */
  version: number;
}

/** Bounds of {@link Rooms}. */
export interface RoomLimits {
  readonly maxRooms: number;
  readonly maxPeersPerRoom: number;
  readonly roomMessagesPerSecond: number;
  readonly roomMessageBurst: number;
}

/** The rooms by name; a room exists while it has a member. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #limits: RoomLimits;

  constructor(limits: RoomLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#rooms.size;
  }

  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  find(name: string, peerId: string): Member | undefined {
    return this.#rooms.get(name)?.members.get(peerId);
  }

  /** Why a peer could not join now; `undefined` if it could. */
  refusal(name: string, peerId: string): JoinRefusal | undefined {
    const room = this.#rooms.get(name);
    if (room === undefined) {
      return this.#rooms.size >= this.#limits.maxRooms ? 'too-many-rooms' : undefined;
    }
    if (room.members.has(peerId)) return 'peer-id-taken';
    return room.members.size >= this.#limits.maxPeersPerRoom ? 'too-many-peers' : undefined;
  }

  /** Seats `member`, whom {@link refusal} has not refused; returns its room. */
  join(member: Member): Room {
    const room = this.#rooms.get(member.room) ?? this.#create(member.room);
    room.members.set(member.peer.peer_id, member);
    room.version++;
    return room;
  }

  /** Takes `member` out; returns the room it left, `undefined` if that was empty then. */
  leave({ room: name, peer }: Member): Room | undefined {
    const room = this.#rooms.get(name);
    if (room === undefined || !room.members.delete(peer.peer_id)) return undefined;
    room.version++;
    if (room.members.size > 0) return room;
    this.#rooms.delete(name);
    return undefined;
  }

  #create(name: string): Room {
    const { roomMessagesPerSecond, roomMessageBurst } = this.#limits;
    const rate = new TokenBucket(roomMessagesPerSecond, roomMessageBurst);
    const room: Room = { members: new Map(), rate, version: 0 };
    this.#rooms.set(name, room);
    return room;
  }
}
