import type { LibdatachannelBackend } from './backend.js';
import { BackendUnavailableError } from './errors.js';

/**
 * Makes a backend over libdatachannel, by `node-datachannel` 0.33.4: native code, which does ICE, DTLS, SRTP and SCTP
 * on threads of its own. Each transport has a certificate of its own. `createTransport` throws `IceServerError`
 * (`INVALID_ICE_SERVER`), for TURN over TCP and TLS too. Only one thread of a process can use it.
 *
 * Rejects with `BackendUnavailableError` (`BACKEND_UNAVAILABLE`) where it cannot be loaded.
 */
export const libdatachannelBackend = async (): Promise<LibdatachannelBackend> => {
  const { createBackend } = await import('./backend.js').catch((cause: unknown) => {
    throw new BackendUnavailableError(
      'install the optional package node-datachannel 0.33.4, for this platform, or use weriftBackend()',
      { cause },
    );
  });
  return createBackend();
};
