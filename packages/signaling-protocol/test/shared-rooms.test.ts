import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ErrorCode, milliseconds } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import { answerResult, offerParams } from './support/hub-driver.js';
import type { Json } from './support/hub-driver.js';
import { SharedPeer, SharedRooms } from './support/shared-rooms.js';
import type { Instance } from './support/shared-rooms.js';

const NAMES = ['a', 'b', 'c', 'd'] as const;
const ROOM = 'default';
const INSTANCES = 3;

type Step =
  | { kind: 'connect'; who: number; where: number }
  | { kind: 'drop'; who: number }
  | { kind: 'say'; who: number; to: number }
  | { kind: 'write'; where: number; twice: boolean }
  | { kind: 'read'; where: number; most: number }
  | { kind: 'kill' | 'snapshot' | 'frozen'; where: number }
  | { kind: 'pass'; ms: number };

const who = fc.nat(NAMES.length - 1);
const where = fc.nat(INSTANCES - 1);
const only = <K extends string>(kind: K): fc.Arbitrary<K> => fc.constant(kind);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: only('connect'), who, where }) },
  { weight: 1, arbitrary: fc.record({ kind: only('drop'), who }) },
  { weight: 10, arbitrary: fc.record({ kind: only('say'), who, to: who }) },
  { weight: 6, arbitrary: fc.record({ kind: only('write'), where, twice: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: only('read'), where, most: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('kill', 'snapshot', 'frozen'), where }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: only('pass'), ms: fc.integer({ min: 1, max: 1_000 }) }),
  },
);

function run(steps: readonly Step[]): void {
  const world = new SharedRooms();
  const serving = Array.from({ length: INSTANCES }, () => world.start());
  const peers = NAMES.map((name) => new SharedPeer(name));
  const readAll = (): void => {
    for (const peer of peers) peer.read();
  };

  const perform = (action: Step): void => {
    switch (action.kind) {
      case 'connect':
        if (peers[action.who]?.instance === undefined) {
          peers[action.who]?.connect(world, serving[action.where]!);
        }
        return;
      case 'drop':
        peers[action.who]?.drop();
        return;
      case 'say':
        if (action.who !== action.to) peers[action.who]?.say(NAMES[action.to]!);
        return;
      case 'write':
        serving[action.where]?.write(action.twice);
        return;
      case 'read':
        serving[action.where]?.readLogs(action.most);
        return;
      case 'kill': {
        const dead = serving[action.where]!;
        dead.isAlive = false;
        serving[action.where] = world.start();
        return;
      }
      // The others take it for dead, but it goes on.
      case 'frozen':
        world.noticeDeath(serving[action.where]!);
        return;
      case 'snapshot': {
        const instance = serving[action.where]!;
        if (instance.hasRead(ROOM)) instance.feed({ kind: 'log-lost', room: ROOM });
        return;
      }
      case 'pass':
        world.now = (world.now + milliseconds(action.ms)) as Micros;
        for (const instance of world.instances) instance.feed({ kind: 'time' });
    }
  };

  for (const action of steps) {
    perform(action);
    readAll();
  }
  // Those who were closed find out, come back and say what is left to say.
  for (let round = 0; round < 6; round++) {
    for (const instance of world.instances) if (!instance.isAlive) world.noticeDeath(instance);
    world.settle();
    readAll();
    for (const peer of peers) if (peer.instance === undefined) peer.connect(world, serving[0]!);
  }

  for (const peer of peers) {
    expect(peer.isSeated).toBe(true);
    expect([...peer.answered].length).toBe(peer.said.length);
    for (const sender of peers) {
      const expected = sender.said.filter(({ to }) => to === peer.name).map(({ what }) => what);
      const heard = peer.heard.filter((what) => what.startsWith(`${sender.name}-`));
      const known = heard.filter((what) => expected.includes(what));
      expect(heard).toEqual(known);
      expect(new Set(heard).size).toBe(heard.length);
    }
    expect(peer.heard.filter((what) => what.startsWith('peer.left'))).toEqual([]);
  }
  const states = world.instances
    .filter((instance) => instance.hasRead(ROOM))
    .map((instance) => instance.stateOf(ROOM));
  expect(new Set(states).size).toBe(1);
}

test('over instances that are killed, frozen and lag, everything said arrives once and in order', () => {
  fc.assert(fc.property(fc.array(step, { minLength: 30, maxLength: 150 }), run), { numRuns: 120 });
}, 30_000);

const ADMIN = { mayJoin: false, maySend: false, admin: true };

/** A world whose sockets are plain: what is written to them and read from them is JSON. */
class Plain {
  readonly world = new SharedRooms();
  readonly instances: Instance[];
  #lastId = 0;

  constructor(count = 2) {
    this.instances = Array.from({ length: count }, () => this.world.start());
  }

  at(where: number): Instance {
    return this.instances[where]!;
  }

  open(where: number, socket: number, grant?: typeof ADMIN): void {
    this.at(where).feed({ kind: 'opened', socket, grant });
  }

  join(where: number, socket: number, peer_id: string, extra: Json = {}): Json {
    this.open(where, socket);
    const params = { peer_id, resume: true, resume_token: `key of ${peer_id}`, ...extra };
    this.request(where, socket, 'peer.announce', params);
    const [registered] = this.read(where, socket);
    return registered?.['result'] as Json;
  }

  request(where: number, socket: number, method: string, params: Json): number {
    const id = ++this.#lastId;
    this.write(where, socket, { jsonrpc: '2.0', method, params, id });
    return id;
  }

  write(where: number, socket: number, message: unknown): void {
    this.at(where).feed({ kind: 'text', socket, text: JSON.stringify(message) });
    this.world.settle();
  }

  close(where: number, socket: number): void {
    this.at(where).feed({ kind: 'closed', socket, clean: false });
    this.world.settle();
  }

  read(where: number, socket: number): Json[] {
    const texts = this.at(where).inboxes.get(socket) ?? [];
    this.at(where).inboxes.delete(socket);
    return texts.map((text) => JSON.parse(text) as Json);
  }

  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 500) {
      this.world.now = (this.world.now + milliseconds(Math.min(left, 500))) as Micros;
      for (const instance of this.world.instances) instance.feed({ kind: 'time' });
      this.world.settle();
    }
  }
}

test('peers on two instances see each other, and offers and answers pass between them', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  expect(plain.join(1, 1, 'b')['peers']).toMatchObject([{ peer_id: 'a' }]);
  expect(plain.read(0, 1)).toMatchObject([{ method: 'peer.announced', params: { peer_id: 'b' } }]);
  const id = plain.request(0, 1, 'peer.offer', offerParams('b'));
  const [offer] = plain.read(1, 1);
  expect(offer).toMatchObject({ method: 'peer.offer', params: { from: 'a' } });
  plain.write(1, 1, { jsonrpc: '2.0', result: answerResult(), id: offer?.['id'] });
  expect(plain.read(0, 1)).toMatchObject([{ id, result: answerResult() }]);
  expect(plain.at(0).hub.snapshot()).toMatchObject({ peers: 1, rooms: 1, pendingOffers: 0 });
  expect([...plain.at(0).hub.foreignInstances]).toEqual([plain.at(1).name]);
});

test('an id is taken whichever instance its holder is on', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  plain.open(1, 1);
  const id = plain.request(1, 1, 'peer.announce', { peer_id: 'a' });
  const error = { code: ErrorCode.PEER_ID_TAKEN };
  expect(plain.read(1, 1)).toMatchObject([{ id, error }]);
});

test('a room and the offers in it outlive all instances', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  plain.join(1, 1, 'b');
  plain.read(0, 1);
  const call = (id: string, method: string, params: Json): Json => ({
    jsonrpc: '2.0',
    id,
    method,
    params,
  });
  plain.write(0, 1, [call('list', 'peer.list', {}), call('offer', 'peer.offer', offerParams('b'))]);
  const [offer] = plain.read(1, 1);
  expect(plain.at(0).stateOf('default')).toBe(plain.at(1).stateOf('default'));
  for (const dead of plain.instances.splice(0)) dead.isAlive = false;
  plain.instances.push(plain.world.start(), plain.world.start());

  const back = plain.join(1, 7, 'b', { last_seq: 1 });
  expect(back).toMatchObject({ resumed: true, peers: [{ peer_id: 'a' }] });
  for (const dead of plain.world.instances) if (!dead.isAlive) plain.world.noticeDeath(dead);
  plain.write(1, 7, { jsonrpc: '2.0', result: answerResult(), id: offer?.['id'] });
  plain.open(0, 7);
  const params = { peer_id: 'a', resume: true, resume_token: 'key of a', last_seq: 1 };
  plain.request(0, 7, 'peer.announce', params);
  const [registered, ...missed] = plain.read(0, 7);
  expect(registered?.['result']).toMatchObject({ resumed: true, peers: [{ peer_id: 'b' }] });
  expect(missed).toEqual([
    [
      expect.objectContaining({ id: 'list' }),
      { jsonrpc: '2.0', id: 'offer', result: answerResult(), seq: 2 },
    ],
  ]);
});

test('a room read from its snapshot goes on with its numbers, its versions and its deadlines', () => {
  const plain = new Plain(1);
  plain.join(0, 1, 'a');
  plain.join(0, 2, 'b');
  plain.join(0, 3, 'gone');
  plain.request(0, 1, 'peer.offer', offerParams('b', { request_id: 'one' }));
  const said = {
    jsonrpc: '2.0',
    method: 'peer.disconnect',
    params: { to: 'b', reason: 'x' },
    seq: 5,
  };
  plain.write(0, 1, said);
  const first = plain.read(0, 2).find(({ method }) => method === 'peer.offer');
  plain.close(0, 3);
  plain.at(0).stateOf('default');
  for (const dead of plain.instances.splice(0)) dead.isAlive = false;
  plain.instances.push(plain.world.start());

  expect(plain.join(0, 2, 'b', { last_seq: 3 })).toMatchObject({ presence_version: 3 });
  const back = plain.join(0, 1, 'a', { last_seq: 2 });
  expect(back).toMatchObject({ resumed: true, received_seq: 5 });
  plain.request(0, 1, 'peer.offer', offerParams('b', { request_id: 'two' }));
  const second = plain.read(0, 2).find(({ method }) => method === 'peer.offer');
  expect(Number(second?.['id'])).toBeGreaterThan(Number(first?.['id']));
  plain.pass(11_000);
  const timeout = { error: { code: ErrorCode.TIMEOUT } };
  expect(plain.read(0, 1)).toMatchObject([timeout, timeout]);
  plain.pass(120_000);
  const left = { method: 'peer.left', params: { peer_id: 'gone', version: 4 } };
  expect(plain.read(0, 1)).toMatchObject([left]);
});

test('an end that was decided before a peer came back does not reach it', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  plain.join(1, 1, 'watcher');
  plain.close(0, 1);
  plain.world.now = milliseconds(120_000);
  plain.at(0).feed({ kind: 'time' });
  // Its end is on the way from one instance when it comes back on the other.
  plain.open(1, 2);
  const params = { peer_id: 'a', resume: true, resume_token: 'key of a', last_seq: 1 };
  const announce = { jsonrpc: '2.0', method: 'peer.announce', params, id: 1 };
  plain.at(1).feed({ kind: 'text', socket: 2, text: JSON.stringify(announce) });
  plain.at(1).write();
  plain.at(0).write();
  plain.world.settle();
  expect(plain.read(1, 2)).toMatchObject([{ result: { resumed: true } }]);
  plain.pass(1_000);
  expect(plain.read(1, 1)).toEqual([]);
  expect(plain.at(1).hub.snapshot()).toMatchObject({ peers: 2, away: 0 });
});

test('an end that comes after the next loss is not that of this one', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  plain.join(1, 1, 'watcher');
  plain.close(0, 1);
  plain.world.now = milliseconds(120_000);
  plain.at(0).feed({ kind: 'time' });
  plain.open(1, 2);
  const params = { peer_id: 'a', resume: true, resume_token: 'key of a', last_seq: 1 };
  const announce = { jsonrpc: '2.0', method: 'peer.announce', params, id: 1 };
  plain.at(1).feed({ kind: 'text', socket: 2, text: JSON.stringify(announce) });
  plain.at(1).feed({ kind: 'closed', socket: 2, clean: false });
  plain.at(1).write();
  plain.at(0).write();
  plain.world.settle();
  plain.pass(1_000);
  expect(plain.read(1, 1)).toEqual([]);
  plain.pass(120_000);
  expect(plain.read(1, 1)).toMatchObject([{ method: 'peer.left' }]);
});

test('who was announced in entries that a snapshot took up connects again and resumes', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  plain.open(1, 1);
  const params = { peer_id: 'b', resume: true, resume_token: 'key of b' };
  const announce = { jsonrpc: '2.0', method: 'peer.announce', params, id: 1 };
  plain.at(1).feed({ kind: 'text', socket: 1, text: JSON.stringify(announce) });
  plain.at(1).write();
  plain.at(0).readLogs(10);
  plain.at(0).stateOf('default');
  plain.world.settle();
  expect(plain.at(1).closes).toEqual([{ socket: 1, code: 1012 }]);
  expect(plain.join(1, 2, 'b', { last_seq: 0 })).toMatchObject({ resumed: true });
});

test('an instance that lost track of a log begins again where it is, and its clients resume', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  plain.join(1, 1, 'b');
  plain.open(1, 9, ADMIN);
  const ask = { jsonrpc: '2.0', method: 'peer.list', params: { room: 'default' }, id: 1 };
  plain.at(1).feed({ kind: 'text', socket: 9, text: JSON.stringify(ask) });
  plain.at(1).write();
  plain.at(0).feed({
    kind: 'text',
    socket: 1,
    text: '{"jsonrpc":"2.0","method":"peer.disconnect","params":{"to":"b","reason":"missed"}}',
  });
  plain.at(0).write();
  plain.at(0).readLogs(10);
  plain.at(0).stateOf('default');
  plain.world.settle();
  const closed = plain.at(1).closes.map(({ socket }) => socket);
  expect(new Set(closed)).toEqual(new Set([1, 9]));
  plain.open(1, 2);
  plain.request(1, 2, 'peer.announce', {
    peer_id: 'b',
    resume: true,
    resume_token: 'key of b',
    last_seq: 0,
  });
  const [registered, missed] = plain.read(1, 2);
  expect(registered?.['result']).toMatchObject({ resumed: true });
  expect(missed).toMatchObject({ params: { reason: 'missed' } });
  plain.at(1).feed({ kind: 'closed', socket: 2, clean: true });
  plain.world.settle();
  expect(plain.at(1).hub.snapshot()).toMatchObject({ connections: 0, rooms: 0 });
});

test('if the log came back without what happened here, the sockets that were in the room go', () => {
  const plain = new Plain(1);
  plain.join(0, 1, 'a');
  plain.at(0).feed({ kind: 'loaded', room: 'default', state: undefined });
  expect(plain.at(0).closes).toEqual([{ socket: 1, code: 1012 }]);
});

test('each instance counts the calls of its own sockets', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  plain.join(1, 1, 'b');
  plain.request(0, 1, 'peer.disconnect', { to: 'b', reason: 'x' });
  const [first, second] = plain.instances.map(({ hub }) => hub.snapshot().calls);
  expect(first).toEqual({ 'peer.announce': { ok: 1 }, 'peer.disconnect': { ok: 1 } });
  expect(second).toEqual({ 'peer.announce': { ok: 1 } });
});

test('a peer that stays away for longer than 2 minutes is gone on every instance', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  plain.join(1, 1, 'b');
  plain.read(0, 1);
  plain.close(1, 1);
  expect(plain.at(1).hub.snapshot()).toMatchObject({ peers: 1, away: 1 });
  plain.pass(119_000);
  expect(plain.read(0, 1)).toEqual([]);
  plain.pass(1_500);
  const left = { method: 'peer.left', params: { peer_id: 'b', reason: 'connection-lost' } };
  expect(plain.read(0, 1)).toMatchObject([left]);
  expect(plain.at(1).hub.snapshot()).toMatchObject({ peers: 0, rooms: 0 });
});

test('an instance that was taken for dead has its clients connect again', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  plain.join(1, 1, 'b');
  plain.world.noticeDeath(plain.at(0));
  plain.world.settle();
  expect(plain.at(0).closes).toEqual([{ socket: 1, code: 1012 }]);
  expect(plain.join(0, 2, 'a', { last_seq: 1 })).toMatchObject({ resumed: true });
});

test('the log of a long meeting stays short, and who comes late knows the room all the same', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  plain.join(1, 1, 'b');
  for (let n = 0; n < 600; n++) {
    plain.request(0, 1, 'peer.disconnect', { to: 'b', reason: `${n}` });
  }
  expect(plain.world.log('default').entries.length).toBeLessThan(256);
  plain.instances.push(plain.world.start());
  expect(plain.join(2, 1, 'c')).toMatchObject({ peers: [{ peer_id: 'a' }, { peer_id: 'b' }] });
  expect(plain.at(2).stateOf('default')).toBe(plain.at(0).stateOf('default'));
});

test('an admin lists, removes peers and closes rooms that are on other instances', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  plain.join(0, 2, 'b');
  plain.open(1, 9, ADMIN);
  plain.request(1, 9, 'peer.list', { room: 'default' });
  const peers = [{ peer_id: 'a' }, { peer_id: 'b' }];
  expect(plain.read(1, 9)).toMatchObject([{ result: { peers } }]);
  plain.request(1, 9, 'admin.kick', { room: 'default', peer_id: 'a', reason: 'enough' });
  expect(plain.read(1, 9)).toMatchObject([{ result: null }]);
  expect(plain.at(0).closes).toEqual([{ socket: 1, code: 4403 }]);
  const left = { method: 'peer.left', params: { peer_id: 'a', reason: 'removed' } };
  expect(plain.read(0, 2).at(-1)).toMatchObject(left);
  plain.request(1, 9, 'admin.kick', { room: 'default', peer_id: 'a' });
  expect(plain.read(1, 9)).toMatchObject([{ error: { code: ErrorCode.PEER_NOT_FOUND } }]);
  plain.request(1, 9, 'admin.close_room', { room: 'default' });
  expect(plain.read(1, 9)).toMatchObject([{ result: { removed: 1 } }]);
  expect(plain.at(0).closes).toHaveLength(2);
  expect(plain.at(0).hub.snapshot()).toMatchObject({ connections: 0, rooms: 0 });
  expect(plain.at(1).hub.snapshot()).toMatchObject({ connections: 1, rooms: 0 });
});

test('what is no entry is counted and changes nothing', () => {
  const plain = new Plain();
  plain.join(0, 1, 'a');
  const before = plain.at(0).stateOf('default');
  const message = { kind: 'call', call: { method: 'peer.offer', params: { to: 'b' } }, id: 1 };
  const home = { instance: plain.at(0).name, socket: 1 };
  const entries = [
    'no JSON',
    '[]',
    JSON.stringify({ by: 'x', nth: 1, entry: { kind: 'party' } }),
    JSON.stringify({ by: 'x', nth: 'one', entry: { kind: 'instance-gone', instance: 'y' } }),
    JSON.stringify({ by: 'x', nth: 1, entry: { kind: 'messages', home, messages: [message] } }),
    JSON.stringify({ by: 'x', nth: 1, entry: { kind: 'overdue', offers: [1], away: [] } }),
  ];
  for (const entry of entries) {
    plain.at(0).feed({ kind: 'committed', room: 'default', position: 'p', entry });
  }
  expect(plain.at(0).hub.snapshot().dropped).toEqual({ 'unusable-entry': entries.length });
  expect(plain.at(0).stateOf('default')).toBe(before);
  plain.instances.push(plain.world.start());
  plain.open(2, 1);
  plain.at(2).feed({
    kind: 'text',
    socket: 1,
    text: '{"jsonrpc":"2.0","method":"peer.announce","params":{"peer_id":"z","room":"r"},"id":1}',
  });
  plain.at(2).feed({ kind: 'loaded', room: 'r', state: '{"format":2}' });
  expect(plain.at(2).hub.snapshot().dropped).toEqual({ 'unusable-snapshot': 1 });
});
