import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LabCommandError, LabUnavailableError } from './errors.js';
import type { Profile, ProfileName } from './profile.js';

/** How a {@link Lab} is set up. */
export interface LabOptions {
  /** How many hosts, 2…31; default 2. */
  readonly hosts?: number;
  /** Of all links; default `clean`. */
  readonly profile?: ProfileName | Profile;
  /** Of single links, by {@link LinkName}. */
  readonly links?: Readonly<Record<string, ProfileName | Profile>>;
  /** Of all chance; default 1. */
  readonly seed?: number;
}

/** How a program is run on a host. */
export type LabSpawnOptions = SpawnOptions & {
  /**
   * Runs it before all that has no such priority, where that is allowed: what is measured then is the program, not what
   * else the machine does. Default false.
   */
  readonly realTime?: boolean;
};

/** `1>2` is one direction, `1-2` both, `all` every link. */
export type LinkName = `${number}>${number}` | `${number}-${number}` | 'all';

/** What went over one direction of a link. */
export interface LinkCounters {
  readonly packets: number;
  /** Of them, lost by chance or while the link was cut… */
  readonly lost: number;
  /** …and for want of room before a bottleneck. */
  readonly queue_drops: number;
  readonly bytes: number;
}

/** What went over every link that was used. */
export interface LabCounters {
  readonly links: Readonly<Record<string, LinkCounters>>;
  /** Packets that went out 2 ms or more after their time, as the machine was busy; and by how much at most. */
  readonly late: number;
  readonly latest_ms: number;
}

interface Host {
  readonly address: string;
  /** What runs a program there: this, the path, the program. */
  readonly path: string;
  readonly enter: readonly string[];
}
type Answer = { readonly ok: true } & Readonly<Record<string, unknown>>;

/** Exit status of the laboratory where there can be no hosts. */
const UNAVAILABLE = 3;
/** A process that has not ended so long after SIGTERM is killed. */
const GRACE_MS = 2000;

/** A running laboratory: hosts, numbered from 1, and the network between them, which may be changed while it runs. */
export class Lab implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #hosts: readonly Host[];
  readonly #answers: ((line: string | undefined) => void)[];
  readonly #running = new Set<ChildProcess>();

  /**
   * Makes the hosts and joins them.
   * @throws LabUnavailableError (`LAB_UNAVAILABLE`) where there can be none.
   * @throws LabCommandError (`LAB_COMMAND`) for options it cannot follow.
   */
  static async start(options: LabOptions = {}): Promise<Lab> {
    const { hosts = 2, profile = 'clean', links = {}, seed = 1 } = options;
    const args = ['--hosts', String(hosts), '--profile', text(profile), '--seed', String(seed)];
    for (const [link, own] of Object.entries(links)) args.push('--link', `${link}=${text(own)}`);
    const main = fileURLToPath(new URL('../lab', import.meta.url));
    const child = spawn('python3', [main, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    const answers: ((line: string | undefined) => void)[] = [];
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => (complaint += part));
    child.stdin.on('error', () => undefined); // what could not be told is known by the end of the process
    createInterface({ input: child.stdout }).on('line', (line) => answers.shift()?.(line));
    const exited = once(child, 'close').catch((error: Error) => {
      complaint = `python3 cannot be run (${error.message}): install Python 3.10 or newer`;
    });
    void exited.then(() => {
      for (const answer of answers.splice(0)) answer(undefined);
    });
    const first = await new Promise<string | undefined>((resolve) => answers.push(resolve));
    if (first === undefined) {
      const why = complaint.trim().replace(/^netlab: (?!seed)/, '');
      if (child.exitCode === UNAVAILABLE || child.pid === undefined)
        throw new LabUnavailableError(why);
      throw new LabCommandError(why);
    }
    return new Lab(child, exited, (JSON.parse(first) as { hosts: Host[] }).hosts, answers);
  }

  private constructor(
    child: ChildProcess,
    exited: Promise<unknown>,
    hosts: readonly Host[],
    answers: ((line: string | undefined) => void)[],
  ) {
    this.#process = child;
    this.#exited = exited;
    this.#hosts = hosts;
    this.#answers = answers;
  }

  /** The IPv4 address of a host. */
  address(host: number): string {
    return this.#host(host).address;
  }

  /**
   * Runs a program on a host, as `child_process.spawn` does. It is ended with the laboratory, and with this process.
   * @throws LabCommandError (`LAB_COMMAND`) for a host there is not.
   */
  spawn(
    host: number,
    program: string,
    args: readonly string[],
    { realTime = false, ...options }: LabSpawnOptions = {},
  ): ChildProcess {
    const { enter, path } = this.#host(host);
    const [python, ...rest] = enter as [string, ...string[]];
    const how = realTime ? ['--real-time', path] : [path];
    const child = spawn(python, [...rest, ...how, program, ...args], options);
    this.#running.add(child);
    const forget = (): void => void this.#running.delete(child);
    child.once('exit', forget).once('error', forget);
    return child;
  }

  /** Lets nothing through. */
  async cut(link: LinkName): Promise<void> {
    await this.#tell(`cut ${link}`);
  }

  /** Makes a link what it was in the beginning. */
  async restore(link: LinkName): Promise<void> {
    await this.#tell(`restore ${link}`);
  }

  /** Makes a link a bottleneck of `kbps` kbit/s, before which `queueMs` of packets may wait. */
  async narrow(link: LinkName, kbps: number, queueMs = 300): Promise<void> {
    await this.#tell(`narrow ${link} ${kbps} ${queueMs}`);
  }

  /** Loses each packet with this chance, 0…1, instead of what the profile says of loss. */
  async lose(link: LinkName, share: number): Promise<void> {
    await this.#tell(`lose ${link} ${share}`);
  }

  /** Gives a link another profile. */
  async use(link: LinkName, profile: ProfileName | Profile): Promise<void> {
    await this.#tell(`use ${link} ${text(profile)}`);
  }

  /** What went over the links until now. */
  async counters(): Promise<LabCounters> {
    return (await this.#tell('counters')) as unknown as LabCounters;
  }

  /** Ends what runs on the hosts, and takes hosts and network away. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#running].map(ended));
    this.#process.stdin?.end();
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #host(number: number): Host {
    const host = this.#hosts[number - 1];
    if (host !== undefined) return host;
    throw new LabCommandError(
      `there is no host ${number}: give 1 to ${this.#hosts.length}, or start with more`,
    );
  }

  async #tell(command: string): Promise<Answer> {
    const line = await new Promise<string | undefined>((resolve) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) resolve(undefined);
      else {
        this.#answers.push(resolve);
        this.#process.stdin?.write(`${command}\n`);
      }
    });
    if (line === undefined)
      throw new LabCommandError(
        `the laboratory is over, \`${command}\` came too late: start another`,
      );
    const answer = JSON.parse(line) as Answer | { readonly ok: false; readonly error: string };
    if (!answer.ok) throw new LabCommandError(answer.error);
    return answer;
  }
}

/** Ends a process, and waits until it is gone. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  await exited;
  clearTimeout(timer);
}

const text = (profile: ProfileName | Profile): string =>
  typeof profile === 'string' ? profile : JSON.stringify(profile);
