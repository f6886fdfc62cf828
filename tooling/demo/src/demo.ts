import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, asset } from './child.js';
import { type Link, type NodeLine, type Summary, carriedAudio } from './link.js';
import type { DemoOptions } from './options.js';

/** The nodes, and what makes each of them what it is. */
const NODES: Readonly<Record<string, readonly string[]>> = {
  'node-a': ['--source', asset('speech.wav')],
  'node-b': ['--pipeline', asset('gain.yaml'), '--from', 'node-a'],
  'node-c': ['--source', 'tone:440'],
};
const NAMES = Object.keys(NODES);
/** So long a node may take to join, and the links to carry audio, before the demo goes on without. */
const START_TIMEOUT_MS = 15_000;
/** A process that has not ended by then is killed. */
const EXIT_TIMEOUT_MS = 1500;

/** What the demo shows while it runs. */
export interface DemoView {
  /** The server is up: nodes can join by hand at this address. */
  ready(url: string): void;
  /** Every link carries audio; the measurement begins. */
  heard(): void;
  /** New measurements of all links. */
  links(links: readonly Link[]): void;
  /** A line of a process's log. */
  log(name: string, line: string): void;
}

/** Runs the demo until its time is up or `stop` is aborted. Rejects when one of its processes fails. */
export async function runDemo(
  options: DemoOptions,
  view: DemoView,
  stop: AbortSignal,
): Promise<Summary> {
  const children: Child[] = [];
  const reports = new Map<string, readonly Link[]>();
  const links = (): Link[] => NAMES.flatMap((name) => reports.get(name) ?? []);
  const start: Start = (name, app, args, onLine) => {
    const child = new Child(name, app, args, onLine, (line) => view.log(name, line));
    children.push(child);
    return child;
  };
  try {
    const url = await startServer(options, start);
    view.ready(url);
    const allHeard = signal();
    // One after the other, as people join a call: the start of one does not take the processor from another.
    for (const name of NAMES) {
      const joined = signal();
      const child = start(name, 'mesh-node', nodeArguments(name, url, options), (line) => {
        const report = parseLine(line);
        if (report === undefined) return;
        if (report.type === 'joined') joined.fire();
        else {
          reports.set(name, report.links);
          view.links(links());
          if (expected(links()).every(carriedAudio)) allHeard.fire();
        }
      });
      await Promise.race([joined.fired, child.died(), timeUp(START_TIMEOUT_MS, stop)]);
    }
    const died = Promise.race(children.map((child) => child.died()));
    died.catch(() => undefined); // told by whichever race below is on
    await Promise.race([
      allHeard.fired.then(() => view.heard()),
      died,
      timeUp(START_TIMEOUT_MS, stop),
    ]);
    const began = performance.now();
    await Promise.race([died, timeUp(options.seconds && options.seconds * 1000, stop)]);
    const seconds = Math.round((performance.now() - began) / 100) / 10;

    // All nodes end their measurement at once, and send their summaries; the server goes last.
    const [server, ...nodes] = children as [Child, ...Child[]];
    for (const node of nodes) node.terminate();
    await Promise.all(nodes.map((node) => node.gone(EXIT_TIMEOUT_MS)));
    server.terminate();
    await server.gone(EXIT_TIMEOUT_MS);
    const measured = expected(links());
    return { ok: measured.every(carriedAudio), seconds, nodes: NAMES, links: measured };
  } finally {
    for (const child of children) child.terminate();
    await Promise.all(children.map((child) => child.gone(EXIT_TIMEOUT_MS)));
  }
}

type Start = (
  name: string,
  app: string,
  args: readonly string[],
  onLine: (line: string) => void,
) => Child;

async function startServer({ port, host }: DemoOptions, start: Start): Promise<string> {
  let found: (url: string) => void;
  const url = new Promise<string>((resolve) => (found = resolve));
  const args = ['--port', String(port), '--host', host, '--log-level', 'error'];
  // Asked for another address, the user wants others to join; there are no tokens in a demo.
  if (host !== '127.0.0.1') args.push('--insecure');
  const server = start('signaling', 'signaling-server', args, (line) => {
    const match = /listening on (\S+)/.exec(line);
    if (match?.[1] !== undefined) found(match[1]);
  });
  return Promise.race([url, server.died()]);
}

const nodeArguments = (name: string, url: string, { record }: DemoOptions): string[] => {
  const common = {
    signaling: url,
    room: 'demo',
    id: name,
    record,
    'stats-interval': '0.5',
    'state-dir': join(tmpdir(), 'rm-demo'),
  };
  const pairs = Object.entries(common).flatMap(([option, value]) => [`--${option}`, value]);
  return [...pairs, '--json', '--log-level', 'warn', ...(NODES[name] ?? [])];
};

/** One link for each ordered pair of the demo's nodes; one that was never there has carried nothing. */
function expected(links: readonly Link[]): Link[] {
  return NAMES.flatMap((from) =>
    NAMES.filter((to) => to !== from).map(
      (to) =>
        links.find((link) => link.from === from && link.to === to) ?? {
          from,
          to,
          state: 'none',
          packets: 0,
          lost: 0,
          messages: 0,
        },
    ),
  );
}

function parseLine(line: string): NodeLine | undefined {
  try {
    return JSON.parse(line) as NodeLine;
  } catch {
    return undefined; // a line cut off by the end of its process
  }
}

/** Something to wait for that happens once. */
function signal(): { readonly fired: Promise<void>; fire(): void } {
  let fire = (): void => undefined;
  const fired = new Promise<void>((resolve) => (fire = resolve));
  return { fired, fire: () => fire() };
}

/** Resolves after `ms` (never for undefined) or when `stop` is aborted. */
async function timeUp(ms: number | undefined, stop: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    // Unreferenced: when another end of a race came first, this one keeps nobody waiting.
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms).unref();
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (stop.aborted) done();
    else stop.addEventListener('abort', done, { once: true });
  });
}
