import type { WirePeerInfo } from '../messages/index.js';
import type { Party } from './call.js';
import type { Outbox } from '../outbox.js';
import type { Home } from './room-entry.js';
import type { RoomIo } from './room-io.js';

/** What lets a member come back after it lost its connection. */
export interface Resumption {
  readonly token: string;
  readonly outbox: Outbox;
}

/** A peer in its room; it may outlive its connection if it can resume. */
export class Member implements Party {
  readonly peer: WirePeerInfo;
  readonly resumption: Resumption | undefined;
  /** Absent while the peer is away. */
  home: Home | undefined;
  /** Where it is connected or was last. */
  instance: string;
  /** How often it has lost its connection. */
  absences = 0;
  /** The highest number that the peer gave to one of its messages. */
  receivedSeq = 0;
  /** Id of the latest request to the peer. */
  lastRequestId = 0;
  readonly #io: RoomIo;

  /** A member at `home`, or away from `instance`. */
  constructor(
    io: RoomIo,
    peer: WirePeerInfo,
    resumption: Resumption | undefined,
    home: Home | undefined,
    instance: string,
  ) {
    this.#io = io;
    this.peer = peer;
    this.resumption = resumption;
    this.home = home;
    this.instance = instance;
  }

  get id(): string {
    return this.peer.peer_id;
  }

  /** Sends `text` if the peer is there, numbered and kept if it can resume. */
  send(text: string): void {
    const numbered = this.resumption?.outbox.keep(text) ?? text;
    if (this.home !== undefined) this.#io.send(this.home, numbered);
  }

  /** As {@link send}, of a text that lacks the brace at its end, which is spared taking it off. */
  sendOpen(text: string): void {
    const numbered = this.resumption?.outbox.keepOpen(text);
    if (this.home !== undefined) this.#io.send(this.home, numbered ?? `${text}}`);
  }
}
