import { SignalingClient, type SignalingRuntime, type SocketLike } from '@rm/signaling-protocol';
import { Hub, type HubOptions } from '@rm/signaling-protocol/hub';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../src/clock/clock.js';

/** A client as the server has it. */
interface Client {
  readonly id: number;
  readonly peerId: string;
  deliver(text: string): void;
  /** The connection ends; `clean` says whether in good order. */
  end(code: number, clean: boolean, reason?: string): void;
}

/** One end of a WebSocket in memory. */
class MemorySocket implements SocketLike, Client {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly #server: SignalingServer;
  readonly id: number;
  readonly peerId: string;

  constructor(server: SignalingServer, id: number, peerId: string) {
    this.#server = server;
    this.id = id;
    this.peerId = peerId;
  }

  send(text: string): void {
    this.#server.carry(() => this.#server.received(this, text));
  }

  close(code = 1000): void {
    this.end(code, true);
  }

  deliver(text: string): void {
    this.onmessage?.({ data: text } as never);
  }

  end(code: number, clean: boolean, reason = ''): void {
    setImmediate(() => {
      this.#server.closed(this, clean);
      this.onclose?.({ code, reason } as never);
    });
  }
}

/** A signaling server in this process: the real hub, without sockets, and with them for other threads. */
export class SignalingServer {
  readonly #hub: Hub;
  readonly #sockets = new Map<number, Client>();
  #listening: Promise<WebSocketServer> | undefined;
  #next = 0;
  /** What is under way while the network stands still. */
  #held: (() => void)[] | undefined;

  constructor(options: Partial<HubOptions> = {}) {
    this.#hub = new Hub({ wallClock: () => '2026-01-01T00:00:00.000Z', ...options });
  }

  client(peerId: string): SignalingClient {
    const runtime: SignalingRuntime = {
      createSocket: () => this.#open(peerId),
      clock: systemClock,
      random: () => 0.5,
    };
    return new SignalingClient({ url: 'memory:', peerId, room: 'test', runtime });
  }

  /** Address for a client of another thread that is `peerId`; call {@link close} then. */
  async address(peerId: string): Promise<string> {
    const { port } = (await (this.#listening ??= this.#listen())).address() as AddressInfo;
    return `ws://127.0.0.1:${port}/${peerId}`;
  }

  close(): void {
    void this.#listening?.then((listening) => listening.close());
  }

  /** Cuts the connections of `peerId`, or all, as when the network fails. */
  drop(peerId?: string): void {
    for (const socket of this.#sockets.values())
      if (peerId === undefined || socket.peerId === peerId) socket.end(1006, false);
  }

  /** Lets the network stand still; what is sent arrives when it goes on. */
  stall(): void {
    this.#held ??= [];
  }

  goOn(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const arrive of held) setImmediate(arrive);
  }

  carry(arrive: () => void): void {
    if (this.#held === undefined) setImmediate(arrive);
    else this.#held.push(arrive);
  }

  /** An admin removes `peerId`. */
  kick(peerId: string, reason: string): void {
    const [now, socket] = [systemClock.now(), ++this.#next];
    const grant = { mayJoin: false, maySend: false, admin: true };
    const params = { room: 'test', peer_id: peerId, reason };
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'admin.kick', params, id: 1 });
    this.#hub.handle({ kind: 'opened', now, socket, grant });
    this.#hub.handle({ kind: 'text', now, socket, text });
    this.#hub.handle({ kind: 'closed', now, socket, clean: true });
    this.#pump();
  }

  received(socket: Client, text: string): void {
    this.#hub.handle({ kind: 'text', now: systemClock.now(), socket: socket.id, text });
    this.#pump();
  }

  closed(socket: Client, clean: boolean): void {
    if (!this.#sockets.delete(socket.id)) return;
    this.#hub.handle({ kind: 'closed', now: systemClock.now(), socket: socket.id, clean });
    this.#pump();
  }

  #open(peerId: string): MemorySocket {
    const socket = new MemorySocket(this, ++this.#next, peerId);
    this.#sockets.set(socket.id, socket);
    setImmediate(() => {
      this.#hub.handle({ kind: 'opened', now: systemClock.now(), socket: socket.id });
      socket.onopen?.({} as never);
    });
    return socket;
  }

  async #listen(): Promise<WebSocketServer> {
    const listening = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    listening.on('connection', (socket, { url }) => this.#accept(socket, url!.slice(1)));
    await once(listening, 'listening');
    return listening;
  }

  #accept(webSocket: WebSocket, peerId: string): void {
    const client: Client = {
      id: ++this.#next,
      peerId,
      deliver: (text) => webSocket.send(text),
      end: (code, _, reason = '') => {
        // 1006 is what a lost connection looks like (RFC 6455 §7.1.5).
        if (code === 1006) webSocket.terminate();
        else webSocket.close(code, reason);
      },
    };
    this.#sockets.set(client.id, client);
    this.#hub.handle({ kind: 'opened', now: systemClock.now(), socket: client.id });
    webSocket.on('message', (data: Buffer) =>
      this.carry(() => this.received(client, data.toString())),
    );
    webSocket.on('close', (code) => this.closed(client, code === 1000));
  }

  #pump(): void {
    for (let out = this.#hub.poll(); out !== undefined; out = this.#hub.poll()) {
      const output = out;
      if (output.kind !== 'send' && output.kind !== 'close') continue;
      const socket = this.#sockets.get(output.socket);
      if (output.kind === 'close') socket?.end(output.code, false, output.reason);
      else this.carry(() => socket?.deliver(output.text));
    }
  }
}
