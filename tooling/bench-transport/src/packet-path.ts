import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Backend, Transport, TransportHandlers } from '@rm/webrtc-peer';

/** A way from one end to another for packets. */
export interface PacketPath {
  /** Called for each packet that comes out. */
  received: () => void;
  /** False if it cannot be sent; the bytes are yours again. */
  send(packet: Uint8Array): boolean;
  close(): Promise<void>;
}

/** Two sockets on loopback. */
export async function dgramPath(): Promise<PacketPath> {
  const [from, to] = [createSocket('udp4'), createSocket('udp4')];
  to.bind(0, '127.0.0.1');
  await once(to, 'listening');
  from.connect(to.address().port, '127.0.0.1');
  await once(from, 'connect');
  const path: PacketPath = {
    received: () => {},
    send: (packet) => {
      // A copy, as the socket keeps what it is given until it has gone.
      from.send(packet.slice());
      return true;
    },
    close: () => {
      from.close();
      to.close();
      return Promise.resolve();
    },
  };
  to.on('message', () => path.received());
  return path;
}

/** Two transports of a backend, connected over loopback or what else the machine has. */
export async function transportPath(backend: Backend): Promise<PacketPath> {
  let from: Transport | undefined;
  let to: Transport | undefined;
  let connected: (() => void) | undefined;
  const bothConnected = new Promise<void>((resolve) => (connected = resolve));
  const handlers = (other: () => Transport | undefined): TransportHandlers => ({
    iceCandidate: (candidate) => other()?.addRemoteCandidate(candidate),
    stateChange: () => {
      if ([from, to].every((each) => each?.states.connection === 'connected')) connected?.();
    },
    rtp: () => path.received(),
    rtcp: () => {},
    dataChannel: () => undefined,
  });
  const path: PacketPath = {
    received: () => {},
    send: (packet) => from?.sendRtp(packet) ?? false,
    close: async () => {
      await Promise.all([from?.close(), to?.close()]);
    },
  };
  from = backend.createTransport(
    { iceServers: [] },
    handlers(() => to),
  );
  to = backend.createTransport(
    { iceServers: [] },
    handlers(() => from),
  );
  await to.setRemote('offer', await from.getLocal('offer'));
  await from.setRemote('answer', await to.getLocal('answer'));
  await bothConnected;
  return path;
}
