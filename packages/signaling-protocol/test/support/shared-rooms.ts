import assert from 'node:assert/strict';
import { Hub } from '@rm/signaling-protocol/hub';
import type { HubInput, HubOutput } from '@rm/signaling-protocol/hub';
import type { Micros } from '@rm/signaling-protocol';
import { isoTime } from './hub-driver.js';
import type { Json } from './hub-driver.js';

/** The log of a room as a database keeps it: entries, and a snapshot for those that were trimmed. */
class Log {
  entries: string[] = [];
  trimmed = 0;
  state: string | undefined;

  get end(): number {
    return this.trimmed + this.entries.length;
  }

  trim(to: number, state: string): void {
    this.entries = this.entries.slice(to - this.trimmed);
    this.trimmed = to;
    this.state = state;
  }
}

/** A server instance: its hub, and how far it has read the logs. */
export class Instance {
  readonly hub: Hub;
  readonly name: string;
  readonly #world: SharedRooms;
  /** Entries of each room that were applied; `undefined` until the room is loaded. */
  readonly #read = new Map<string, number | undefined>();
  /** On their way to the logs: lost if the instance is killed. */
  readonly #unwritten: { readonly room: string; readonly entry: string }[] = [];
  readonly inboxes = new Map<number, string[]>();
  readonly closes: { readonly socket: number; readonly code: number }[] = [];
  isAlive = true;

  constructor(world: SharedRooms, name: string) {
    this.#world = world;
    this.name = name;
    let tokens = 0;
    this.hub = new Hub({
      wallClock: isoTime,
      randomToken: () => `${name}-token-${++tokens}`,
      instance: name,
    });
  }

  feed(input: Timeless<HubInput>): void {
    if (!this.isAlive) return;
    this.hub.handle({ ...input, now: this.#world.now } as HubInput);
    for (let out = this.hub.poll(); out !== undefined; out = this.hub.poll()) this.#perform(out);
  }

  /** Writes what is on its way, `twice` as after a connection that was lost in between. */
  write(twice = false): void {
    if (!this.isAlive) return;
    const written = this.#unwritten.splice(0);
    for (const { room, entry } of twice ? [...written, ...written] : written) {
      this.#world.log(room).entries.push(entry);
    }
  }

  /** Reads at most `most` entries of every room. */
  readLogs(most: number): void {
    for (const room of this.#read.keys()) for (let n = 0; n < most; n++) this.#readNext(room);
  }

  /** All that it knows of `room`, with how far that is; and it may be the log's snapshot. */
  stateOf(room: string): string {
    assert.equal(this.#read.get(room), this.#world.log(room).end);
    this.feed({ kind: 'log-lost', room });
    return this.#world.log(room).state ?? '';
  }

  hasRead(room: string): boolean {
    return this.isAlive && this.#read.get(room) !== undefined;
  }

  get isIdle(): boolean {
    if (!this.isAlive) return true;
    const isRead = [...this.#read].every(([room, read]) => read === this.#world.log(room).end);
    return isRead && this.#unwritten.length === 0;
  }

  #readNext(room: string): void {
    const log = this.#world.log(room);
    if (!this.#read.has(room) || !this.isAlive) return;
    const read = this.#read.get(room);
    if (read === undefined) {
      this.#read.set(room, log.trimmed);
      this.feed({ kind: 'loaded', room, state: log.state });
    } else if (read < log.trimmed) {
      this.#read.set(room, log.trimmed);
      this.feed({ kind: 'loaded', room, state: log.state });
    } else {
      const entry = log.entries[read - log.trimmed];
      if (entry === undefined) return;
      this.#read.set(room, read + 1);
      this.feed({ kind: 'committed', room, position: `${read + 1}`, entry });
    }
  }

  #perform(output: HubOutput): void {
    switch (output.kind) {
      case 'send':
        this.inboxes.set(output.socket, [...(this.inboxes.get(output.socket) ?? []), output.text]);
        return;
      case 'close':
        this.closes.push({ socket: output.socket, code: output.code });
        return;
      case 'load':
        this.#read.set(output.room, undefined);
        return;
      case 'unload':
        this.#read.delete(output.room);
        return;
      case 'commit':
        this.#unwritten.push({ room: output.room, entry: output.entry });
        return;
      case 'snapshot': {
        const read = this.#read.get(output.room) ?? 0;
        const position = output.position === '' ? read : Number(output.position);
        const log = this.#world.log(output.room);
        if (position >= log.trimmed) log.trim(position, output.state);
        return;
      }
      case 'joined':
      case 'left':
        return;
    }
  }
}

type Timeless<T> = T extends unknown ? Omit<T, 'now'> : never;

/** Instances that share rooms over logs which never fail. */
export class SharedRooms {
  readonly instances: Instance[] = [];
  readonly #logs = new Map<string, Log>();
  now = 0 as Micros;
  #sockets = 0;

  start(): Instance {
    const instance = new Instance(this, `instance-${this.instances.length}`);
    this.instances.push(instance);
    return instance;
  }

  log(room: string): Log {
    const log = this.#logs.get(room) ?? new Log();
    this.#logs.set(room, log);
    return log;
  }

  newSocket(): number {
    return ++this.#sockets;
  }

  /** Everything that is on its way arrives. */
  settle(): void {
    while (!this.instances.every((instance) => instance.isIdle)) {
      for (const instance of this.instances) {
        instance.write();
        instance.readLogs(1_000);
      }
    }
  }

  /** The others find out that `dead` gives no sign of life. */
  noticeDeath(dead: Instance): void {
    for (const instance of this.instances) {
      if (instance.isAlive && instance.hub.foreignInstances.has(dead.name)) {
        instance.feed({ kind: 'instance-gone', instance: dead.name });
      }
    }
  }
}

/** A peer that resumes at whatever instance it finds, and sends again what did not arrive. */
export class SharedPeer {
  readonly name: string;
  /** What others said to it, and who came and went. */
  readonly heard: string[] = [];
  readonly said: { readonly to: string; readonly what: string }[] = [];
  readonly answered = new Set<number>();
  instance: Instance | undefined;
  isSeated = false;
  #socket = 0;
  #hasToken = false;
  #lastSeq = 0;
  #sent: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  connect(world: SharedRooms, instance: Instance): void {
    this.instance = instance;
    this.isSeated = false;
    this.#socket = world.newSocket();
    instance.feed({ kind: 'opened', socket: this.#socket });
    const params = {
      peer_id: this.name,
      resume: true,
      resume_token: `secret of ${this.name}`,
      last_seq: this.#lastSeq,
    };
    this.#write({ jsonrpc: '2.0', method: 'peer.announce', params, id: 'announce' });
  }

  drop(): void {
    if (this.instance === undefined) return;
    this.instance.feed({ kind: 'closed', socket: this.#socket, clean: false });
    this.instance = undefined;
    this.isSeated = false;
  }

  /** Says something to a peer, now or, while away, once back. */
  say(to: string): void {
    if (!this.#hasToken) return;
    const id = this.#sent.length + 1;
    const what = `${this.name}-${id}`;
    this.said.push({ to, what });
    const params = { to, reason: what };
    const message = { jsonrpc: '2.0', method: 'peer.disconnect', params, id, seq: id };
    this.#sent.push(JSON.stringify(message));
    if (this.isSeated) this.#write(message);
  }

  read(): void {
    const { instance } = this;
    if (instance === undefined) return;
    const isClosed = instance.closes.some(({ socket }) => socket === this.#socket);
    if (!instance.isAlive || isClosed) {
      this.drop();
      return;
    }
    const texts = instance.inboxes.get(this.#socket) ?? [];
    instance.inboxes.delete(this.#socket);
    for (const text of texts) this.#take(JSON.parse(text) as Json);
  }

  #take(message: Json): void {
    const { seq, id } = message;
    if (id === 'announce') {
      const result = message['result'] as Json;
      assert.ok(result, JSON.stringify(message));
      // Before the first answer it cannot know whether an earlier announcement had an effect.
      if (this.#hasToken) assert.equal(result['resumed'], true);
      this.#hasToken = true;
      this.isSeated = true;
      const received = (result['received_seq'] as number | undefined) ?? 0;
      for (const text of this.#sent.slice(received)) this.#write(JSON.parse(text) as Json);
      return;
    }
    assert.equal(seq, ++this.#lastSeq);
    if (typeof id === 'number') {
      assert.ok(!this.answered.has(id), `answered twice: ${id}`);
      this.answered.add(id);
      return;
    }
    const params = message['params'] as Json;
    if (message['method'] === 'peer.disconnect') this.heard.push(params['reason'] as string);
    else this.heard.push(`${message['method'] as string} ${params['peer_id'] as string}`);
  }

  #write(message: Json): void {
    const text = JSON.stringify(message);
    this.instance?.feed({ kind: 'text', socket: this.#socket, text });
  }
}
