import { createSelfSignedCertificate, RTCCertificate } from 'werift';
import type { Backend, TransportConfig, TransportHandlers } from '../transport.js';
import { resolveIceServers } from './ice-servers.js';
import { WeriftTransport } from './transport.js';
import { warmUp } from './warm-up.js';

/** Options of the werift backend. */
export interface WeriftBackendOptions {
  /**
   * Makes one throw-away connection within this process before the backend is ready, so that the first real
   * one finds compiled code. Default true; it costs about 0.1 s once per process.
   */
  readonly warmUp?: boolean;
}

/** The pure TypeScript backend. */
export interface WeriftBackend extends Backend {
  readonly name: 'werift';
  createTransport(config: TransportConfig, handlers: TransportHandlers): WeriftTransport;
}

// ECDSA with SHA-256 on P-256: what every WebRTC implementation must support (RFC 8827 §6.5).
const ECDSA_SHA256 = { signature: 3, hash: 4 } as const;
const SECP256R1 = 23;

let warm: Promise<void> | undefined;

/** See `weriftBackend`. */
export const createBackend = async (options: WeriftBackendOptions): Promise<WeriftBackend> => {
  const { certPem, keyPem, signatureHash } = await createSelfSignedCertificate(
    ECDSA_SHA256,
    SECP256R1,
  );
  const certificate = new RTCCertificate(keyPem, certPem, signatureHash);
  const backend: WeriftBackend = {
    name: 'werift',
    restartsIce: true,
    validate: ({ iceServers }) => void resolveIceServers(iceServers),
    createTransport: (config, handlers) => new WeriftTransport(config, handlers, certificate),
  };
  if (options.warmUp ?? true) {
    warm ??= warmUp(backend);
    await warm;
  }
  return backend;
};
