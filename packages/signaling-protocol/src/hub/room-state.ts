import * as z from 'zod';
import { Outbox } from '../outbox.js';
import type { TextRingLimits } from '../text-ring.js';
import { after } from '../time.js';
import type { Micros } from '../time.js';
import { Batch } from './call.js';
import { Member } from './member.js';
import type { HubLimits } from './options.js';
import type { Room } from './room.js';
import type { RoomIo } from './room-io.js';

const memberState = z.object({
  peer: z.object({
    peer_id: z.string(),
    capabilities: z.array(z.string()),
    user_data: z.record(z.string(), z.unknown()),
  }),
  /** Its socket; where it was last, if it is away. */
  socket: z.int().optional(),
  instance: z.string(),
  absences: z.int(),
  receivedSeq: z.int(),
  lastRequestId: z.int(),
  resumption: z
    .object({ token: z.string(), oldest: z.int(), kept: z.array(z.string()) })
    .optional(),
});

const offerState = z.object({
  caller: z.string(),
  target: z.string(),
  id: z.union([z.string(), z.number(), z.null()]),
  /** Which of the batches it came in. */
  batch: z.int().optional(),
  requestId: z.string(),
  forwardedId: z.int(),
});

/** {@link Room} as JSON: all that its future depends on. */
export const roomStateSchema = z.object({
  version: z.int(),
  /** In the order they joined. */
  members: z.array(memberState),
  batches: z.array(z.object({ texts: z.array(z.string()), waiting: z.int() })),
  /** The oldest first. */
  offers: z.array(offerState),
});

export type RoomState = z.output<typeof roomStateSchema>;

export function roomState({ seats, offers }: Room): RoomState {
  const batches: Batch[] = [];
  const indexOf = (batch: Batch): number => {
    const known = batches.indexOf(batch);
    return known < 0 ? batches.push(batch) - 1 : known;
  };
  const offerStates = [...offers.pending.values()].map(
    ({ caller, target, call: { id, batch }, requestId, forwardedId }) => ({
      caller: caller.id,
      target: target.id,
      id,
      batch: batch && indexOf(batch),
      requestId,
      forwardedId,
    }),
  );
  return {
    version: seats.version,
    members: [...seats.members()].map(stateOf),
    batches: batches.map(({ texts, waiting }) => ({ texts, waiting })),
    offers: offerStates,
  };
}

/** Makes an empty `room` what `state` says; all that waits there begins to wait anew. */
export function restoreRoom(
  room: Room,
  state: RoomState,
  now: Micros,
  limits: HubLimits,
  io: RoomIo,
): void {
  const { seats, offers } = room;
  seats.version = state.version;
  const outboxLimits = { messages: limits.maxKeptMessages, bytes: limits.maxKeptBytes };
  for (const member of state.members) {
    const restored = memberOf(member, outboxLimits, io);
    seats.add(restored);
    if (member.socket === undefined) seats.expect(restored, after(now, limits.resumeWindow));
  }
  const batches = state.batches.map(({ texts, waiting }) => new Batch(texts, waiting));
  for (const { caller, target, id, batch, requestId, forwardedId } of state.offers) {
    const [from, to] = [seats.find(caller), seats.find(target)];
    if (from === undefined || to === undefined) continue;
    const call = { id, batch: batch === undefined ? undefined : batches[batch] };
    const deadline = after(now, limits.offerTimeout);
    offers.pending.add({ caller: from, target: to, call, requestId, forwardedId, deadline });
  }
}

function stateOf(member: Member): RoomState['members'][number] {
  const { peer, home, instance, absences, receivedSeq, lastRequestId, resumption } = member;
  return {
    peer,
    socket: home?.socket,
    instance,
    absences,
    receivedSeq,
    lastRequestId,
    resumption: resumption && {
      token: resumption.token,
      oldest: resumption.outbox.oldest,
      kept: [...resumption.outbox.kept],
    },
  };
}

function memberOf(state: RoomState['members'][number], limits: TextRingLimits, io: RoomIo): Member {
  const { peer, socket, instance, resumption } = state;
  const home = socket === undefined ? undefined : { instance, socket };
  const member = new Member(
    io,
    peer,
    resumption && {
      token: resumption.token,
      outbox: new Outbox(limits, resumption.kept, resumption.oldest),
    },
    home,
    instance,
  );
  member.absences = state.absences;
  member.receivedSeq = state.receivedSeq;
  member.lastRequestId = state.lastRequestId;
  return member;
}
