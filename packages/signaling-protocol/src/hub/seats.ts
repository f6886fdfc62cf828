import type { WirePeerInfo } from '../messages/index.js';
import { NEVER } from '../time.js';
import type { Micros } from '../time.js';
import type { Member } from './member.js';
import type { Home } from './room-entry.js';

/** Who is in a room, found by peer id or by connection, and who of them is away until when. */
export class Seats {
  readonly #members = new Map<string, Member>();
  readonly #byHome = new Map<string, Map<number, Member>>();
  /** Members without a connection and when they lose their places, the soonest first. */
  readonly #away = new Map<Member, Micros>();
  /** Counts joins and leaves. */
  version = 0;

  get size(): number {
    return this.#members.size;
  }

  /** When the next of those away loses its place. */
  get nextDeadline(): Micros {
    for (const deadline of this.#away.values()) return deadline;
    return NEVER;
  }

  find(peerId: string): Member | undefined {
    return this.#members.get(peerId);
  }

  at({ instance, socket }: Home): Member | undefined {
    return this.#byHome.get(instance)?.get(socket);
  }

  /** All members, in the order they joined. */
  members(): IterableIterator<Member> {
    return this.#members.values();
  }

  /** The instances that have sockets of members. */
  instances(): IterableIterator<string> {
    return this.#byHome.keys();
  }

  /** The members whose sockets `instance` has. */
  of(instance: string): Member[] {
    return [...(this.#byHome.get(instance)?.values() ?? [])];
  }

  /** The peers as they are on the wire, without the one that is `exceptId`. */
  peers(exceptId: string | undefined): WirePeerInfo[] {
    const peers: WirePeerInfo[] = [];
    for (const { peer } of this.#members.values()) {
      if (peer.peer_id !== exceptId) peers.push(peer);
    }
    return peers;
  }

  add(member: Member): void {
    this.#members.set(member.id, member);
    if (member.home !== undefined) this.#seat(member, member.home);
  }

  remove(member: Member): void {
    this.disconnect(member);
    this.#away.delete(member);
    this.#members.delete(member.id);
  }

  /** `member` is at `home` now and no longer away. */
  connect(member: Member, home: Home): void {
    this.disconnect(member);
    this.#away.delete(member);
    member.home = home;
    member.instance = home.instance;
    this.#seat(member, home);
  }

  #seat(member: Member, home: Home): void {
    const sockets = this.#byHome.get(home.instance);
    if (sockets === undefined) this.#byHome.set(home.instance, new Map([[home.socket, member]]));
    else sockets.set(home.socket, member);
  }

  /** `member` has no socket any more. */
  disconnect(member: Member): void {
    const { home } = member;
    if (home === undefined) return;
    member.home = undefined;
    const sockets = this.#byHome.get(home.instance);
    sockets?.delete(home.socket);
    if (sockets?.size === 0) this.#byHome.delete(home.instance);
  }

  /** `member` is away; `deadline` is not before those of the others. */
  expect(member: Member, deadline: Micros): void {
    this.#away.set(member, deadline);
  }

  /** Time until `member` loses its place if it stays away; `undefined` if it is there. */
  timeLeft(member: Member, now: Micros): Micros | undefined {
    const deadline = this.#away.get(member);
    return deadline === undefined ? undefined : (Math.max(0, deadline - now) as Micros);
  }

  /** Those who have been away for too long, the longest first. */
  overdue(now: Micros): Member[] {
    const overdue: Member[] = [];
    for (const [member, deadline] of this.#away) {
      if (deadline > now) break;
      overdue.push(member);
    }
    return overdue;
  }
}
