import { once } from 'node:events';
import { WebSocket } from 'ws';
import { announceText, answerText, offerText } from './messages.js';
import type { Place, Wire } from './messages.js';

/** How long anything may take before it counts as failed, in ms. */
const PATIENCE_MS = 30_000;

/** How a peer takes its seat. */
export interface JoinOptions {
  /** Whether its place outlives its connection; default true. */
  readonly resume?: boolean;
  /** The place it had. */
  readonly place?: Place | undefined;
  /** Told of every candidate, from the first. */
  readonly onCandidate?: (from: string, candidate: string) => void;
}

/** A seated client that does as little as it can beside sending and receiving. */
export class Peer {
  readonly id: string;
  readonly room: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<unknown, (response: Wire) => void>();
  #lastId = 1;
  #token = '';
  #lastSeq = 0;
  /** Those who were in the room on arrival. */
  others: readonly string[] = [];
  /** Whether it took the place it had before. */
  resumed = false;
  /** Errors received, of the protocol or of the socket. */
  errors = 0;
  onCandidate: (from: string, candidate: string) => void = () => {};
  onOffer: (from: string) => void = () => {};
  onLeft: (id: string) => void = () => {};

  private constructor(id: string, room: string, socket: WebSocket) {
    this.id = id;
    this.room = room;
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#receive(data.toString()));
    socket.on('error', () => this.errors++);
  }

  /** Connects and takes a seat; rejects if that is refused or fails. */
  static async join(
    url: string,
    room: string,
    id: string,
    { resume = true, place, onCandidate }: JoinOptions = {},
  ): Promise<Peer> {
    const socket = new WebSocket(url, 'rm.signaling.v1', { perMessageDeflate: false });
    const peer = new Peer(id, room, socket);
    if (onCandidate !== undefined) peer.onCandidate = onCandidate;
    await once(socket, 'open');
    const { result, error } = await new Promise<Wire>((resolve, reject) => {
      peer.#waiting.set(1, resolve);
      socket.once('close', (code) => reject(new Error(`${id} was closed with ${code}`)));
      socket.send(announceText(id, room, resume, place));
    });
    if (error !== undefined) {
      socket.terminate();
      throw new Error(`${id} was refused: ${error.message}`);
    }
    peer.others = (result?.peers ?? []).map(({ peer_id }) => peer_id);
    peer.resumed = result?.resumed === true;
    peer.#token = result?.resume_token ?? '';
    return peer;
  }

  /** Where it can come back to when its connection is lost. */
  get place(): Place {
    return { token: this.#token, lastSeq: this.#lastSeq };
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Offers; resolves with whether an answer came. */
  async offer(to: string): Promise<boolean> {
    const id = ++this.#lastId;
    const response = new Promise<Wire>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(offerText(this.id, to, id));
    return (await response).error === undefined;
  }

  /** Resolves when the server has read all that was sent, or the socket is closed. */
  async flushed(): Promise<void> {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const read = new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off('pong', done).off('close', done);
        resolve();
      };
      this.#socket.on('pong', done).on('close', done);
    });
    this.#socket.ping();
    await read;
  }

  /** Stops reading, as a client does whose machine is too slow. */
  pause(): void {
    this.#socket.pause();
  }

  /** Takes leave; resolves when the connection is gone. */
  async leave(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close(1000);
    await closed;
  }

  /** Drops the connection without a word. */
  terminate(): void {
    this.#socket.terminate();
  }

  #receive(text: string): void {
    const json = JSON.parse(text) as Wire | readonly Wire[];
    if (Array.isArray(json)) for (const message of json as readonly Wire[]) this.#take(message);
    else this.#take(json as Wire);
  }

  #take(message: Wire): void {
    const { id, method, params, error, seq } = message;
    if (error !== undefined) this.errors++;
    if (seq !== undefined) this.#lastSeq = seq;
    switch (method) {
      case undefined:
        this.#waiting.get(id)?.(message);
        this.#waiting.delete(id);
        return;
      case 'peer.offer':
        this.#socket.send(answerText(message));
        this.onOffer(String(params?.['from']));
        return;
      case 'peer.ice_candidate':
        this.onCandidate(String(params?.['from']), String(params?.['candidate']));
        return;
      case 'peer.left':
        this.onLeft(String(params?.['peer_id']));
        return;
      default:
    }
  }
}

/** Peers in one room. */
const ROOM_SIZE = 5;

/** Seats peers `first` to `first + count - 1` in rooms of five, at most 50 arriving at a time. */
export async function joinMany(url: string, first: number, count: number): Promise<Peer[]> {
  const peers: Peer[] = [];
  let next = first;
  const arrive = async (): Promise<void> => {
    while (next < first + count) {
      const n = next++;
      peers.push(await Peer.join(url, `room-${Math.floor(n / ROOM_SIZE)}`, `peer-${n}`));
    }
  };
  await Promise.all(Array.from({ length: Math.min(50, count) }, arrive));
  return peers;
}

/** Has all of them take leave. */
export const leaveAll = async (peers: readonly Peer[]): Promise<void> =>
  void (await Promise.all(peers.map((peer) => peer.leave())));

/** Resolves with whether `done` came before the time was over. */
export async function inTime(done: Promise<unknown>, ms: number = PATIENCE_MS): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const result = await Promise.race([done.then(() => true), late]);
  clearTimeout(timer);
  return result;
}
