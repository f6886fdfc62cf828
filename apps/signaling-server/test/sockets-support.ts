import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Writable } from 'node:stream';
import { Hub } from '@rm/signaling-protocol/hub';
import type { Grant, HubOptions } from '@rm/signaling-protocol/hub';
import { pino } from 'pino';
import { WebSocketServer } from 'ws';
import { AddressLimits } from '../src/address-limits.js';
import { Metrics } from '../src/metrics.js';
import { Sockets } from '../src/sockets.js';
import type { SocketsOptions } from '../src/sockets.js';
import { atEnd } from './support.js';

/** What differs from the usual. */
export interface Setting extends Partial<SocketsOptions> {
  readonly hubOptions?: Partial<HubOptions>;
  readonly grant?: Grant;
  /** Takes the place of the stream under the nth socket, counted from 1. */
  readonly streamOf?: (nth: number, stream: Duplex) => Duplex;
}

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Sockets on a server of their own, with what they log. */
export async function serve(setting: Setting = {}): Promise<{
  readonly url: string;
  readonly sockets: Sockets;
  readonly metrics: Metrics;
  readonly lines: LogLine[];
}> {
  const { hubOptions, grant, streamOf = (_, stream) => stream, ...options } = setting;
  const lines: LogLine[] = [];
  const log = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(JSON.parse(line.toString()) as LogLine);
      done();
    },
  });
  const hub = new Hub({ wallClock: () => '2026-01-01T00:00:00Z', ...hubOptions });
  const metrics = new Metrics(() => ({ hub: hub.snapshot(), connections: sockets.size }));
  const sockets: Sockets = new Sockets({
    hub,
    logger: pino({ level: 'debug', base: null }, log),
    addresses: new AddressLimits(100, 100_000),
    metrics,
    maxMessageBytes: 262_144,
    maxOutboundBytes: 1_048_576,
    offerTimeoutMs: 10_000,
    pingIntervalMs: 5_000,
    ...options,
  });
  const webSockets = new WebSocketServer({ noServer: true });
  let count = 0;
  const http = createServer().on('upgrade', (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = streamOf(++count, socket);
      sockets.add(webSocket, { address: '127.0.0.1', grant, stream });
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  atEnd(() => {
    sockets.release();
    for (const client of webSockets.clients) client.terminate();
    http.close();
  });
  const { port } = http.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, sockets, metrics, lines };
}
