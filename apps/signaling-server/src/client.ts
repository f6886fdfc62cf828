import type { Duplex } from 'node:stream';
import type { Micros } from '@rm/signaling-protocol';
import type { Dialect } from '@rm/signaling-protocol/dialects';
import type { SocketId } from '@rm/signaling-protocol/hub';
import { WebSocket } from 'ws';
import { Pulse } from './pulse.js';
import { frameLength, writeTextFrame } from './text-frames.js';

/** What log lines say of a socket. */
export interface Subject {
  readonly socket: SocketId;
  /** Its latest peer, if it announced one. */
  readonly peer?: string;
  readonly room?: string;
}

/** What {@link Client} is made of. */
export interface ClientOptions {
  readonly id: SocketId;
  readonly address: string;
  readonly socket: WebSocket;
  /** The stream under `socket`. */
  readonly stream: Duplex;
  /** Translates between its texts and the hub's; undefined where they are the same. */
  readonly dialect: Dialect | undefined;
  /** Bytes that may wait to be read by the other end. */
  readonly maxOutboundBytes: number;
  /** When it is closed unless it has announced itself. */
  readonly announceBy: Micros;
}

interface Waiting {
  readonly text: string;
  readonly bytes: number;
}

/**
 * The server's end of one WebSocket. Texts wait for {@link flush} and leave with one write, since
 * system calls are the greater part of what a message costs.
 */
export class Client {
  readonly id: SocketId;
  readonly address: string;
  readonly dialect: Dialect | undefined;
  readonly pulse: Pulse = new Pulse();
  subject: Subject;
  announceBy: Micros;
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #maxOutboundBytes: number;
  #waiting: Waiting[] | undefined;
  /** Bytes of the frames of those that wait. */
  #waitingBytes = 0;
  /** Ends the time in which nothing is read from a client that sends too much. */
  #pause: NodeJS.Timeout | undefined;

  constructor(options: ClientOptions) {
    this.id = options.id;
    this.address = options.address;
    this.dialect = options.dialect;
    this.subject = { socket: options.id };
    this.announceBy = options.announceBy;
    this.#socket = options.socket;
    this.#stream = options.stream;
    this.#maxOutboundBytes = options.maxOutboundBytes;
  }

  /** Whether texts wait for {@link flush}. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /**
   * Keeps `text`, of which the UTF-8 form takes `bytes`, for {@link flush}; false if too much waits
   * to be read. Whatever its size, a text that finds nothing waiting is kept.
   */
  send(text: string, bytes: number): boolean {
    if (this.#exceedsLimit(bytes)) {
      this.flush();
      if (this.#exceedsLimit(bytes)) return false;
    }
    this.#waitingBytes += frameLength(bytes);
    (this.#waiting ??= []).push({ text, bytes });
    return true;
  }

  /** Hands what waits to the system. */
  flush(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    // Of those that pile up none may hold on to a page of the pool that others share.
    const isBehind = this.#stream.writableLength > 0;
    const frames = Buffer[isBehind ? 'allocUnsafeSlow' : 'allocUnsafe'](this.#waitingBytes);
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    // Who has taken leave or is cut off hears no more.
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    let end = 0;
    for (const { text, bytes } of waiting) end = writeTextFrame(frames, end, text, bytes);
    this.#stream.write(frames);
  }

  /** Sends what waits, then the closing handshake with `code` and `reason`. */
  close(code: number, reason: string): void {
    this.flush();
    this.#socket.close(code, reason);
  }

  /** Cuts the connection off. */
  terminate(): void {
    this.#socket.terminate();
  }

  ping(): void {
    this.#socket.ping();
  }

  /** Whether nothing is read from it for a time. */
  get isPaused(): boolean {
    return this.#pause !== undefined;
  }

  /** Reads nothing from it for `ms`. */
  pause(ms: number): void {
    clearTimeout(this.#pause);
    this.#socket.pause();
    this.#pause = setTimeout(() => this.resume(), ms);
  }

  /** Ends a pause. */
  resume(): void {
    if (this.#pause === undefined) return;
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#socket.resume();
  }

  #exceedsLimit(bytes: number): boolean {
    const unsent = this.#stream.writableLength + this.#waitingBytes;
    return unsent > 0 && unsent + bytes > this.#maxOutboundBytes;
  }
}
