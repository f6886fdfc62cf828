import { figure, median } from '@rm/benchmark';
import type { Figure } from '@rm/benchmark';
import { frozenClient } from './frozen.js';
import { idleConnection } from './idle.js';
import { joinStorm } from './join-storm.js';
import type { JoinStorm } from './join-storm.js';
import { reconnectStorm } from './reconnect.js';
import { Conversations } from './routing.js';
import type { Conversation, Routing } from './routing.js';
import { slowReader } from './slow-reader.js';
import { Target } from './target.js';

/** How much is measured. */
export interface Size {
  /** Messages of one round of routing. */
  readonly messages: number;
  /** How often server and relay are measured by turns; the figures are the middle ones. */
  readonly rounds: number;
  /** Peers of each storm. */
  readonly peers: number;
  readonly idleConnections: number;
  /** How long a frozen client may stay, in ms. */
  readonly frozenPatience: number;
}

const PAIRS = 20;
const BURST = 10;
/** Half megabytes sent to a client that does not read; the system itself holds up to 10 MB. */
const SLOW_BATCHES = 64;

const MEGABYTE = 1_000_000;
const KILOBYTE = 1_000;

/** CPU and latency of routed messages, server and relay by turns in the same run. */
export async function measureRouting(size: Size): Promise<Figure[]> {
  await using server = await Target.start('server');
  await using relay = await Target.start('relay');
  const compare = (pairs: number, burst: number): Promise<Comparison> =>
    compareRouting(server, relay, { pairs, burst }, size);
  const single = await compare(PAIRS, 1);
  const bursts = await compare(PAIRS, BURST);
  const alone = await compare(1, 1);
  return [
    ...costFigures('one at a time', single),
    ...costFigures(`in bursts of ${BURST}`, bursts),
    ...latencyFigures('one at a time', single),
    ...latencyFigures(`in bursts of ${BURST}`, bursts),
    ...latencyFigures('of a single pair', alone),
  ];
}

/** Rounds of the server, each with that of the relay beside it. */
type Comparison = readonly (readonly [server: Routing, relay: Routing])[];

async function compareRouting(
  server: Target,
  relay: Target,
  conversation: Conversation,
  { messages, rounds }: Size,
): Promise<Comparison> {
  const ofServer = await Conversations.start(server, conversation);
  const ofRelay = await Conversations.start(relay, conversation);
  const count = Math.ceil((messages * conversation.pairs) / PAIRS);
  await ofServer.route(count);
  await ofRelay.route(count);
  const comparison: [Routing, Routing][] = [];
  for (let round = 0; round < rounds; round++) {
    comparison.push([await ofServer.route(count), await ofRelay.route(count)]);
  }
  await ofServer.end();
  await ofRelay.end();
  return comparison;
}

const middleRatio = (comparison: Comparison, of: (routing: Routing) => number): number =>
  median(comparison.map(([server, relay]) => of(server) / of(relay)));

const costFigures = (pattern: string, comparison: Comparison): Figure[] => [
  figure(
    `CPU per routed message, ${pattern}`,
    middleRatio(comparison, ({ cpu }) => cpu),
    '× relay',
    { most: 1.2 },
  ),
  figure(
    `CPU per routed message, ${pattern}, of the server`,
    median(comparison.map(([{ cpu }]) => cpu)),
    'µs',
  ),
];

const latencyFigures = (pattern: string, comparison: Comparison): Figure[] => [
  figure(
    `latency, ${pattern}: half within`,
    middleRatio(comparison, ({ p50 }) => p50),
    '× relay',
    { most: 1.2 },
  ),
  figure(
    `latency, ${pattern}: 99 % within`,
    middleRatio(comparison, ({ p99 }) => p99),
    '× relay',
    { most: 1.2 },
  ),
  figure(
    `latency, ${pattern}: 99 % within, of the server`,
    median(comparison.map(([{ p99 }]) => p99)),
    'ms',
  ),
];

/** Everybody arrives and negotiates with everybody in the room. */
export async function measureJoinStorm({ peers, rounds }: Size): Promise<Figure[]> {
  await using server = await Target.start('server');
  await using relay = await Target.start('relay');
  const storms: JoinStorm[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const reference = await joinStorm(relay, peers);
    const storm = await joinStorm(server, peers);
    storms.push(storm);
    ratios.push(storm.cpu / reference.cpu);
  }
  const middle = (of: (storm: JoinStorm) => number): number => median(storms.map(of));
  const sum = (of: (storm: JoinStorm) => number): number => storms.reduce((n, s) => n + of(s), 0);
  const name = `join storm of ${peers}`;
  return [
    figure(`${name}: CPU`, median(ratios), '× relay', { most: 1 }),
    figure(
      `${name}: errors`,
      sum((storm) => storm.errors),
      '',
      { most: 0 },
    ),
    figure(
      `${name}: pairs not fully negotiated`,
      sum(({ pairs, negotiated }) => pairs - negotiated),
      `of ${sum(({ pairs }) => pairs)}`,
      { most: 0 },
    ),
    figure(
      'join cost: last 100 against first 100',
      middle(({ firstJoin, lastJoin }) => lastJoin / firstJoin),
      '×',
      { most: 1.2 },
    ),
    figure(
      'join cost: of the last 100, each',
      middle(({ lastJoin }) => lastJoin),
      'µs',
    ),
  ];
}

/** What connections cost that say nothing. */
export async function measureIdle({ idleConnections }: Size): Promise<Figure[]> {
  await using server = await Target.start('server');
  await using relay = await Target.start('relay');
  const cost = (await idleConnection(server, idleConnections)) / KILOBYTE;
  const reference = (await idleConnection(relay, idleConnections)) / KILOBYTE;
  return [
    figure('RSS per idle connection', cost, 'KB', { most: 14 }),
    figure('RSS per idle connection, of the relay', reference, 'KB'),
  ];
}

/** Clients that do not read, or do nothing any more. */
export async function measureBadClients({ frozenPatience }: Size): Promise<Figure[]> {
  await using server = await Target.start('server');
  await using other = await Target.start('server');
  const [slow, frozen] = await Promise.all([
    slowReader(server, SLOW_BATCHES),
    frozenClient(other, frozenPatience),
  ]);
  return [
    figure('slow reader: memory held for it', slow.held / MEGABYTE, 'MB', { most: 2 }),
    figure('slow reader: not cut off', Number(!slow.cutOff), '', { most: 0 }),
    figure('frozen client: gone for the others', frozen, 's', { most: 15 }),
  ];
}

/** Everybody loses the connection, is sent something, and comes back to it. */
export async function measureReconnect({ peers }: Size): Promise<Figure[]> {
  await using server = await Target.start('server');
  const storm = await reconnectStorm(server, peers);
  const name = `reconnect storm of ${peers}`;
  return [
    figure(`${name}: all back`, storm.seconds, 's', { most: 5 }),
    figure(`${name}: not resumed`, storm.notResumed, '', { most: 0 }),
    figure(`${name}: messages lost`, storm.lost, `of ${storm.sent}`, { most: 0 }),
  ];
}
