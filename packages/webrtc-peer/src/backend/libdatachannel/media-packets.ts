import type { Track } from 'node-datachannel';
import type { TransportHandlers } from '../transport.js';
import type { TransportCounters } from './counters.js';

const RTP_HEADER_BYTES = 12;
const RTCP_MIN_BYTES = 8;
/** What SRTP adds with AES-GCM (RFC 7714 §13), which is agreed on wherever the other side has it. */
const SRTP_BYTES = 16;
/** And SRTCP, whose index is sent along. */
const SRTCP_BYTES: number = SRTP_BYTES + 4;

const isVersion2 = (packet: Uint8Array): boolean => ((packet[0] ?? 0) & 0xc0) === 0x80;

/** RTCP by its packet types, as RFC 5761 §4 keeps them apart from payload types. */
const isControl = (packet: Uint8Array): boolean => {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
};

const isRtp = (packet: Uint8Array): boolean =>
  packet.length >= RTP_HEADER_BYTES && isVersion2(packet) && !isControl(packet);

const isRtcp = (packet: Uint8Array): boolean =>
  packet.length >= RTCP_MIN_BYTES && isVersion2(packet) && isControl(packet);

/** RTP and RTCP of all media, which travel over one track of libdatachannel's as they are. */
export class MediaPackets {
  bytesSent = 0;
  bytesReceived = 0;
  readonly #track: Track;
  readonly #handlers: TransportHandlers;
  readonly #counters: TransportCounters;

  constructor(track: Track, handlers: TransportHandlers, counters: TransportCounters) {
    this.#track = track;
    this.#handlers = handlers;
    this.#counters = counters;
  }

  sendRtp(packet: Uint8Array, isConnected: boolean): boolean {
    return this.#send(packet, isConnected && isRtp(packet), SRTP_BYTES);
  }

  sendRtcp(packet: Uint8Array, isConnected: boolean): boolean {
    return this.#send(packet, isConnected && isRtcp(packet), SRTCP_BYTES);
  }

  receive(packet: Uint8Array): void {
    if (isRtp(packet)) {
      this.bytesReceived += packet.length + SRTP_BYTES;
      this.#handlers.rtp(packet);
    } else if (isRtcp(packet)) {
      this.bytesReceived += packet.length + SRTCP_BYTES;
      this.#handlers.rtcp(packet);
    } else this.#counters.packetsDiscarded++;
  }

  #send(packet: Uint8Array, isSendable: boolean, added: number): boolean {
    if (!isSendable) {
      this.#counters.packetsRefused++;
      return false;
    }
    try {
      // Any view of bytes is taken, which the declared type does not say.
      if (this.#track.sendMessageBinary(packet as Buffer)) {
        this.bytesSent += packet.length + added;
        return true;
      }
    } catch {
      // SRTP refuses a sequence number more than 1,024 behind; and the track closes before that is told.
    }
    this.#counters.packetsFailed++;
    return false;
  }
}
