import type { Json } from './hub-driver.js';
import type { VirtualSocket, VirtualWorld } from './virtual-world.js';

/**
 * A server for one peer that resumes, and remembers every message as it arrived. Takes the place
 * of the hub of `world`.
 */
export class ResumingServer {
  /** What arrived for the present place, in order, without announcements. */
  arrived: Json[] = [];
  readonly announcements: Json[] = [];
  duplicates = 0;
  /** Unlike older servers, says how far the messages of the peer have come. */
  tellsReceived = true;
  canResume = true;
  /** Whether it answers `server.info`, if only to say that it does not know it. */
  answersInfo = true;
  /** In the result of the next announcements beside what belongs there. */
  more: Json = {};
  receivedSeq = 0;
  #tokens = 0;
  #token: string | undefined;

  constructor(world: VirtualWorld) {
    world.script = (socket, text) => this.#take(socket, JSON.parse(text) as Json);
  }

  /** Gives the place away, as after two minutes. */
  forget(): void {
    this.#token = undefined;
  }

  respond(socket: VirtualSocket, id: unknown, result: unknown): void {
    socket.deliver(JSON.stringify({ jsonrpc: '2.0', result, id }));
  }

  #take(socket: VirtualSocket, message: Json): void {
    if (message['method'] === 'peer.announce') {
      this.#announce(socket, message);
      return;
    }
    const seq = message['seq'];
    if (typeof seq === 'number' && seq <= this.receivedSeq) this.duplicates++;
    else {
      if (typeof seq === 'number') this.receivedSeq = seq;
      this.arrived.push(message);
    }
    if (message['method'] === 'server.info' && this.answersInfo) {
      const error = { code: -32601, message: 'no such method' };
      socket.deliver(JSON.stringify({ jsonrpc: '2.0', error, id: message['id'] }));
    }
  }

  #announce(socket: VirtualSocket, message: Json): void {
    const params = message['params'] as Json;
    this.announcements.push(params);
    const resumed = this.#token !== undefined && params['resume_token'] === this.#token;
    if (!resumed) {
      this.arrived = [];
      this.receivedSeq = 0;
      this.#token = `token-${++this.#tokens}`;
    }
    this.respond(socket, message['id'], {
      status: 'registered',
      registered_at: '2026-01-01T00:00:00Z',
      room: 'default',
      peers: [],
      presence_version: 1,
      ...(this.canResume ? { resume_token: this.#token, resumed } : {}),
      ...(resumed && this.tellsReceived ? { received_seq: this.receivedSeq } : {}),
      ...this.more,
    });
  }
}
