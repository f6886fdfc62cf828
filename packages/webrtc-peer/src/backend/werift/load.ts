import type { WeriftBackend, WeriftBackendOptions } from './backend.js';

/**
 * Makes a backend over werift 0.24.4. Its transports share one ECDSA P-256 certificate, made here.
 * `createTransport` throws `IceServerError` (`INVALID_ICE_SERVER`); of several ICE servers the first STUN and
 * the first TURN server are used.
 */
export const weriftBackend = async (options: WeriftBackendOptions = {}): Promise<WeriftBackend> => {
  // Loaded when it is wanted: werift takes half a second, which those who only replay need not wait for.
  const { createBackend } = await import('./backend.js');
  return createBackend(options);
};
