import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ErrorCode } from '@rm/signaling-protocol';
import { CloseCode } from '@rm/signaling-protocol/hub';
import { answerResult, candidateParams, HubDriver, offerParams } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';

const ROOM_OF = { a: 'red', b: 'red', c: 'red', d: 'blue', e: 'blue' } as const;
type Name = keyof typeof ROOM_OF;
const NAMES = Object.keys(ROOM_OF) as Name[];
const KEPT = 6;
const WINDOW_MS = 120_000;
const BURST = 200;

type Step =
  | { kind: 'back' | 'lose' | 'freeze' | 'goodbye' | 'flood' | 'answer'; who: Name }
  | { kind: 'stranger'; who: Name; guess: string | undefined }
  | { kind: 'candidate' | 'offer'; who: Name; to: Name }
  | { kind: 'pass'; ms: number };

const who = fc.constantFrom(...NAMES);
const only = <K extends string>(kind: K): fc.Arbitrary<K> => fc.constant(kind);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: only('back'), who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('lose', 'freeze'), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('goodbye', 'flood'), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: only('stranger'),
      who,
      guess: fc.constantFrom(undefined, 'token-0', 'wrong'),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constantFrom('candidate', 'offer'), who, to: who }),
  },
  { weight: 4, arbitrary: fc.record({ kind: only('answer'), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: only('pass'),
      ms: fc.oneof(fc.integer({ min: 1, max: 9_000 }), fc.integer({ min: 1, max: 130_000 })),
    }),
  },
);

/** A peer's place as the model sees it. */
interface Seat {
  readonly name: Name;
  /** Everything ever said to this place, in order. */
  readonly told: string[];
  /** When the place is taken away; `undefined` while the hub believes in its socket. */
  goneAtMs: number | undefined;
}

interface Offer {
  readonly tag: string;
  readonly caller: Seat;
  readonly target: Seat;
  readonly dueMs: number;
}

/** The hub as a list of what was said to whom. */
class Model {
  readonly seats = new Map<Name, Seat>();
  readonly versions: Record<string, number> = {};
  offers: Offer[] = [];
  /** In the order they were lost, which decides between those lost in the same millisecond. */
  lost: Seat[] = [];
  nowMs = 0;

  others(name: Name): Seat[] {
    return [...this.seats.values()].filter(
      (seat) => seat.name !== name && ROOM_OF[seat.name] === ROOM_OF[name],
    );
  }

  join(name: Name): Seat {
    const seat: Seat = { name, told: [], goneAtMs: undefined };
    this.seats.set(name, seat);
    const version = this.#nextVersion(name);
    for (const other of this.others(name)) other.told.push(`announced ${name} ${version}`);
    return seat;
  }

  leave(seat: Seat, reason: string): void {
    this.seats.delete(seat.name);
    this.offers = this.offers.filter(({ caller }) => caller !== seat);
    for (const { caller } of this.offers.filter(({ target }) => target === seat)) {
      caller.told.push(`error ${ErrorCode.PEER_NOT_FOUND}`);
    }
    this.offers = this.offers.filter(({ target }) => target !== seat);
    const version = this.#nextVersion(seat.name);
    for (const other of this.others(seat.name)) {
      other.told.push(`left ${seat.name} ${reason} ${version}`);
    }
    if (this.others(seat.name).length === 0) this.versions[ROOM_OF[seat.name]] = 0;
  }

  pass(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      const offer = this.offers.toSorted((x, y) => x.dueMs - y.dueMs)[0];
      const away = this.lost
        .filter((seat) => seat.goneAtMs !== undefined && this.seats.get(seat.name) === seat)
        .toSorted((x, y) => (x.goneAtMs ?? 0) - (y.goneAtMs ?? 0))[0];
      const awayMs = away?.goneAtMs ?? Infinity;
      if (Math.min(offer?.dueMs ?? Infinity, awayMs) > end) break;
      if (offer !== undefined && offer.dueMs <= awayMs) {
        this.offers = this.offers.filter((each) => each !== offer);
        offer.caller.told.push(`error ${ErrorCode.TIMEOUT}`);
      } else if (away !== undefined) this.leave(away, 'connection-lost');
    }
    this.nowMs = end;
  }

  #nextVersion(name: Name): number {
    const room = ROOM_OF[name];
    return (this.versions[room] = (this.versions[room] ?? 0) + 1);
  }
}

/** One peer outside the hub: what it has really received. */
interface Client {
  socket: number | undefined;
  /** It no longer reads, though the hub believes in its socket. */
  frozen: boolean;
  token: string | undefined;
  lastSeq: number;
  seat: Seat | undefined;
  got: string[];
  /** Offers received and not answered: their tags and the hub's ids for them. */
  offers: Map<string, unknown>;
}

const lineOf = (message: Json): string => {
  const params = (message['params'] ?? {}) as Record<string, string | number>;
  switch (message['method']) {
    case 'peer.announced':
      return `announced ${params['peer_id']} ${params['version']}`;
    case 'peer.left':
      return `left ${params['peer_id']} ${params['reason']} ${params['version']}`;
    case 'peer.ice_candidate':
      return `candidate ${params['from']} ${params['candidate']}`;
    case 'peer.offer':
      return `offer ${params['from']} ${params['request_id']}`;
  }
  if ('error' in message) return `error ${(message['error'] as Json)['code'] as number}`;
  return `answer ${(message['result'] as Json)['request_id'] as string}`;
};

const same = (actual: unknown, expected: unknown): void => expect(actual).toEqual(expected);

function compare(steps: readonly Step[]): void {
  let tokens = 0;
  const net = new HubDriver({
    randomToken: () => `secret-${++tokens}`,
    maxKeptMessages: KEPT,
    messagesPerSecond: 100,
    messageBurst: BURST,
  });
  const model = new Model();
  const clients = new Map<Name, Client>();
  let sockets = 0;
  let serial = 0;
  for (const name of NAMES) {
    clients.set(name, {
      socket: undefined,
      frozen: false,
      token: undefined,
      lastSeq: 0,
      seat: undefined,
      got: [],
      offers: new Map(),
    });
  }
  const client = (name: Name): Client => clients.get(name) as Client;

  const take = (to: Client, message: Json): void => {
    expect(message['seq']).toBe(++to.lastSeq);
    to.got.push(lineOf(message));
    if (message['method'] === 'peer.offer') {
      to.offers.set((message['params'] as Json)['request_id'] as string, message['id']);
    }
  };

  const receiveAll = (): void => {
    for (const each of clients.values()) {
      if (each.socket === undefined) continue;
      const messages = net.read(each.socket);
      if (each.frozen) continue;
      for (const message of messages) take(each, message);
      expect(each.got).toEqual(each.seat?.told);
    }
  };

  const back = (name: Name): void => {
    const me = client(name);
    if (me.socket !== undefined && !me.frozen) return;
    const stale = me.socket;
    const before = model.seats.get(name);
    const missed = before === undefined ? Infinity : before.told.length - me.lastSeq;
    const resumes = before !== undefined && missed <= KEPT;
    if (before !== undefined && !resumes) model.leave(before, 'connection-lost');
    if (stale !== undefined) net.read(stale);
    me.socket = ++sockets;
    me.frozen = false;
    net.open(me.socket);
    const again = me.token === undefined ? {} : { resume_token: me.token, last_seq: me.lastSeq };
    const announcement = { peer_id: name, room: ROOM_OF[name], resume: true, ...again };
    net.request(me.socket, 'peer.announce', announcement);
    const [registered, ...rest] = net.read(me.socket);
    const result = registered?.['result'] as Json;
    expect(registered).not.toHaveProperty('seq');
    if (before !== undefined && stale !== undefined) {
      same(net.closes.at(-1), { socket: stale, code: CloseCode.TAKEN_OVER });
    }
    expect(result['resumed']).toBe(resumes);
    if (resumes) before.goneAtMs = undefined;
    else {
      me.seat = model.join(name);
      me.lastSeq = 0;
      me.got = [];
      me.offers.clear();
    }
    me.token = result['resume_token'] as string;
    for (const message of rest) take(me, message);
    const peers = (result['peers'] as Json[]).map((peer) => peer['peer_id']);
    expect(peers).toEqual(model.others(name).map((seat) => seat.name));
    expect(result['presence_version']).toBe(model.versions[ROOM_OF[name]]);
  };

  const perform = (action: Step): void => {
    if (action.kind === 'pass') {
      net.pass(action.ms);
      model.pass(action.ms);
      return;
    }
    const me = client(action.who);
    const { socket, seat } = me;
    if (action.kind === 'back') {
      back(action.who);
      return;
    }
    if (action.kind === 'stranger') {
      if (!model.seats.has(action.who)) return;
      net.open(++sockets);
      const claim = { resume: true, resume_token: action.guess, last_seq: 0 };
      const announcement = { peer_id: action.who, room: ROOM_OF[action.who], ...claim };
      net.request(sockets, 'peer.announce', announcement);
      const answers = net.read(sockets).map(lineOf);
      same(answers, [`error ${ErrorCode.PEER_ID_TAKEN}`]);
      net.close(sockets);
      return;
    }
    if (socket === undefined || seat === undefined) return;
    if (action.kind === 'lose' || action.kind === 'goodbye') {
      net.close(socket, action.kind === 'goodbye');
      me.socket = undefined;
      me.frozen = false;
      if (action.kind === 'goodbye') model.leave(seat, 'left');
      else {
        seat.goneAtMs = model.nowMs + WINDOW_MS;
        model.lost = [...model.lost.filter((other) => other !== seat), seat];
      }
      return;
    }
    if (me.frozen) return;
    switch (action.kind) {
      case 'freeze':
        me.frozen = true;
        return;
      case 'flood':
        for (let n = 0; n <= 2 * BURST; n++) net.notify(socket, 'peer.nonsense', {});
        same(net.closes.at(-1), { socket, code: CloseCode.FLOODING });
        me.socket = undefined;
        model.leave(seat, 'connection-lost');
        return;
      case 'candidate': {
        const candidate = `candidate:${++serial}`;
        net.notify(socket, 'peer.ice_candidate', candidateParams(action.to, { candidate }));
        const target = model.others(action.who).find(({ name }) => name === action.to);
        target?.told.push(`candidate ${action.who} ${candidate}`);
        return;
      }
      case 'offer': {
        const tag = `req-${++serial}`;
        net.request(socket, 'peer.offer', offerParams(action.to, { request_id: tag }));
        const target = model.others(action.who).find(({ name }) => name === action.to);
        if (target !== undefined) {
          model.offers.push({ tag, caller: seat, target, dueMs: model.nowMs + 10_000 });
          target.told.push(`offer ${action.who} ${tag}`);
        } else {
          const self = action.to === action.who;
          const code = self ? ErrorCode.INVALID_PARAMS : ErrorCode.PEER_NOT_FOUND;
          seat.told.push(`error ${code}`);
        }
        return;
      }
      case 'answer': {
        const [first] = me.offers;
        if (first === undefined) return;
        const [tag, id] = first;
        me.offers.delete(tag);
        net.respond(socket, id, answerResult({ request_id: tag }));
        const offer = model.offers.find((pending) => pending.tag === tag);
        model.offers = model.offers.filter((pending) => pending !== offer);
        offer?.caller.told.push(`answer ${tag}`);
      }
    }
  };

  for (const action of steps) {
    perform(action);
    receiveAll();
  }
  const away = [...model.seats.values()].filter(({ goneAtMs }) => goneAtMs !== undefined).length;
  expect(net.hub.snapshot()).toMatchObject({
    peers: model.seats.size,
    away,
    pendingOffers: model.offers.length,
  });
  for (const name of NAMES) back(name);
  receiveAll();
  for (const { socket } of clients.values()) if (socket !== undefined) net.close(socket);
  expect(net.hub.snapshot()).toMatchObject({ connections: 0, peers: 0, away: 0, rooms: 0 });
}

test('lost, frozen, taken over or flooded: each message reaches its peer once, in order, and no one else', () => {
  fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 100 }), compare), {
    numRuns: 80,
  });
}, 20_000);
