import { randomBytes } from 'node:crypto';
import type { RoomLogInput } from '@rm/signaling-protocol/hub';
import { now } from '../clock.js';
import type { Backlog } from './backlog.js';
import { PendingEntries } from './pending-entries.js';
import type { RedisLink } from './redis-link.js';
import { APPEND, KEEP, OPEN, RESTART } from './scripts.js';

/** What a {@link RoomLog} shares with those of other rooms. */
export interface RoomLogContext {
  /** What the keys of all rooms begin with. */
  readonly prefix: string;
  /** Channels, unlike keys, are those of all databases of a Redis. */
  readonly database: number;
  readonly ttlMs: number;
  readonly backlog: Backlog;
  readonly onInput: (input: RoomLogInput) => void;
  /** Whether a room without a log is new, rather than waiting for those who know it. */
  readonly mayBegin: () => boolean;
  /** Something was appended that had waited. */
  readonly onAppended: (log: RoomLog) => void;
}

/** Entries that are read at once. */
const PAGE = 500;

/** A log is asked after this often within the time that it lives unasked. */
const VISITS_PER_TTL = 4;

/**
 * The log of one room: what is appended, and what all have appended while it is followed. A log has
 * an epoch, a name that nobody else has, and its entries count 1, 2, 3 …; so whoever knows epoch and
 * position sees by the next entry that one is missing, or that the log is another. Then it reads.
 */
export class RoomLog {
  readonly room: string;
  readonly channel: string;
  readonly #log: string;
  readonly #hash: string;
  readonly #context: RoomLogContext;
  #link: RedisLink | undefined;
  #isFollowed = false;
  /** Whether the hub has got what it needs to go on from `#position`. */
  #isLoaded = false;
  #epoch = '';
  #position = 0;
  /** The entry at `#position`, by which a log that took another course is told. */
  #entry = '';
  /** What is appended, until it has come back from the log: what only Redis has may get lost. */
  readonly #pending: PendingEntries;
  /** Whether entries can be sent as they come: those before them are on their way. */
  #isOpen = false;
  #isReading = false;
  #readAgain = false;
  #visitAt = 0;
  /** While the hub is asked for what it knows: what it has answered. */
  #rescue: { state?: string } | undefined;

  constructor(room: string, context: RoomLogContext) {
    const name = `${context.prefix}:1:{${room}}`;
    this.room = room;
    this.channel = `${name}:log@${context.database}`;
    this.#log = `${name}:log`;
    this.#hash = `${name}:state`;
    this.#context = context;
    this.#pending = new PendingEntries(context.backlog);
  }

  /** Whether nothing is to be done for this room any more. */
  get isIdle(): boolean {
    return !this.#isFollowed && this.#pending.size === 0;
  }

  /** Goes on over `link`. */
  attach(link: RedisLink): void {
    this.#link = link;
    if (this.#isFollowed) link.subscribe(this.channel);
    this.#read();
  }

  /** Nothing can be had from the link any more. */
  detach(): void {
    this.#link = undefined;
    this.#isOpen = false;
    this.#pending.distrust();
    this.#isReading = false;
  }

  /** Begins to tell what is in the log, from the latest snapshot on. */
  follow(): void {
    if (this.#isFollowed) return;
    this.#isFollowed = true;
    this.#isLoaded = false;
    this.#link?.subscribe(this.channel);
    this.#read();
  }

  /** Tells nothing any more; what waits is still appended. */
  unfollow(): void {
    if (!this.#isFollowed) return;
    this.#isFollowed = false;
    this.#isLoaded = false;
    this.#link?.unsubscribe(this.channel);
    // The hub, who asks for this, is not to be told anything meanwhile.
    queueMicrotask(() => this.#settle());
  }

  /** Takes an entry that the backlog has taken. */
  append(entry: string): void {
    const number = this.#pending.add(entry);
    if (this.#link === undefined) return;
    if (this.#isOpen) this.#send(this.#link, number, entry);
    else if (!this.#isReading) this.#read();
  }

  /** Takes a snapshot of the room; there is another one later if it cannot be kept now. */
  keep(position: string, state: string): void {
    if (this.#rescue !== undefined) {
      this.#rescue.state = state;
      return;
    }
    const [epoch = '', number = ''] = position.split('-');
    if (!this.#isOpen) return;
    // That the link has ended is told by the link.
    this.#link?.run(KEEP, this.#log, this.#hash, epoch, number, state).catch(() => undefined);
  }

  /** Takes what was published: epoch, number and entry, apart by a space. */
  receive(message: string): void {
    const afterEpoch = message.indexOf(' ');
    const afterNumber = message.indexOf(' ', afterEpoch + 1);
    const number = Number(message.slice(afterEpoch + 1, afterNumber));
    if (this.#isLoaded && this.#isOpen && message.slice(0, afterEpoch) === this.#epoch) {
      if (number <= this.#position) return;
      if (number === this.#position + 1) {
        this.#deliver(number, message.slice(afterNumber + 1));
        return;
      }
    }
    if (this.#isFollowed) this.#read();
  }

  /** Keeps the log from expiring and sees whether it is all there, if it is time to. */
  visit(atMs: number): void {
    if (!this.isIdle && atMs >= this.#visitAt) this.#read();
  }

  #deliver(number: number, entry: string): void {
    this.#position = number;
    this.#entry = entry;
    const position = `${this.#epoch}-${number}`;
    this.#context.onInput({ kind: 'committed', now: now(), room: this.room, position, entry });
    this.#settle();
  }

  /** Brings this log up to what is in Redis, and again if there is cause to while it does. */
  #read(): void {
    const link = this.#link;
    this.#readAgain = true;
    if (link === undefined || this.#isReading) return;
    this.#isReading = true;
    this.#readOver(link).catch((error: unknown) => {
      // With the link all that is asked for fails, and is asked for anew over the next.
      if (link.isOpen) throw error;
    });
  }

  async #readOver(link: RedisLink): Promise<void> {
    while (this.#readAgain && this.#link === link) {
      this.#readAgain = false;
      if (!(await this.#open(link))) this.#readAgain = true;
    }
    if (this.#link === link) this.#isReading = false;
  }

  /** False if it has to be opened again. */
  async #open(link: RedisLink): Promise<boolean> {
    const { ttlMs, mayBegin } = this.#context;
    const known = this.#isLoaded ? [this.#epoch, this.#position, this.#entry] : ['', 0, ''];
    const epochToBegin = mayBegin() ? newEpoch() : '';
    this.#visitAt = performance.now() + ttlMs / VISITS_PER_TTL;
    const opened = (await link.run(
      OPEN,
      this.#log,
      this.#hash,
      ...known,
      ttlMs,
      epochToBegin,
    )) as readonly [epoch?: string, last?: number, kept?: number, state?: string, entry?: string];
    if (this.#link !== link) return true;
    const [epoch, last = 0, kept, state, entry = ''] = opened;
    if (epoch === undefined) {
      if (this.#isLoaded) return this.#restart(link);
      this.#visitAt = 0;
      return true;
    }
    this.#enter(epoch);
    if (kept !== undefined && this.#isFollowed) {
      this.#position = kept;
      this.#entry = entry;
      this.#isLoaded = true;
      const loaded = { kind: 'loaded', room: this.room, state: state ?? undefined } as const;
      this.#context.onInput({ ...loaded, now: now() });
      this.#settle();
    }
    this.#sendAll(link);
    return !this.#isLoaded || last <= this.#position || this.#fetch(link);
  }

  /** Reads and tells what comes after `#position`; false if some of it is missing. */
  async #fetch(link: RedisLink): Promise<boolean> {
    const epoch = this.#epoch;
    for (;;) {
      const from = `(${this.#position}`;
      const page = (await link.command(
        'XRANGE',
        this.#log,
        from,
        '+',
        'COUNT',
        PAGE,
      )) as readonly (readonly [id: string, fields: readonly [name: string, entry: string]])[];
      for (const [id, [, entry]] of page) {
        if (this.#link !== link || !this.#isLoaded || this.#epoch !== epoch) return true;
        const number = Number.parseInt(id, 10);
        if (number > this.#position + 1) return false;
        if (number === this.#position + 1) this.#deliver(number, entry);
      }
      if (page.length < PAGE) return true;
    }
  }

  /** The log is lost: has it begin again with what the hub knows, unless another was first. */
  async #restart(link: RedisLink): Promise<boolean> {
    const rescue: { state?: string } = {};
    this.#rescue = rescue;
    this.#context.onInput({ kind: 'log-lost', now: now(), room: this.room });
    this.#rescue = undefined;
    if (rescue.state === undefined) {
      // The hub knows no more than Redis does.
      this.#isLoaded = false;
      return false;
    }
    const epoch = newEpoch();
    const begun = await link.run(
      RESTART,
      this.#log,
      this.#hash,
      this.#epoch,
      this.#position,
      this.#context.ttlMs,
      epoch,
      this.channel,
      rescue.state,
    );
    if (begun === 1 && this.#link === link && this.#isLoaded) {
      this.#position = 0;
      this.#entry = '';
      this.#enter(epoch);
    }
    return false;
  }

  #enter(epoch: string): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#isOpen = false;
    this.#pending.distrust();
  }

  /** Sends all that waits; some of it may be in the log already, as nobody heard that it is. */
  #sendAll(link: RedisLink): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (const [number, entry] of this.#pending.all()) this.#send(link, number, entry);
  }

  #send(link: RedisLink, number: number, entry: string): void {
    const epoch = this.#epoch;
    const { ttlMs } = this.#context;
    void link.run(APPEND, this.#log, this.#hash, epoch, ttlMs, this.channel, entry).then(
      (position) => {
        if (position !== 0) this.#appended(link, number, position as number);
        else if (this.#link === link && this.#epoch === epoch) {
          this.#isOpen = false;
          this.#read();
        }
      },
      // It waits for the next link.
      () => undefined,
    );
  }

  #appended(link: RedisLink, number: number, position: number): void {
    if (this.#link !== link) return;
    this.#pending.take(number, position);
    this.#settle();
  }

  /** Lets go of what has been told here, or is not to be told. */
  #settle(): void {
    const told = this.#isLoaded ? this.#position : 0;
    if (this.#pending.settle(this.#isFollowed ? told : Infinity)) this.#context.onAppended(this);
  }
}

const newEpoch = (): string => randomBytes(8).toString('hex');
