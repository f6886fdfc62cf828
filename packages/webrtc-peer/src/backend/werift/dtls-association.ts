import { createHash } from 'node:crypto';
import {
  DtlsClient,
  DtlsServer,
  keyLength,
  ProtectionProfileAeadAes128Gcm,
  ProtectionProfileAes128CmHmacSha1_80,
  type RTCCertificate,
  saltLength,
} from 'werift';
import type { Fingerprint } from '../transport.js';
import { guardDtls } from './dtls-guard.js';
import type { SessionKeys, SrtpConfig } from './internals.js';

/** Handshake records kept while there is nobody to take them; one flight of a client fits. */
const MAX_EARLY_RECORDS = 8;
/** The flight of the first ClientHello. */
const CLIENT_HELLO = 1;
/** A number above every flight of the handshake (RFC 6347 §4.2.4). */
const HANDSHAKE_OVER = 100;
/** When a ClientHello is sent again that the other side was too late for: well before the usual half second. */
const SECOND_HELLO_MS = 100;

/** Hash functions of a fingerprint that are trusted, by their names of RFC 8122 §5. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
]);

/** Which end of the handshake a side is. */
export type DtlsRole = 'client' | 'server';

/** What a DTLS association tells; nothing once it is closed. */
export interface DtlsHandlers {
  stateChange(): void;
  /** Application data arrived. */
  data(data: Buffer): void;
}

type Wire = DtlsServer['transport']['socket'];

const isUsable = ({ algorithm, value }: Fingerprint): boolean =>
  HASHES.has(algorithm.toLowerCase()) && /^[0-9a-f]{2}(:[0-9a-f]{2}){31,63}$/i.test(value);

/** Whether one of the fingerprints is of a hash function that is trusted. */
export const hasUsableFingerprint = (fingerprints: readonly Fingerprint[]): boolean =>
  fingerprints.some(isUsable);

/** DTLS with the other side, whose certificate has one of the fingerprints that signaling told (RFC 8827 §6.5). */
export class DtlsAssociation {
  readonly #certificate: RTCCertificate;
  readonly #wire: Wire;
  readonly #handlers: DtlsHandlers;
  readonly #early: Buffer[] = [];
  #socket: DtlsClient | DtlsServer | undefined;
  #fingerprints: readonly Fingerprint[] = [];
  #state: 'new' | 'connecting' | 'connected' | 'closed' | 'failed' = 'new';
  #secondHello: NodeJS.Timeout | undefined;
  #released = false;

  constructor(
    certificate: RTCCertificate,
    send: (datagram: Buffer) => Promise<void>,
    handlers: DtlsHandlers,
  ) {
    this.#certificate = certificate;
    this.#handlers = handlers;
    this.#wire = {
      type: 'ice',
      address: {},
      closed: false,
      onData: () => {},
      send,
      close: () => Promise.resolve(),
    } as unknown as Wire;
  }

  get state(): 'new' | 'connecting' | 'connected' | 'closed' | 'failed' {
    return this.#state;
  }

  /** Takes what signaling tells of the other side's certificate. False if it is not the one already seen. */
  setRemote(fingerprints: readonly Fingerprint[]): boolean {
    if (this.#socket?.remoteCertificate !== undefined && !this.#isOneOf(fingerprints)) return false;
    this.#fingerprints = fingerprints;
    return true;
  }

  /**
   * Begins the handshake at once. werift's own transport would sleep 100 ms before its ClientHello, for a server that
   * drops what comes before ICE is done there; here early records are kept, and the ClientHello goes twice.
   */
  start(role: DtlsRole): void {
    if (this.#state !== 'new' || this.#released) return;
    this.#state = 'connecting';
    const socket = this.#open(role);
    this.#socket = socket;
    guardDtls(socket);
    socket.onConnect.once(() => this.#connected());
    socket.onError.subscribe(() => this.#enter('failed'));
    socket.onClose.subscribe(() => this.#enter('closed'));
    socket.onData.subscribe((data) => {
      if (!this.#released) this.#handlers.data(data);
    });
    if (socket instanceof DtlsClient) this.#hello(socket);
    this.#handlers.stateChange();
    for (const record of this.#early.splice(0)) this.receive(record);
  }

  /** Takes a DTLS datagram of the other side. */
  receive(datagram: Buffer): void {
    if (this.#socket !== undefined) this.#wire.onData(datagram, ['', 0]);
    else if (this.#early.length < MAX_EARLY_RECORDS) this.#early.push(datagram);
  }

  /** Sends application data. */
  async send(data: Buffer): Promise<void> {
    if (this.#state === 'connected') await this.#socket?.send(data);
  }

  /** Keys for SRTP (RFC 5764 §4.2); undefined if none of our profiles was agreed on. */
  srtpConfig(): SrtpConfig | undefined {
    const socket = this.#socket;
    const profile = socket?.srtp.srtpProfile;
    if (socket === undefined || profile === undefined) return undefined;
    const keys: SessionKeys = socket.extractSessionKeys(keyLength(profile), saltLength(profile));
    return {
      profile,
      keys: {
        localMasterKey: keys.localKey,
        localMasterSalt: keys.localSalt,
        remoteMasterKey: keys.remoteKey,
        remoteMasterSalt: keys.remoteSalt,
      },
    };
  }

  /** Ends the handshake that may be under way. What is sent afterwards is lost. */
  close(): void {
    this.#released = true;
    clearTimeout(this.#secondHello);
    if (this.#socket === undefined) return;
    // Retransmission loops end at their next wake-up instead of after half a minute, and no new one begins: a handler
    // that still waits for a message fails when it moves on to the next flight.
    Object.defineProperty(this.#socket.dtls, 'flight', { value: HANDSHAKE_OVER, writable: false });
  }

  #open(role: DtlsRole): DtlsClient | DtlsServer {
    const { certPem, privateKey, signatureHash } = this.#certificate;
    const options = {
      cert: certPem,
      key: privateKey,
      signatureHash,
      transport: this.#wire,
      srtpProfiles: [ProtectionProfileAeadAes128Gcm, ProtectionProfileAes128CmHmacSha1_80],
      extendedMasterSecret: true,
    } as const satisfies Partial<ConstructorParameters<typeof DtlsServer>[0]>;
    if (role === 'client') return new DtlsClient(options);
    return new DtlsServer({ ...options, certificateRequest: true });
  }

  #hello(socket: DtlsClient): void {
    const { send } = this.#wire;
    const hello: Buffer[] = [];
    this.#wire.send = (record, to) => {
      hello.push(record);
      return send(record, to);
    };
    socket.connect().catch(() => this.#enter('failed'));
    this.#wire.send = send;
    this.#secondHello = setTimeout(() => {
      if (socket.dtls.flight === CLIENT_HELLO) for (const record of hello) void send(record);
    }, SECOND_HELLO_MS);
  }

  #connected(): void {
    this.#enter(this.#isOneOf(this.#fingerprints) ? 'connected' : 'failed');
  }

  /** Whether the other side's certificate has one of the fingerprints. */
  #isOneOf(fingerprints: readonly Fingerprint[]): boolean {
    const certificate = this.#socket?.remoteCertificate;
    if (certificate === undefined) return false;
    return fingerprints.filter(isUsable).some(({ algorithm, value }) => {
      const hash = createHash(HASHES.get(algorithm.toLowerCase()) ?? '');
      return hash.update(certificate).digest('hex') === value.replaceAll(':', '').toLowerCase();
    });
  }

  #enter(state: 'connected' | 'closed' | 'failed'): void {
    // What failed stays so; and a handshake that was over when its retransmission failed did not.
    if (this.#released || this.#state === 'failed' || this.#state === state) return;
    if (this.#state === 'closed' || (state === 'failed' && this.#state === 'connected')) return;
    this.#state = state;
    this.#handlers.stateChange();
  }
}
