import type { LeaveReason, ResultOf } from '../messages/index.js';
import type { Micros } from '../time.js';
import type { HubDrop } from './io.js';
import type { Home } from './room-entry.js';

/** How a call ended: `ok`, or the code of its error. */
export type Outcome = 'ok' | number;

/**
 * What a room brings about outside of itself. Of what concerns another instance's sockets the
 * receiver does nothing: there the same room says the same.
 */
export interface RoomIo {
  /** While true, what a room brings about was brought about before, and is left. */
  isReplay: boolean;
  /** Whether anybody here is in the room, about to be, or waits for what was asked of it. */
  isHeld(room: string): boolean;
  /** ICE servers for a peer that takes its place at `home`, if that is here and there are any. */
  iceServers(now: Micros, home: Home, peerId: string): ResultOf<'server.ice_servers'> | undefined;
  send(home: Home, text: string): void;
  close(home: Home, code: number, reason: string): void;
  joined(room: string, peerId: string, home: Home, resumed: boolean): void;
  /** The announcement from `home` had no success. */
  refused(home: Home): void;
  /** What an admin asked from `home` is answered. */
  asked(room: string, home: Home): void;
  /** A peer that is or was last on `instance`; `home` is absent where it had none any more. */
  left(
    room: string,
    peerId: string,
    instance: string,
    home: Home | undefined,
    reason: LeaveReason,
  ): void;
  /** A call from a socket of `instance` was answered or passed on. */
  count(instance: string, method: string, outcome: Outcome): void;
  /** A message from a socket of `instance` had no effect. */
  drop(instance: string, reason: HubDrop): void;
}
