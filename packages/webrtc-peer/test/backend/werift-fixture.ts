import {
  endpoint,
  connectTransports,
  type Connection,
  type Endpoint,
} from './connect-transports.js';
import { RawPeer } from './raw-peer.js';
import {
  weriftBackend,
  type WeriftBackend,
  type WeriftTransport,
} from '../../src/backend/werift/index.js';

/** The backend of all tests of a file. */
export const backend: WeriftBackend = await weriftBackend({ warmUp: false });

const open: { close(): Promise<unknown> }[] = [];

/** Closes what the functions below have made since the last call. */
export const closeAll = async (): Promise<void> => {
  await Promise.all(open.splice(0).map((one) => one.close()));
};

/** Two transports connected with each other. */
export const connected = async (): Promise<Connection<WeriftTransport, WeriftTransport>> => {
  const connection = await connectTransports(backend, backend);
  open.push(connection);
  return connection;
};

type Handlers = Parameters<typeof endpoint>[1];

/** A transport that is not connected. */
export const alone = (handlers: Handlers = {}): Endpoint<WeriftTransport> => {
  const end = endpoint(backend, handlers);
  open.push(end.transport);
  return end;
};

/** A transport connected with a bare werift connection, which offered. */
export const withRaw = async (
  options: ConstructorParameters<typeof RawPeer>[0] = {},
  edit?: (sdp: string) => string,
): Promise<Awaited<ReturnType<typeof RawPeer.connect>>> => {
  const pair = await RawPeer.connect(backend, options, edit);
  open.push(pair);
  return pair;
};

/** An Opus packet as `sendAudio` takes it. */
export const opus = (
  sequenceNumber: number,
  timestamp: number = sequenceNumber * 960,
): { sequenceNumber: number; timestamp: number; marker: boolean; payload: Uint8Array } => ({
  sequenceNumber,
  timestamp,
  marker: false,
  payload: Uint8Array.from([0xf8, 0xff, 0xfe]),
});
