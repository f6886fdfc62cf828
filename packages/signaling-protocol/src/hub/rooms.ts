import type { OutputQueue } from '../output-queue.js';
import { NEVER } from '../time.js';
import type { Micros } from '../time.js';
import { Deadlines } from './deadlines.js';
import type { HubOutput, HubSnapshot } from './io.js';
import type { HubLimits } from './options.js';
import { TokenBucket } from './rate.js';
import { Room } from './room.js';
import type { RoomEntry } from './room-entry.js';
import type { RoomIo } from './room-io.js';
import { RoomLog } from './room-log.js';

/** A room that this instance has. */
interface Hosted {
  readonly name: string;
  readonly rate: TokenBucket;
  /** Absent while it is being loaded. */
  room: Room | undefined;
  log: RoomLog | undefined;
  /** Entries of this instance before it had the room. */
  readonly committedBefore: number;
  /** When it is next looked at for what is overdue. */
  due: Micros;
}

/** Until something overdue, once committed, comes back from the log, it is not committed again. */
const RECONSIDER_AFTER = 1_000_000;

/**
 * The rooms this instance has. What happens in one is committed: where rooms are not shared it is
 * applied at once, else it goes to the room's log and is applied when it comes back from there.
 */
export class Rooms {
  readonly #hosted = new Map<string, Hosted>();
  readonly #due = new Deadlines<Hosted>();
  readonly #limits: HubLimits;
  readonly #io: RoomIo;
  readonly #instance: string;
  readonly #outputs: OutputQueue<HubOutput>;
  /** Entries committed; absent where rooms are not shared. */
  #committed: number | undefined;

  constructor(
    limits: HubLimits,
    io: RoomIo,
    instance: string,
    isShared: boolean,
    outputs: OutputQueue<HubOutput>,
  ) {
    this.#limits = limits;
    this.#io = io;
    this.#instance = instance;
    this.#outputs = outputs;
    if (isShared) this.#committed = 0;
  }

  get nextDeadline(): Micros {
    return this.#due.next;
  }

  /** Whether a room of this name would be one too many. */
  isOneTooMany(name: string): boolean {
    return this.#hosted.size >= this.#limits.maxRooms && !this.#hosted.has(name);
  }

  /** What the peers of a room that is held may send. */
  rate(name: string): TokenBucket | undefined {
    return this.#hosted.get(name)?.rate;
  }

  /** The rooms with a peer, and how many. */
  sizes(): { readonly room: string; readonly peers: number }[] {
    const sizes = [];
    for (const { name, room } of this.#hosted.values()) {
      if (room !== undefined && room.seats.size > 0)
        sizes.push({ room: name, peers: room.seats.size });
    }
    return sizes;
  }

  /** Counts over all rooms; of peers only those whose place is or was last here. */
  figures(): Pick<HubSnapshot, 'peers' | 'away' | 'rooms' | 'pendingOffers'> {
    let [peers, away, pendingOffers] = [0, 0, 0];
    for (const { room } of this.#hosted.values()) {
      if (room === undefined) continue;
      pendingOffers += room.offers.pending.size;
      for (const { instance, home } of room.seats.members()) {
        if (instance !== this.#instance) continue;
        peers++;
        if (home === undefined) away++;
      }
    }
    return { peers, away, rooms: this.#hosted.size, pendingOffers };
  }

  /** Other instances that have sockets of peers in the rooms here. */
  foreignInstances(): Set<string> {
    const instances = new Set<string>();
    for (const { room } of this.#hosted.values()) {
      for (const instance of room?.seats.instances() ?? []) instances.add(instance);
    }
    instances.delete(this.#instance);
    return instances;
  }

  commit(now: Micros, name: string, entry: RoomEntry): void {
    const hosted = this.#host(name);
    if (this.#committed === undefined) {
      hosted.room?.apply(now, entry);
      this.#settle(hosted);
    } else {
      const text = RoomLog.text(this.#instance, ++this.#committed, entry);
      this.#outputs.push({ kind: 'commit', room: name, entry: text });
    }
  }

  /**
   * Takes the latest snapshot of a room that was asked for; true if what led to it was never heard
   * here: it takes the place of what was known, or holds entries of this very instance.
   */
  loaded(now: Micros, name: string, state: string | undefined): boolean {
    const hosted = this.#hosted.get(name);
    if (hosted === undefined) return false;
    const isReplaced = hosted.room !== undefined;
    hosted.room = new Room(name, this.#limits, this.#io);
    hosted.log = new RoomLog(hosted.room, this.#limits, this.#io);
    if (state !== undefined && !hosted.log.restore(now, state)) {
      this.#io.drop(this.#instance, 'unusable-snapshot');
    }
    const isAhead = hosted.log.latestOf(this.#instance) > hosted.committedBefore;
    this.#settle(hosted);
    return isReplaced || isAhead;
  }

  /** Has what is known of a room written down, as its log is gone. */
  logLost(name: string): void {
    const log = this.#hosted.get(name)?.log;
    if (log === undefined) return;
    this.#outputs.push({ kind: 'snapshot', room: name, position: '', state: log.state() });
  }

  /** Applies an entry of the log. */
  committed(now: Micros, name: string, position: string, text: string): void {
    const hosted = this.#hosted.get(name);
    const { room, log } = hosted ?? {};
    if (hosted === undefined || room === undefined || log === undefined) return;
    const taken = log.take(text);
    if (taken === undefined) {
      this.#io.drop(this.#instance, 'unusable-entry');
      return;
    }
    if (taken.isRepeated) return;
    const { by, nth, entry } = taken;
    // From when this instance had the room before: it has heard then what came of it.
    this.#io.isReplay = by === this.#instance && nth <= hosted.committedBefore;
    room.apply(now, entry);
    this.#io.isReplay = false;
    if (log.isDueForSnapshot && by === this.#instance) {
      this.#outputs.push({ kind: 'snapshot', room: name, position, state: log.state() });
    }
    this.#settle(hosted);
  }

  instanceGone(now: Micros, instance: string): void {
    for (const { name, room } of this.#hosted.values()) {
      const isConcerned = room !== undefined && room.seats.of(instance).length > 0;
      if (isConcerned) this.commit(now, name, { kind: 'instance-gone', instance });
    }
  }

  /** Commits the end of all that is overdue. */
  expire(now: Micros): void {
    for (;;) {
      const hosted = this.#due.takeDue(now);
      if (hosted === undefined) return;
      hosted.due = NEVER;
      const entry = hosted.room?.overdue(now);
      if (entry !== undefined) this.commit(now, hosted.name, entry);
      const isPending = entry !== undefined && this.#committed !== undefined;
      if (isPending) this.#schedule(hosted, (now + RECONSIDER_AFTER) as Micros);
      else if (this.#hosted.get(hosted.name) === hosted) this.#settle(hosted);
    }
  }

  #host(name: string): Hosted {
    const known = this.#hosted.get(name);
    if (known !== undefined) return known;
    const { roomMessagesPerSecond, roomMessageBurst } = this.#limits;
    const rate = new TokenBucket(roomMessagesPerSecond, roomMessageBurst);
    const isShared = this.#committed !== undefined;
    const room = isShared ? undefined : new Room(name, this.#limits, this.#io);
    const hosted: Hosted = {
      name,
      rate,
      room,
      log: undefined,
      committedBefore: this.#committed ?? 0,
      due: NEVER,
    };
    this.#hosted.set(name, hosted);
    if (isShared) this.#outputs.push({ kind: 'load', room: name });
    return hosted;
  }

  /** Notes the next deadline of a room that is still of use, and lets go of any other. */
  #settle(hosted: Hosted): void {
    const { name, room } = hosted;
    if (room === undefined) return;
    const isShared = this.#committed !== undefined;
    const isOfUse = isShared ? this.#io.isHeld(name) || this.#hasPlaces(room) : room.seats.size > 0;
    if (isOfUse) this.#schedule(hosted, room.nextDeadline);
    else {
      this.#due.delete(hosted);
      this.#hosted.delete(name);
      if (isShared) this.#outputs.push({ kind: 'unload', room: name });
    }
  }

  /** Whether somebody's place is or was last here: those who are away are ours to wait for. */
  #hasPlaces(room: Room): boolean {
    for (const { instance } of room.seats.members()) if (instance === this.#instance) return true;
    return false;
  }

  #schedule(hosted: Hosted, due: Micros): void {
    if (due === hosted.due) return;
    hosted.due = due;
    if (due === NEVER) this.#due.delete(hosted);
    else this.#due.set(hosted, due);
  }
}
