import { Hub } from '@rm/signaling-protocol/hub';
import type { Grant, HubNews, HubOptions, HubOutput } from '@rm/signaling-protocol/hub';
import { milliseconds } from '@rm/signaling-protocol';
import type { IceServer, Micros } from '@rm/signaling-protocol';

export type Json = Record<string, unknown>;

/** A hub in virtual time with a mailbox for every socket. */
export class HubDriver {
  readonly hub: Hub;
  readonly closes: { readonly socket: number; readonly code: number }[] = [];
  readonly news: HubNews[] = [];
  readonly #inboxes = new Map<number, string[]>();
  now = 0 as Micros;
  #lastId = 0;

  constructor(options: Partial<HubOptions> = {}) {
    this.hub = new Hub({ wallClock: (now) => isoTime(now), ...options });
  }

  open(...sockets: number[]): void {
    for (const socket of sockets) this.hub.handle({ kind: 'opened', now: this.now, socket });
    this.#drain();
  }

  /** Opens a socket whose token allows what `grant` says. */
  openWith(socket: number, grant: Grant): void {
    this.hub.handle({ kind: 'opened', now: this.now, socket, grant });
    this.#drain();
  }

  /** Gives ICE servers to a socket. */
  give(socket: number, servers: readonly IceServer[], ttlSeconds: number): void {
    this.hub.handle({ kind: 'ice-servers', now: this.now, socket, servers, ttlSeconds });
    this.#drain();
  }

  close(socket: number, clean = true): void {
    this.hub.handle({ kind: 'closed', now: this.now, socket, clean });
    this.#drain();
  }

  text(socket: number, text: string): void {
    this.hub.handle({ kind: 'text', now: this.now, socket, text });
    this.#drain();
  }

  /** Sends a request and returns its id. */
  request(socket: number, method: string, params: Json): number {
    const id = ++this.#lastId;
    this.text(socket, JSON.stringify({ jsonrpc: '2.0', method, params, id }));
    return id;
  }

  notify(socket: number, method: string, params: Json): void {
    this.text(socket, JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  respond(socket: number, id: unknown, result: unknown): void {
    this.text(socket, JSON.stringify({ jsonrpc: '2.0', result, id }));
  }

  /** Opens and announces; throws away what everybody was told about it. */
  join(socket: number, peerId: string, room = 'default'): void {
    this.open(socket);
    this.request(socket, 'peer.announce', { peer_id: peerId, room });
    for (const inbox of this.#inboxes.keys()) this.read(inbox);
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
    const inbox = this.#inboxes.get(socket) ?? [];
    this.#inboxes.delete(socket);
    return inbox;
  }

  #tick(now: Micros): void {
    this.now = now;
    this.hub.handle({ kind: 'time', now });
    this.#drain();
  }

  #drain(): void {
    for (let out = this.hub.poll(); out !== undefined; out = this.hub.poll()) this.#perform(out);
  }

  #perform(output: HubOutput): void {
    if (output.kind === 'close') this.closes.push({ socket: output.socket, code: output.code });
    else if (output.kind === 'send') {
      const inbox = this.#inboxes.get(output.socket);
      if (inbox === undefined) this.#inboxes.set(output.socket, [output.text]);
      else inbox.push(output.text);
    } else if (output.kind === 'joined' || output.kind === 'left') this.news.push(output);
  }
}

export const isoTime = (now: Micros): string =>
  new Date(Date.UTC(2026, 0, 1) + Math.floor(now / 1_000)).toISOString();

export const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';

export const offerParams = (to: string, extra: Json = {}): Json => ({
  to,
  sdp: SDP,
  can_trickle_ice_candidates: true,
  request_id: 'req-1',
  ...extra,
});

export const answerResult = (extra: Json = {}): Json => ({
  sdp: SDP,
  can_trickle_ice_candidates: true,
  request_id: 'req-1',
  ...extra,
});

export const candidateParams = (to: string, extra: Json = {}): Json => ({
  to,
  candidate: 'candidate:1 1 UDP 2122260223 192.0.2.1 54321 typ host',
  sdp_m_line_index: 0,
  sdp_mid: '0',
  ...extra,
});
