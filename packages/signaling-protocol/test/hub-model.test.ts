import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ErrorCode } from '@rm/signaling-protocol';
import { answerResult, candidateParams, HubDriver, offerParams } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const SOCKETS = [0, 1, 2, 3, 4, 5];
const PEERS = ['a', 'b', 'c', 'd'];
const ROOMS = ['red', 'blue'];

type Step =
  | { kind: 'announce'; socket: number; peer: string; room: string }
  | { kind: 'drop'; socket: number; clean: boolean }
  | { kind: 'candidate'; socket: number; to: string; from: string | undefined }
  | { kind: 'offer'; socket: number; to: string }
  | { kind: 'answer'; socket: number; good: boolean }
  | { kind: 'pass'; ms: number };

const socket = fc.constantFrom(...SOCKETS);
const peer = fc.constantFrom(...PEERS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('announce' as const),
      socket,
      peer,
      room: fc.constantFrom(...ROOMS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('drop' as const), socket, clean: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('candidate' as const),
      socket,
      to: peer,
      from: fc.option(peer, { nil: undefined }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('offer' as const), socket, to: peer }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('answer' as const), socket, good: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.integer({ min: 1, max: 12_000 }),
    }),
  },
);

interface Offer {
  readonly tag: string;
  readonly caller: number;
  readonly target: number;
  readonly dueMs: number;
}

/** What a room of people with paper slips would do: the fewest words that say who gets what. */
class Model {
  readonly seats = new Map<number, { peer: string; room: string }>();
  readonly inboxes: string[][] = SOCKETS.map(() => []);
  offers: Offer[] = [];
  nowMs = 0;

  tell(target: number, line: string): void {
    this.inboxes[target]?.push(line);
  }

  roommates(of: number): number[] {
    const room = this.seats.get(of)?.room;
    return [...this.seats.keys()].filter((s) => s !== of && this.seats.get(s)?.room === room);
  }

  find(of: number, name: string): number | undefined {
    return this.roommates(of).find((s) => this.seats.get(s)?.peer === name);
  }

  announce(who: number, name: string, room: string): void {
    if (this.seats.has(who)) return this.tell(who, `error ${ErrorCode.ALREADY_ANNOUNCED}`);
    const taken = [...this.seats.values()].some((s) => s.peer === name && s.room === room);
    if (taken) return this.tell(who, `error ${ErrorCode.PEER_ID_TAKEN}`);
    this.seats.set(who, { peer: name, room });
    const others = this.roommates(who);
    const names = others.map((s) => this.seats.get(s)?.peer);
    this.tell(who, `registered ${names.join()}`);
    for (const other of others) this.tell(other, `announced ${name}`);
  }

  drop(who: number, clean: boolean): void {
    const seat = this.seats.get(who);
    this.inboxes[who] = [];
    if (seat === undefined) return;
    this.offers = this.offers.filter((offer) => offer.caller !== who);
    for (const offer of this.offers.filter(({ target }) => target === who)) {
      this.tell(offer.caller, `error ${ErrorCode.PEER_NOT_FOUND}`);
    }
    this.offers = this.offers.filter((offer) => offer.target !== who);
    const others = this.roommates(who);
    this.seats.delete(who);
    for (const other of others)
      this.tell(other, `left ${seat.peer} ${clean ? 'left' : 'connection-lost'}`);
  }

  /** Socket that a message from `who` reaches, or the code it is refused with. */
  route(who: number, to: string, from: string | undefined): { target: number } | { code: number } {
    const seat = this.seats.get(who);
    if (seat === undefined) return { code: ErrorCode.NOT_ANNOUNCED };
    if (from !== undefined && from !== seat.peer) return { code: ErrorCode.INVALID_PARAMS };
    if (to === seat.peer) return { code: ErrorCode.INVALID_PARAMS };
    const target = this.find(who, to);
    return target === undefined ? { code: ErrorCode.PEER_NOT_FOUND } : { target };
  }

  pass(ms: number): void {
    this.nowMs += ms;
    for (const offer of this.offers.filter(({ dueMs }) => dueMs <= this.nowMs)) {
      this.tell(offer.caller, `error ${ErrorCode.TIMEOUT}`);
    }
    this.offers = this.offers.filter(({ dueMs }) => dueMs > this.nowMs);
  }
}

/** Runs the steps on hub and model alike and compares every mailbox, in order. */
function compare(steps: readonly Step[]): void {
  const net = new HubDriver();
  const model = new Model();
  /** Offers each socket has received and not answered: their tag and the hub's request id. */
  const received = SOCKETS.map(() => new Map<string, unknown>());
  let serial = 0;
  net.open(...SOCKETS);

  const line = (who: number, message: Json): string => {
    const params = (message['params'] ?? {}) as Record<string, string>;
    switch (message['method']) {
      case 'peer.announced':
        return `announced ${params['peer_id']}`;
      case 'peer.left':
        return `left ${params['peer_id']} ${params['reason']}`;
      case 'peer.ice_candidate':
        return `candidate ${params['from']} ${params['candidate']}`;
      case 'peer.offer':
        received[who]?.set(params['request_id'] ?? '', message['id']);
        return `offer ${params['from']} ${params['request_id']}`;
      default: {
        const error = message['error'] as { code: number } | undefined;
        if (error !== undefined) return `error ${error.code}`;
        const result = message['result'] as { peers?: { peer_id: string }[]; request_id?: string };
        return result.peers === undefined
          ? `answer ${result.request_id}`
          : `registered ${result.peers.map(({ peer_id }) => peer_id).join()}`;
      }
    }
  };

  const perform = (action: Step): void => {
    switch (action.kind) {
      case 'announce':
        net.request(action.socket, 'peer.announce', { peer_id: action.peer, room: action.room });
        return model.announce(action.socket, action.peer, action.room);
      case 'drop':
        net.close(action.socket, action.clean);
        net.read(action.socket);
        net.open(action.socket);
        received[action.socket]?.clear();
        return model.drop(action.socket, action.clean);
      case 'candidate': {
        const candidate = `candidate:${++serial}`;
        const { from, to } = action;
        net.notify(
          action.socket,
          'peer.ice_candidate',
          candidateParams(to, { candidate, ...(from && { from }) }),
        );
        const route = model.route(action.socket, to, from);
        if ('code' in route) return;
        return model.tell(
          route.target,
          `candidate ${model.seats.get(action.socket)?.peer} ${candidate}`,
        );
      }
      case 'offer': {
        const tag = `req-${++serial}`;
        net.request(action.socket, 'peer.offer', offerParams(action.to, { request_id: tag }));
        const route = model.route(action.socket, action.to, undefined);
        if ('code' in route) return model.tell(action.socket, `error ${route.code}`);
        const dueMs = model.nowMs + 10_000;
        model.offers.push({ tag, caller: action.socket, target: route.target, dueMs });
        return model.tell(route.target, `offer ${model.seats.get(action.socket)?.peer} ${tag}`);
      }
      case 'answer': {
        const [first] = received[action.socket] ?? [];
        if (first === undefined) return;
        const [tag, id] = first;
        received[action.socket]?.delete(tag);
        net.respond(action.socket, id, answerResult({ request_id: action.good ? tag : 'other' }));
        const offer = model.offers.find((pending) => pending.tag === tag);
        if (offer === undefined) return;
        model.offers = model.offers.filter((pending) => pending !== offer);
        return model.tell(
          offer.caller,
          action.good ? `answer ${tag}` : `error ${ErrorCode.ANSWER_INVALID}`,
        );
      }
      case 'pass':
        net.pass(action.ms);
        return model.pass(action.ms);
    }
  };

  for (const action of steps) {
    perform(action);
    for (const who of SOCKETS) {
      const heard = net.read(who).map((message) => line(who, message));
      expect(heard).toEqual(model.inboxes[who]);
      model.inboxes[who] = [];
    }
  }
  const { pendingOffers, peers } = net.hub.snapshot();
  expect({ pendingOffers, peers }).toEqual({
    pendingOffers: model.offers.length,
    peers: model.seats.size,
  });
  for (const who of SOCKETS) net.close(who);
  expect(net.hub.snapshot()).toMatchObject({
    connections: 0,
    peers: 0,
    rooms: 0,
    pendingOffers: 0,
  });
}

test('whatever peers do, each message reaches its one addressee once, in order, and no one else', () => {
  fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), compare), {
    numRuns: 80,
  });
});
