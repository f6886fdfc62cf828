import { ErrorCode } from '../error-codes.js';
import type { Micros } from '../time.js';
import { Alarm } from './alarm.js';
import { ClientEngine } from './client-engine.js';
import { DialedSocket } from './dialed-socket.js';
import type { ClientDrop, EngineOutput, ReceivedOffer } from './engine-io.js';
import { SignalingError } from './errors.js';
import type { ClientOptions } from './options.js';
import { randomToken } from './random-token.js';
import type { AbortSignalLike, SignalingRuntime } from './runtime.js';
import { TypedEvents } from './typed-events.js';
import type {
  IceCandidate,
  IncomingOffer,
  PeerConnectionStates,
  PeerInfo,
  SessionDescription,
  SignalingEvents,
} from './types.js';

/** Options of {@link SignalingClient}. */
export interface SignalingClientOptions extends ClientOptions {
  readonly runtime: SignalingRuntime;
}

/** Options of everything that can be awaited. */
export interface AbortOptions {
  /** Rejects the promise with the signal's reason; what is no longer waited for is forgotten. */
  readonly signal?: AbortSignalLike | undefined;
}

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * One peer's connection to the signaling server. Once announced it stays so: a lost connection is
 * made again with backoff until {@link close}. Drives a `ClientEngine` with sockets and a clock.
 */
export class SignalingClient {
  readonly peerId: string;
  readonly #url: string;
  readonly #runtime: SignalingRuntime;
  readonly #engine: ClientEngine;
  readonly #alarm: Alarm;
  readonly #events = new TypedEvents<SignalingEvents>((event, error) => {
    // What listens for listener errors has none to report its own to.
    if (event !== 'listener-error') this.#events.emit('listener-error', { event, error });
  });
  readonly #answers = new Map<string, Waiting<SessionDescription>>();
  readonly #lists = new Map<string, Waiting<readonly PeerInfo[]>>();
  #connecting: Waiting<{ peers: readonly PeerInfo[] }> | undefined;
  #socket: DialedSocket | undefined;
  #hungUp: Promise<unknown> = Promise.resolve();
  #pumping = false;

  /** Opens nothing yet. Throws {@link SignalingError} `INVALID_ARGUMENT`. */
  constructor(options: SignalingClientOptions) {
    this.#url = options.url;
    this.peerId = options.peerId;
    this.#runtime = options.runtime;
    this.#engine = new ClientEngine(options, options.runtime.random, randomToken());
    this.#alarm = new Alarm(options.runtime.clock, () =>
      this.#acting(() => this.#engine.advance(this.#now())),
    );
  }

  /** Received messages without effect, counted by reason. */
  get dropped(): Readonly<Partial<Record<ClientDrop, number>>> {
    return this.#engine.dropped;
  }

  /** Adds a listener; returns what removes it. What a listener throws goes to `listener-error`. */
  on<Name extends keyof SignalingEvents>(
    name: Name,
    listener: (event: SignalingEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Opens the connection and announces this peer; resolves with the others in the room. Rejects
   * with a {@link SignalingError} (`UNREACHABLE`, `TIMEOUT`, `PEER_ID_TAKEN`, `ROOM_FULL`,
   * `REFUSED`, `INVALID_URL`, `ALREADY_CONNECTED`, `CLOSED`), after which it can be called again
   * unless closed or connected.
   */
  connect(options: AbortOptions = {}): Promise<{ peers: readonly PeerInfo[] }> {
    return this.#awaitable(
      options.signal,
      (waiting: Waiting<{ peers: readonly PeerInfo[] }>) => {
        this.#engine.connect(this.#now());
        this.#connecting = waiting;
      },
      (reason) => this.#engine.abandonConnect(reason),
    );
  }

  /**
   * Sends an offer to a peer and resolves with its answer. While the connection is being made again
   * and may be resumed the offer waits for that, and its time runs. Rejects with an `RpcError` that has the
   * code of the other end, or with a {@link SignalingError} (`NOT_CONNECTED`, `CONNECTION_LOST`,
   * `INVALID_ARGUMENT`, `TOO_MANY_REQUESTS`, `CLOSED`).
   */
  offer(
    to: string,
    offer: SessionDescription,
    options: AbortOptions = {},
  ): Promise<SessionDescription> {
    let requestId = '';
    return this.#awaitable(
      options.signal,
      (waiting: Waiting<SessionDescription>) => {
        requestId = this.#engine.offer(this.#now(), to, offer);
        this.#answers.set(requestId, waiting);
      },
      () => {
        this.#answers.delete(requestId);
        this.#engine.abandon(requestId);
      },
    );
  }

  /** Asks the server who else is in the room; waits and rejects as {@link offer} does. */
  peers(options: AbortOptions = {}): Promise<readonly PeerInfo[]> {
    let requestId = '';
    return this.#awaitable(
      options.signal,
      (waiting: Waiting<readonly PeerInfo[]>) => {
        requestId = this.#engine.list(this.#now());
        this.#lists.set(requestId, waiting);
      },
      () => {
        this.#lists.delete(requestId);
        this.#engine.abandon(requestId);
      },
    );
  }

  /**
   * Sends an ICE candidate; an empty one ends the candidates. While the connection is being made
   * again and may be resumed it is kept until then; `lost` tells if that came to nothing. Returns
   * false, and drops it, when there is no connection otherwise. Throws {@link SignalingError}
   * `INVALID_ARGUMENT`.
   */
  sendCandidate(to: string, candidate: IceCandidate): boolean {
    return this.#acting(() => this.#engine.sendCandidate(to, candidate));
  }

  /** Tells a peer the states of the connection to it; as {@link sendCandidate}. */
  sendState(to: string, states: PeerConnectionStates): boolean {
    return this.#acting(() => this.#engine.sendState(to, states));
  }

  /** Tells a peer that the connection to it ends; as {@link sendCandidate}. */
  sendDisconnect(to: string, reason: string): boolean {
    return this.#acting(() => this.#engine.sendDisconnect(to, reason));
  }

  /**
   * Leaves the room for good: others see `peer-left` with `left`, everything pending is rejected
   * with `CLOSED`, and the last event is `close`. Resolves when the socket is closed, within 1 s.
   */
  async close(reason: string = 'closed by the application'): Promise<void> {
    this.#acting(() => this.#engine.close(reason));
    await this.#hungUp;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #now(): Micros {
    return this.#runtime.clock.now();
  }

  /** A promise for what `start` begins; the signal gives it up through `abandon`. */
  #awaitable<T>(
    signal: AbortSignalLike | undefined,
    start: (waiting: Waiting<T>) => void,
    abandon: (reason: unknown) => void,
  ): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(asError(signal.reason));
    let onAbort = (): void => undefined;
    const promise = new Promise<T>((resolve, reject) => {
      onAbort = (): void => {
        reject(asError(signal?.reason));
        this.#acting(() => abandon(signal?.reason));
      };
      this.#acting(() => start({ resolve, reject }));
      signal?.addEventListener('abort', onAbort);
    });
    return promise.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  /** Runs `act` on the engine, then does what the engine wants done. */
  #acting<T>(act: () => T): T {
    const result = act();
    this.#pump();
    return result;
  }

  /** Not nested: what a listener causes is done after all listeners of its event were called. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let out = this.#engine.poll(); out !== undefined; out = this.#engine.poll()) {
      this.#perform(out);
    }
    this.#pumping = false;
    this.#alarm.set(this.#engine.nextDeadline);
  }

  #perform(output: EngineOutput): void {
    switch (output.kind) {
      case 'dial':
        this.#dial();
        return;
      case 'send':
        this.#socket?.send(output.text);
        return;
      case 'hang-up':
        // One that was given up before may still be closing.
        this.#hungUp = Promise.all([this.#hungUp, this.#socket?.hangUp(output.goodbye)]);
        this.#socket = undefined;
        return;
      case 'connect-failed':
        this.#connecting?.reject(output.error);
        this.#connecting = undefined;
        return;
      case 'answered':
        this.#takeAnswer(output.requestId)?.resolve(output.answer);
        return;
      case 'listed':
        this.#lists.get(output.requestId)?.resolve(output.peers);
        this.#lists.delete(output.requestId);
        return;
      case 'request-failed':
        this.#takeAnswer(output.requestId)?.reject(output.error);
        this.#lists.get(output.requestId)?.reject(output.error);
        this.#lists.delete(output.requestId);
        return;
      case 'offer':
        this.#deliverOffer(output.offer);
        return;
      case 'event':
        if (output.name === 'connected') {
          this.#connecting?.resolve({ peers: output.event.peers });
          this.#connecting = undefined;
        }
        this.#events.emit(output.name, output.event);
        if (output.name === 'close') this.#events.clear();
    }
  }

  #dial(): void {
    const at = (act: (now: Micros) => void): void => this.#acting(() => act(this.#now()));
    try {
      this.#socket = new DialedSocket(this.#url, this.#runtime, {
        opened: () => at((now) => this.#engine.socketOpened(now)),
        text: (text) => at((now) => this.#engine.receive(now, text)),
        binary: () => at((now) => this.#engine.receiveBinary(now)),
        closed: (end) => {
          this.#socket = undefined;
          at((now) => this.#engine.socketClosed(now, end));
        },
      });
    } catch (error) {
      at((now) => this.#engine.dialFailed(now, error));
    }
  }

  #takeAnswer(requestId: string): Waiting<SessionDescription> | undefined {
    const waiting = this.#answers.get(requestId);
    this.#answers.delete(requestId);
    return waiting;
  }

  #deliverOffer(offer: ReceivedOffer): void {
    if (!this.#events.has('offer')) {
      this.#engine.reject(offer, NO_LISTENER);
      return;
    }
    let open = true;
    const finish = (act: () => boolean): boolean => {
      if (!open) {
        throw new SignalingError('ALREADY_ANSWERED', 'this offer was answered; wait for the next');
      }
      const sent = this.#acting(act);
      open = false;
      return sent;
    };
    const { from, sdp, canTrickle } = offer;
    const incoming: IncomingOffer = {
      from,
      sdp,
      canTrickle,
      answer: (answer) => finish(() => this.#engine.answer(offer, answer)),
      reject: (code, message) => finish(() => this.#engine.reject(offer, { code, message })),
    };
    this.#events.emit('offer', incoming);
  }
}

const NO_LISTENER = {
  code: ErrorCode.CONNECTION_FAILED,
  message: 'this peer takes no offers; offer to another',
};

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(`aborted: ${String(reason)}`, { cause: reason });
