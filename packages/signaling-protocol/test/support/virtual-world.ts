import type { Micros, SignalingRuntime, SocketLike } from '@rm/signaling-protocol';
import { NEVER } from '@rm/signaling-protocol';
import { Hub } from '@rm/signaling-protocol/hub';
import { isoTime } from './hub-driver.js';

const LATENCY_MS = 5;

interface Timer {
  readonly due: Micros;
  readonly fn: () => void;
}

/** A clock, a hub and the network between it and its clients, all in virtual time. */
export class VirtualWorld {
  hub = new Hub({ wallClock: isoTime });
  /** Takes what clients send in place of the hub. */
  script: ((socket: VirtualSocket, text: string) => void) | undefined;
  /** What becomes of a new connection; `broken` reports an error and no close. */
  network: 'up' | 'refused' | 'broken' | 'silent' = 'up';
  /** Whether sockets can be cut off, as those of `ws` and unlike those of browsers. */
  canTerminate = true;
  readonly sockets: VirtualSocket[] = [];
  readonly dialedAt: number[] = [];
  timersSet = 0;
  now = 0 as Micros;
  readonly #timers = new Set<Timer>();

  get timers(): number {
    return this.#timers.size;
  }

  /** A runtime whose every random number is `random`. */
  runtime(random = 0.5): SignalingRuntime {
    return {
      createSocket: (url, protocols) => {
        if (!url.startsWith('ws')) throw new SyntaxError(`not a WebSocket address: ${url}`);
        this.dialedAt.push(this.now / 1_000);
        const socket = new VirtualSocket(this, this.sockets.length, protocols);
        this.sockets.push(socket);
        return socket;
      },
      clock: {
        now: () => this.now,
        setTimer: (delayMs, fn) => this.setTimer(delayMs, fn),
      },
      random: () => random,
    };
  }

  setTimer(delayMs: number, fn: () => void): () => void {
    this.timersSet++;
    const timer = { due: (this.now + delayMs * 1_000) as Micros, fn };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets `ms` milliseconds of virtual time pass, promises and all. */
  async run(ms: number): Promise<void> {
    const end = (this.now + ms * 1_000) as Micros;
    await turn();
    for (let next = this.#next(); next <= end; next = this.#next()) {
      this.now = next;
      if (this.hub.nextDeadline <= next) this.hub.handle({ kind: 'time', now: next });
      this.drain();
      for (const timer of this.#timers) {
        if (timer.due > next) continue;
        this.#timers.delete(timer);
        timer.fn();
      }
      await turn();
    }
    this.now = end;
  }

  /** The value of `promise`, after as much virtual time as it takes, at most a minute. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const finish = (): void => void (settled = true);
    promise.then(finish, finish);
    for (let ms = 0; !settled && ms < 60_000; ms++) await this.run(1);
    if (!settled) throw new Error('still pending after a minute');
    return promise;
  }

  drain(): void {
    for (let out = this.hub.poll(); out !== undefined; out = this.hub.poll()) {
      if (out.kind !== 'send' && out.kind !== 'close') continue;
      const socket = this.sockets[out.socket];
      if (out.kind === 'send') socket?.deliver(out.text);
      else socket?.die(out.code, out.reason);
    }
  }

  #next(): Micros {
    let next = this.hub.nextDeadline;
    for (const { due } of this.#timers) if (due < next) next = due;
    return next === NEVER || next > this.now ? next : this.now;
  }
}

/** A client's end of a connection to the world's hub. */
export class VirtualSocket implements SocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly protocols: readonly string[];
  /** Texts that the client has sent. */
  readonly sent: string[] = [];
  readonly closes: (number | undefined)[] = [];
  terminated = false;
  /** A stalled socket carries nothing and does not close. */
  stalled = false;
  /** Where there is one: ends a socket whose other end does not. */
  readonly terminate?: () => void;
  readonly #world: VirtualWorld;
  readonly #id: number;
  #state: 'connecting' | 'open' | 'closed' = 'connecting';

  constructor(world: VirtualWorld, id: number, protocols: string[]) {
    this.#world = world;
    this.#id = id;
    this.protocols = protocols;
    if (world.canTerminate) {
      this.terminate = () => {
        this.terminated = true;
        this.die(1006, '');
      };
    }
    const { network } = world;
    if (network === 'silent') this.stalled = true;
    else if (network === 'refused' || network === 'broken') {
      this.#later(() => {
        this.fail('connect ECONNREFUSED');
        if (network === 'refused') this.die(1006, '');
      });
    } else this.#later(() => this.#open());
  }

  send(text: string): void {
    if (this.#state !== 'open') throw new Error('not open');
    this.sent.push(text);
    this.#later(() => this.#hub({ kind: 'text', text }));
  }

  close(code?: number): void {
    this.closes.push(code);
    if (this.stalled) return;
    this.#later(() => {
      this.#hub({ kind: 'closed', clean: code === undefined || code === 1000 });
      this.die(code ?? 1005, '');
    });
  }

  /** An error is reported, and nothing else. */
  fail(message: string): void {
    call(this.onerror, { message });
  }

  /** The connection breaks: the client hears of it, the hub as of a loss. */
  die(code: number, reason: string): void {
    this.#hub({ kind: 'closed', clean: false });
    this.#end(code, reason);
  }

  deliver(data: string | Uint8Array): void {
    this.#later(() => this.#state === 'open' && call(this.onmessage, { data }));
  }

  #open(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    if (this.#world.script === undefined) {
      this.#world.hub.handle({ kind: 'opened', now: this.#world.now, socket: this.#id });
    }
    call(this.onopen, {});
  }

  #end(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    call(this.onclose, { code, reason });
  }

  #hub(input: { kind: 'text'; text: string } | { kind: 'closed'; clean: boolean }): void {
    if (this.#state !== 'open') return;
    if (this.#world.script !== undefined) {
      if (input.kind === 'text') this.#world.script(this, input.text);
      return;
    }
    this.#world.hub.handle({ ...input, now: this.#world.now, socket: this.#id });
    this.#world.drain();
  }

  #later(fn: () => void): void {
    this.#world.setTimer(LATENCY_MS, () => {
      if (!this.stalled) fn();
    });
  }
}

function call(handler: ((event: never) => void) | null, event: unknown): void {
  handler?.(event as never);
}

/** Lets every promise that can settle do so. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
