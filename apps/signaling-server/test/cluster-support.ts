import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { describe } from '@jest/globals';
import type { RoomLogInput } from '@rm/signaling-protocol/hub';
import { pino } from 'pino';
import { RoomLogs } from '../src/cluster/room-logs.js';
import type { RoomLogsOptions } from '../src/cluster/room-logs.js';

const REDIS_SERVER = 'redis-server';
const isInstalled = spawnSync(REDIS_SERVER, ['--version']).status === 0;
if (!isInstalled) {
  const line = 'redis-server is not installed (apt-get install redis-server)';
  if (process.env['CI'] === 'true') throw new Error(line);
  process.stderr.write(`${line}: tests of rooms over Redis are skipped\n`);
}

/** Tests that need a Redis. */
export const describeWithRedis: typeof describe.skip = isInstalled ? describe : describe.skip;

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A Redis of its own: port, folder, process. */
export class RedisProcess {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'rm-redis-'));
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = args;
  }

  static async start(...args: readonly string[]): Promise<RedisProcess> {
    const redis = new RedisProcess(await freePort(), args);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const where = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    this.#process = spawn(REDIS_SERVER, [...where, '--save', '', ...this.#args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error('redis-server has no output');
    for await (const line of createInterface(stdout)) {
      if (line.includes('Ready to accept connections')) return;
    }
    throw new Error(`redis-server ${this.#args.join(' ')} ended at once`);
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    if (this.#process === undefined || this.#process.exitCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
    this.#process = undefined;
  }

  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What Redis answers to an inline command of words without spaces. */
  async ask(...words: readonly (string | number)[]): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    socket.end(`${words.join(' ')}\r\nQUIT\r\n`);
    let answer = '';
    for await (const data of socket) answer += (data as Buffer).toString();
    return answer.replace(/\+OK\r\n$/, '').trim();
  }
}

/** A way to a Redis that can be blocked. */
export class Detour {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(port: number): Promise<Detour> {
    const server = createServer();
    const detour = new Detour(server);
    server.on('connection', (near) => {
      const far = connect(port, '127.0.0.1');
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        detour.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => other.destroy());
        socket.pipe(other);
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return detour;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts all connections and lets none in until it is called again with the `port` it had. */
  async block(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    if (this.#server.listening) {
      this.#server.close();
      await once(this.#server, 'close');
    }
  }

  async unblock(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }
}

/** Resolves once `holds`; tests that wait for ever are ended by jest. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(2);
}

/** Whether nothing is between two positions of one log; in another the first is the first. */
function follows(position: string, before: string | undefined): boolean {
  const [log, number] = position.split('-');
  const [logBefore, numberBefore] = before?.split('-') ?? [];
  if (log === logBefore) return Number(number) === Number(numberBefore) + 1;
  return logBefore === undefined || Number(number) === 1;
}

interface Entry {
  readonly by: string;
  readonly nth: number;
}

/**
 * What a hub is to {@link RoomLogs}: makes of the entries of each room a list without repeats, which
 * is its snapshot too.
 */
export class Replica {
  readonly instance: string;
  readonly logs: RoomLogs;
  /** Entries in their order, as `by:nth`. */
  readonly rooms = new Map<string, string[]>();
  readonly positions = new Map<string, string>();
  /** Inputs other than entries, as `kind` and what it is about. */
  readonly told: string[];
  readonly #highest = new Map<string, number>();
  #nth = 0;

  private constructor(instance: string, logs: RoomLogs, told: string[]) {
    this.instance = instance;
    this.logs = logs;
    this.told = told;
  }

  static async join(
    url: string,
    instance: string,
    options: Partial<RoomLogsOptions> = {},
  ): Promise<Replica> {
    const told: string[] = [];
    const logs = await RoomLogs.connect({
      url,
      instance,
      logger: pino({ level: 'silent' }),
      foreignInstances: () => new Set(),
      onInput: (input) => replica.#take(input),
      onOverflow: (isOverflowing) =>
        told.push(
          isOverflowing ? 'overflow' : `overflow is over, ${replica.logs.snapshot().waiting} wait`,
        ),
      ...options,
    });
    const replica = new Replica(instance, logs, told);
    return replica;
  }

  load(room: string): void {
    this.logs.perform({ kind: 'load', room });
  }

  unload(room: string): void {
    this.logs.perform({ kind: 'unload', room });
    this.rooms.delete(room);
  }

  /** Commits the next entry of this instance; `padding` makes it longer. */
  commit(room: string, padding = 0): void {
    const entry = { by: this.instance, nth: ++this.#nth, padding: ' '.repeat(padding) };
    this.logs.perform({ kind: 'commit', room, entry: JSON.stringify(entry) });
  }

  snapshot(room: string): void {
    const state = JSON.stringify(this.list(room));
    const position = this.positions.get(room) ?? '';
    this.logs.perform({ kind: 'snapshot', room, position, state });
  }

  list(room: string): readonly string[] {
    return this.rooms.get(room) ?? [];
  }

  /** Resolves when the room is loaded and has so many entries. */
  async has(room: string, entries: number): Promise<void> {
    await until(() => this.rooms.get(room)?.length === entries);
  }

  #take(input: RoomLogInput): void {
    switch (input.kind) {
      case 'loaded':
        this.told.push(`loaded ${input.room}`);
        this.rooms.set(input.room, []);
        this.positions.delete(input.room);
        this.#highest.clear();
        for (const entry of JSON.parse(input.state ?? '[]') as string[])
          this.#add(input.room, entry);
        return;
      case 'committed': {
        const { by, nth } = JSON.parse(input.entry) as Entry;
        if (!follows(input.position, this.positions.get(input.room)))
          this.told.push('out of place');
        this.positions.set(input.room, input.position);
        this.#add(input.room, `${by}:${nth}`);
        return;
      }
      case 'log-lost':
        this.told.push(`log-lost ${input.room}`);
        this.snapshot(input.room);
        return;
      case 'instance-gone':
        this.told.push(`gone ${input.instance}`);
    }
  }

  /** Adds an entry unless it or a later one of its writer is there. */
  #add(room: string, entry: string): void {
    const [by = '', nth] = entry.split(':');
    const key = `${room} ${by}`;
    if (Number(nth) <= (this.#highest.get(key) ?? 0)) return;
    this.#highest.set(key, Number(nth));
    this.rooms.get(room)?.push(entry);
  }
}
