import { milliseconds, requestText } from '@rm/signaling-protocol';
import type { Micros } from '@rm/signaling-protocol';
import { dialectFor } from '@rm/signaling-protocol/dialects';
import type { Dialect, DialectOptions, DialectOutput } from '@rm/signaling-protocol/dialects';
import { Hub } from '@rm/signaling-protocol/hub';
import type { Grant, HubOptions } from '@rm/signaling-protocol/hub';
import { isoTime } from './hub-driver.js';
import type { Json } from './hub-driver.js';

/** Sub-protocols by the names the tests use. */
export const CANONICAL = 'rm.signaling.v1';
export const ONVIF = 'webrtc.onvif.org';
export const NONE = '';

const EPOCH_MS = 1_767_225_600_000;

/** A hub in virtual time behind the dialects of its sockets, as a server wires them. */
export class DialectNet {
  readonly hub: Hub;
  readonly closes: { readonly socket: number; readonly code: number }[] = [];
  /** Every line of the wire, if anybody wants to see it. */
  readonly lines: string[] = [];
  readonly #options: Partial<DialectOptions>;
  readonly #dialects = new Map<number, Dialect | undefined>();
  readonly #inboxes = new Map<number, string[]>();
  readonly #names = new Map<number, string>();
  now = 0 as Micros;
  #lastRandom = 0;
  #lastId = 0;

  constructor(hub: Partial<HubOptions> = {}, dialects: Partial<DialectOptions> = {}) {
    this.hub = new Hub({ wallClock: isoTime, ...hub });
    this.#options = dialects;
  }

  open(socket: number, subProtocol: string, name = String(socket), grant?: Grant): void {
    const dialect = dialectFor(subProtocol, {
      epochMs: (now) => EPOCH_MS + Math.floor(now / 1_000),
      randomId: () => `random-${++this.#lastRandom}`,
      ...this.#options,
    });
    this.#dialects.set(socket, dialect);
    this.#names.set(socket, name);
    this.#inboxes.set(socket, []);
    this.hub.handle({ kind: 'opened', now: this.now, socket, grant });
    this.#pump();
  }

  /** Gives an ICE server to a socket for a minute. */
  giveIceServer(socket: number, url: string): void {
    const servers = [{ urls: [url] }];
    this.hub.handle({ kind: 'ice-servers', now: this.now, socket, servers, ttlSeconds: 60 });
    this.#pump();
  }

  close(socket: number): void {
    this.lines.push(`${this.#names.get(socket)} closes its WebSocket`);
    this.hub.handle({ kind: 'closed', now: this.now, socket, clean: true });
    this.#pump();
  }

  dialect(socket: number): Dialect {
    const dialect = this.#dialects.get(socket);
    if (dialect === undefined) throw new Error(`socket ${socket} has no dialect; open it with one`);
    return dialect;
  }

  /** Has the client of `socket` send a text. */
  text(socket: number, text: string): void {
    this.lines.push(`${this.#names.get(socket)} → server: ${text}`);
    const dialect = this.#dialects.get(socket);
    if (dialect === undefined) this.#toHub(socket, text);
    else this.#perform(socket, dialect.fromClient(this.now, text));
    this.#pump();
  }

  /** Sends a request and returns its id. */
  request(socket: number, method: string, params?: Json): number {
    const id = ++this.#lastId;
    this.text(socket, params ? requestText(id, method, params) : bare({ method, id }));
    return id;
  }

  /** Sends a request and returns what answers it at once: its result, or its error. */
  call(socket: number, method: string, params?: Json): unknown {
    const id = this.request(socket, method, params);
    return this.answerTo(socket, id);
  }

  notify(socket: number, method: string, params: Json): void {
    this.text(socket, bare({ method, params }));
  }

  respond(socket: number, id: unknown, result: unknown): void {
    this.text(socket, bare({ result, id }));
  }

  refuse(socket: number, id: unknown, code: number, message = 'no'): void {
    this.text(socket, bare({ error: { code, message }, id }));
  }

  /** Lets `ms` milliseconds pass, stopping at every deadline of the hub. */
  pass(ms: number): void {
    const end = (this.now + milliseconds(ms)) as Micros;
    while (this.hub.nextDeadline <= end) this.#tick(this.hub.nextDeadline);
    this.#tick(end);
  }

  /** Everything sent to `socket` since it was last read. */
  read(socket: number): Json[] {
    return this.readTexts(socket).map((text) => JSON.parse(text) as Json);
  }

  readTexts(socket: number): string[] {
    return this.#inboxes.get(socket)?.splice(0) ?? [];
  }

  /** Takes the response to request `id` out of the inbox; `undefined` if there is none yet. */
  answerTo(socket: number, id: unknown): unknown {
    const inbox = this.#inboxes.get(socket) ?? [];
    const at = inbox.findIndex((text) => {
      const message = JSON.parse(text) as Json;
      return message['id'] === id && !('method' in message);
    });
    if (at === -1) return undefined;
    const message = JSON.parse(inbox.splice(at, 1)[0] ?? '') as Json;
    return message['result'] === undefined ? message['error'] : message['result'];
  }

  /** Takes the oldest call of `method` out of the inbox; without one the test fails. */
  received(socket: number, method: string): { params: Json; id?: unknown } {
    const inbox = this.#inboxes.get(socket) ?? [];
    const at = inbox.findIndex((text) => (JSON.parse(text) as Json)['method'] === method);
    if (at === -1) throw new Error(`socket ${socket} got no ${method} but ${inbox.join(' ')}`);
    return JSON.parse(inbox.splice(at, 1)[0] ?? '') as { params: Json; id?: unknown };
  }

  /** The methods of what waits in the inbox. */
  methods(socket: number): unknown[] {
    return (this.#inboxes.get(socket) ?? []).map((text) => (JSON.parse(text) as Json)['method']);
  }

  clear(): void {
    for (const inbox of this.#inboxes.values()) inbox.length = 0;
  }

  #tick(now: Micros): void {
    this.now = now;
    this.hub.handle({ kind: 'time', now });
    this.#pump();
  }

  #toHub(socket: number, text: string): void {
    this.hub.handle({ kind: 'text', now: this.now, socket, text });
  }

  #pump(): void {
    for (let out = this.hub.poll(); out !== undefined; out = this.hub.poll()) {
      if (out.kind === 'close') this.closes.push({ socket: out.socket, code: out.code });
      if (out.kind !== 'send') continue;
      const dialect = this.#dialects.get(out.socket);
      if (dialect === undefined) this.#toClient(out.socket, out.text);
      else this.#perform(out.socket, dialect.toClient(this.now, out.text));
    }
  }

  #perform(socket: number, outputs: readonly DialectOutput[]): void {
    for (const output of outputs) {
      if (output.to === 'hub') this.#toHub(socket, output.text);
      else if (output.to === 'client') this.#toClient(socket, output.text);
      else {
        this.closes.push({ socket, code: output.code });
        const clean = output.code === 1000;
        this.hub.handle({ kind: 'closed', now: this.now, socket, clean });
      }
    }
  }

  #toClient(socket: number, text: string): void {
    this.lines.push(`server → ${this.#names.get(socket)}: ${text}`);
    this.#inboxes.get(socket)?.push(text);
  }
}

const bare = (message: Json): string => JSON.stringify({ jsonrpc: '2.0', ...message });
