import { ProtectionProfileAeadAes128Gcm, SrtcpSession, SrtpSession } from 'werift';
import { type RtpCipher, type SrtpConfig, rtpCipherOf } from './internals.js';
import { PacketIndices } from './srtp-index.js';

/** Largest packet that is sent, in the clear. */
const MAX_PACKET_BYTES = 1200;
const RTP_HEADER_BYTES = 12;
const RTCP_HEADER_BYTES = 8;
const SRTCP_INDEX_BYTES = 4;
/** Most streams of the other side that are kept apart; packets of further ones are discarded. */
const MAX_REMOTE_STREAMS = 1024;
const ROLLOVER = 0x1_0000;

const uint16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const uint32 = (bytes: Uint8Array, at: number): number =>
  uint16(bytes, at) * ROLLOVER + uint16(bytes, at + 2);
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
const plain = ({ buffer, byteOffset, byteLength }: Buffer): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Where the payload of an RTP packet of `length` bytes begins; -1 if it is none (RFC 3550 §5.1). */
const payloadOffset = (packet: Uint8Array, length: number): number => {
  const first = packet[0] ?? 0;
  if (length < RTP_HEADER_BYTES || first >> 6 !== 2) return -1;
  let offset = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (offset + 4 > length) return -1;
    offset += 4 + 4 * uint16(packet, offset + 2);
  }
  return offset <= length ? offset : -1;
};

/** What werift's ciphers ask of a header; one for all packets of a direction. */
class HeaderView {
  ssrc = 0;
  sequenceNumber = 0;
  payloadOffset = 0;
  /** Padding is part of the packet that is handed out. */
  readonly padding = false;
  paddingSize = 0;
  serializeSize = 0;
  #packet: Uint8Array = new Uint8Array(0);

  read(packet: Uint8Array, offset: number): void {
    this.#packet = packet;
    this.sequenceNumber = uint16(packet, 2);
    this.ssrc = uint32(packet, 8);
    this.payloadOffset = offset;
    this.serializeSize = offset;
  }

  serialize(): Uint8Array {
    return this.#packet.subarray(0, this.payloadOffset);
  }
}

/** The keys of both directions of one DTLS association at work (RFC 5764): packets in the clear to SRTP and back. */
export class SrtpTransform {
  readonly #outgoing: RtpCipher;
  readonly #incoming: RtpCipher;
  readonly #outgoingControl: RtpCipher;
  readonly #incomingControl: RtpCipher;
  readonly #tagBytes: number;
  /** An SRTCP packet's index is behind its authentication tag, or before it. */
  readonly #controlIndexAt: number;
  readonly #sent = new Map<number, PacketIndices>();
  readonly #received = new Map<number, PacketIndices>();
  readonly #receivedControl = new Map<number, PacketIndices>();
  readonly #outgoingHeader = new HeaderView();
  readonly #incomingHeader = new HeaderView();
  /** One for all SSRCs, so that none is used twice with any of them. */
  #controlIndex = 0;

  constructor(config: SrtpConfig) {
    const srtp = new SrtpSession(config);
    const srtcp = new SrtcpSession(config);
    this.#outgoing = rtpCipherOf(srtp.localContext);
    this.#incoming = rtpCipherOf(srtp.remoteContext);
    this.#outgoingControl = rtpCipherOf(srtcp.localContext);
    this.#incomingControl = rtpCipherOf(srtcp.remoteContext);
    const aead = config.profile === ProtectionProfileAeadAes128Gcm;
    this.#tagBytes = aead ? 16 : 10;
    this.#controlIndexAt = aead ? SRTCP_INDEX_BYTES : SRTCP_INDEX_BYTES + this.#tagBytes;
  }

  /** Encrypts an RTP packet; undefined for what is none, or is too large. */
  protectRtp(packet: Uint8Array): Buffer | undefined {
    const offset = packet.length <= MAX_PACKET_BYTES ? payloadOffset(packet, packet.length) : -1;
    if (offset < 0) return undefined;
    const header = this.#outgoingHeader;
    header.read(packet, offset);
    let indices = this.#sent.get(header.ssrc);
    if (indices === undefined) this.#sent.set(header.ssrc, (indices = new PacketIndices()));
    const index = indices.estimate(header.sequenceNumber);
    indices.accept(index);
    const rollover = Math.floor(index / ROLLOVER);
    return this.#outgoing.encryptRtp(header, packet.subarray(offset), rollover);
  }

  /** Encrypts an RTCP compound packet; undefined for what is none, or is too large. */
  protectRtcp(packet: Uint8Array): Buffer | undefined {
    if (packet.length < RTCP_HEADER_BYTES || packet.length > MAX_PACKET_BYTES) return undefined;
    this.#controlIndex = (this.#controlIndex + 1) % 0x8000_0000;
    return this.#outgoingControl.encryptRTCP(asBuffer(packet), this.#controlIndex);
  }

  /** Decrypts an RTP packet; undefined for one that is not authentic or came before. */
  unprotectRtp(datagram: Buffer): Uint8Array | undefined {
    const offset = payloadOffset(datagram, datagram.length - this.#tagBytes);
    if (offset < 0) return undefined;
    const header = this.#incomingHeader;
    header.read(datagram, offset);
    const { ssrc, sequenceNumber } = header;
    const known = this.#received.get(ssrc);
    if (known === undefined && this.#received.size >= MAX_REMOTE_STREAMS) return undefined;
    const indices = known ?? new PacketIndices();
    const index = indices.estimate(sequenceNumber);
    if (!indices.isNew(index)) return undefined;
    try {
      const rollover = Math.floor(index / ROLLOVER);
      const [packet] = this.#incoming.decryptRtp(datagram, rollover, header);
      if (known === undefined) this.#received.set(ssrc, indices);
      indices.accept(index);
      return plain(packet);
    } catch {
      return undefined;
    }
  }

  /** Decrypts an RTCP packet; undefined for one that is not authentic or came before. */
  unprotectRtcp(datagram: Buffer): Uint8Array | undefined {
    const trailer = SRTCP_INDEX_BYTES + this.#tagBytes;
    if (datagram.length < RTCP_HEADER_BYTES + trailer) return undefined;
    const ssrc = uint32(datagram, 4);
    const index = uint32(datagram, datagram.length - this.#controlIndexAt) % 0x8000_0000;
    const known = this.#receivedControl.get(ssrc);
    if (known === undefined && this.#receivedControl.size >= MAX_REMOTE_STREAMS) return undefined;
    const indices = known ?? new PacketIndices();
    if (!indices.isNew(index)) return undefined;
    try {
      const [packet] = this.#incomingControl.decryptRTCP(datagram);
      if (known === undefined) this.#receivedControl.set(ssrc, indices);
      indices.accept(index);
      return plain(packet);
    } catch {
      return undefined;
    }
  }
}
