import * as z from 'zod';
import type { Micros } from '../time.js';
import type { HubLimits } from './options.js';
import type { Room } from './room.js';
import { entryText, parseEntry } from './room-entry.js';
import type { LogEntry, RoomEntry } from './room-entry.js';
import type { RoomIo } from './room-io.js';
import { restoreRoom, roomState, roomStateSchema } from './room-state.js';

const logStateSchema = z.object({
  format: z.literal(1),
  entries: z.int(),
  latest: z.array(z.tuple([z.string(), z.int()])),
  room: roomStateSchema,
});

/** Entries after which the room is written down, so that the log stays short. */
const ENTRIES_PER_SNAPSHOT = 256;

/** Instances remembered; every start of a server is one, and few of them are there at a time. */
const MAX_INSTANCES = 64;

/** The log of a shared room as one instance reads it. */
export class RoomLog {
  readonly #room: Room;
  readonly #limits: HubLimits;
  readonly #io: RoomIo;
  /** The latest entry of every instance, by which one that was written twice is known. */
  readonly #latest = new Map<string, number>();
  #entries = 0;

  constructor(room: Room, limits: HubLimits, io: RoomIo) {
    this.#room = room;
    this.#limits = limits;
    this.#io = io;
  }

  /** The text by which instance `by` writes its `nth` entry. */
  static text(by: string, nth: number, entry: RoomEntry): string {
    return entryText({ by, nth, entry });
  }

  /** Whether a snapshot is to be written after the latest entry, by the instance that wrote it. */
  get isDueForSnapshot(): boolean {
    return this.#entries % ENTRIES_PER_SNAPSHOT === 0;
  }

  /** Number of the latest entry of an instance; 0 if there is none. */
  latestOf(instance: string): number {
    return this.#latest.get(instance) ?? 0;
  }

  /** Reads the next entry; `undefined` if it is none. */
  take(text: string): (LogEntry & { readonly isRepeated: boolean }) | undefined {
    const parsed = parseEntry(text);
    if (parsed === undefined) return undefined;
    const { by, nth, entry } = parsed;
    const isRepeated = nth <= this.latestOf(by);
    if (!isRepeated) {
      // The one that has been silent for longest is first.
      this.#latest.delete(by);
      this.#latest.set(by, nth);
      this.#entries++;
      if (this.#latest.size > MAX_INSTANCES) this.#forgetOldest();
    }
    return { by, nth, entry, isRepeated };
  }

  #forgetOldest(): void {
    for (const instance of this.#latest.keys()) {
      this.#latest.delete(instance);
      return;
    }
  }

  /** The room, and how far the log was read, as text. */
  state(): string {
    const [entries, latest] = [this.#entries, [...this.#latest]];
    return JSON.stringify({ format: 1, entries, latest, room: roomState(this.#room) });
  }

  /** The reverse of {@link state}, for an empty room; false if `text` is no such state. */
  restore(now: Micros, text: string): boolean {
    const state = logStateSchema.safeParse(jsonOf(text));
    if (!state.success) return false;
    const { entries, latest, room } = state.data;
    this.#entries = entries;
    for (const [by, nth] of latest) this.#latest.set(by, nth);
    restoreRoom(this.#room, room, now, this.#limits, this.#io);
    return true;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
