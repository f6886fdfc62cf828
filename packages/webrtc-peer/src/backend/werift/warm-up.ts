import type { Backend, Transport, TransportHandlers } from '../transport.js';

/** Longest time that warming up may take before it is given up. */
const PATIENCE_MS = 2_000;

const silent: TransportHandlers = {
  negotiationNeeded: () => {},
  iceCandidate: () => {},
  stateChange: () => {},
  audioPacket: () => {},
  senderReport: () => {},
  reportBlock: () => {},
  channelOpen: () => {},
  channelClose: () => {},
  message: () => {},
};

const negotiate = async (a: Transport, b: Transport): Promise<void> => {
  await b.setRemoteDescription(await a.setLocalDescription());
  await a.setRemoteDescription(await b.setLocalDescription());
};

/** Connects two transports of `backend` with each other once and closes them. Never rejects. */
export const warmUp = async (backend: Backend): Promise<void> => {
  let opened = (): void => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const a = backend.createTransport({ iceServers: [] }, { ...silent, channelOpen: () => opened() });
  const b = backend.createTransport({ iceServers: [] }, silent);
  const patience = setTimeout(() => opened(), PATIENCE_MS);
  try {
    await negotiate(a, b);
    await open;
  } catch {
    // A machine where this fails finds out with its first connection, with an owner to tell.
  } finally {
    clearTimeout(patience);
    await Promise.all([a.close(), b.close()]);
  }
};
