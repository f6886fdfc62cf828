import type { TransportHandlers } from '../transport.js';
import type { TransportCounters } from './counters.js';
import type { SrtpConfig } from './internals.js';
import { SrtpTransform } from './srtp.js';

/** Where RTCP is told from RTP: by its second byte (RFC 5761 §4). */
const isRtcp = (datagram: Uint8Array): boolean => {
  const type = datagram[1] ?? 0;
  return type >= 192 && type <= 223;
};

/** The RTP and RTCP of a transport, once it has keys for them. */
export class MediaPackets {
  readonly #send: (datagram: Buffer) => void;
  readonly #handlers: Pick<TransportHandlers, 'rtp' | 'rtcp'>;
  readonly #counters: TransportCounters;
  #srtp: SrtpTransform | undefined;
  #bytesSent = 0;
  #bytesReceived = 0;
  #closed = false;

  constructor(
    send: (datagram: Buffer) => void,
    handlers: Pick<TransportHandlers, 'rtp' | 'rtcp'>,
    counters: TransportCounters,
  ) {
    this.#send = send;
    this.#handlers = handlers;
    this.#counters = counters;
  }

  get bytesSent(): number {
    return this.#bytesSent;
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** Takes the keys that DTLS has agreed on. */
  start(config: SrtpConfig): void {
    this.#srtp = new SrtpTransform(config);
  }

  /** Sends an RTP packet; refused and counted while not connected, or if it is none. */
  sendRtp(packet: Uint8Array, isConnected: boolean): boolean {
    return this.#sendProtected(isConnected ? this.#srtp?.protectRtp(packet) : undefined);
  }

  /** Sends an RTCP compound packet; otherwise as `sendRtp`. */
  sendRtcp(packet: Uint8Array, isConnected: boolean): boolean {
    return this.#sendProtected(isConnected ? this.#srtp?.protectRtcp(packet) : undefined);
  }

  /** Takes a media datagram of the other side, or of anyone. */
  receive(datagram: Buffer): void {
    const srtp = this.#srtp;
    if (this.#closed || srtp === undefined) return;
    this.#bytesReceived += datagram.length;
    const control = isRtcp(datagram);
    const packet = control ? srtp.unprotectRtcp(datagram) : srtp.unprotectRtp(datagram);
    if (packet === undefined) this.#counters.packetsDiscarded++;
    else if (control) this.#handlers.rtcp(packet);
    else this.#handlers.rtp(packet);
  }

  close(): void {
    this.#closed = true;
  }

  #sendProtected(datagram: Buffer | undefined): boolean {
    if (datagram === undefined) {
      this.#counters.packetsRefused++;
      return false;
    }
    this.#bytesSent += datagram.length;
    this.#send(datagram);
    return true;
  }
}
