import type { Backend, Transport, TransportHandlers } from '../transport.js';

/** Longest time that warming up may take before it is given up. */
const PATIENCE_MS = 2_000;

const silent: TransportHandlers = {
  iceCandidate: () => {},
  stateChange: () => {},
  rtp: () => {},
  rtcp: () => {},
  dataChannel: () => undefined,
};

const negotiate = async (a: Transport, b: Transport): Promise<void> => {
  await b.setRemote('offer', await a.getLocal('offer'));
  await a.setRemote('answer', await b.getLocal('answer'));
};

/** Connects two transports of `backend` with each other once and closes them. Never rejects. */
export const warmUp = async (backend: Backend): Promise<void> => {
  let opened = (): void => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const a = backend.createTransport({ iceServers: [] }, silent);
  const b = backend.createTransport(
    { iceServers: [] },
    {
      ...silent,
      dataChannel: () => {
        opened();
        return undefined;
      },
    },
  );
  const ignore = (): void => {};
  a.createDataChannel(
    { label: '', protocol: '', ordered: true },
    { open: ignore, close: ignore, message: ignore, drained: ignore },
  );
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
