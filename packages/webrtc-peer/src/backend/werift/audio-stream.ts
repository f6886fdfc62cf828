import {
  RTP_EXTENSION_URI,
  RtcpRrPacket,
  RtcpSrPacket,
  RTCRtpCodecParameters,
  RTCRtpHeaderExtensionParameters,
  RtpHeader,
  type RTCDtlsTransport,
  type RTCPeerConnection,
  type RTCRtpTransceiver,
  type RtcpPacket,
  type RtcpReceiverInfo,
  type RtpPacket as WeriftRtpPacket,
} from 'werift';
import { ABS_CAPTURE_TIME_URI, parseAbsCaptureTime, writeAbsCaptureTime } from '@rm/rtp-sync';
import type { AbsCaptureTime, ReportBlockTimes } from '@rm/rtp-sync';
import type { OutgoingPacket, OutgoingReport, TransportHandlers } from '../transport.js';
import type { TransportCounters } from './counters.js';
import { routerOf } from './internals.js';
import { RoundTripTime } from './round-trip-time.js';
import { serializeSenderReport } from './sender-report.js';
import { trackRollover } from './srtp-rollover.js';

/** Payload type offered for Opus. */
const OPUS_PAYLOAD_TYPE = 111;
/** Streams without an SSRC in the SDP that receiver reports are made for; a sender has one at a time. */
const MAX_UNSIGNALLED_STREAMS = 4;

/** Opus as RFC 7587 §7 describes it, with in-band FEC wanted, and no RTCP feedback. */
export const opus = (payloadType: number = OPUS_PAYLOAD_TYPE): RTCRtpCodecParameters =>
  new RTCRtpCodecParameters({
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    payloadType,
    parameters: 'minptime=10;useinbandfec=1',
  });

/** The header extension that says when a packet was captured. */
export const absCaptureTime = (): RTCRtpHeaderExtensionParameters =>
  new RTCRtpHeaderExtensionParameters({ uri: ABS_CAPTURE_TIME_URI });

const microseconds = (): number => Math.round(performance.now() * 1000);

/**
 * The audio m-line. Packets go to and come from werift's DTLS transport directly: its sender would start
 * sender reports of its own with a wrong NTP fraction and keep a record of every packet for ever, and its
 * router loses packets whose SSRC is not in the SDP.
 */
export class AudioStream {
  readonly #dtls: RTCDtlsTransport;
  readonly #transceiver: RTCRtpTransceiver;
  readonly #router: ReturnType<typeof routerOf>;
  readonly #cname: string;
  readonly #handlers: TransportHandlers;
  readonly #counters: TransportCounters;
  readonly #roundTrip = new RoundTripTime();
  readonly #header = new RtpHeader();
  #payloadType = OPUS_PAYLOAD_TYPE;
  #offeredPayloadType = OPUS_PAYLOAD_TYPE;
  /** The MID on packets until the other side has heard of us; kept as one, so that a packet allocates nothing. */
  #mid: RtpHeader['extensions'] = [];
  /** Id of `abs-capture-time` in the session; undefined when it is not part of it. */
  #captureTimeId: number | undefined;
  #unsignalledStreams = 0;
  #closed = false;

  constructor(pc: RTCPeerConnection, handlers: TransportHandlers, counters: TransportCounters) {
    this.#transceiver = pc.addTransceiver('audio', { direction: 'sendrecv' });
    this.#transceiver.sender.streamIds = [pc.cname];
    this.#dtls = this.#transceiver.dtlsTransport;
    this.#router = routerOf(pc);
    this.#cname = pc.cname;
    this.#handlers = handlers;
    this.#counters = counters;
    this.#header.ssrc = this.ssrc;
    this.#dtls.onRtp.subscribe((packet) => this.#receive(packet));
    this.#dtls.onRtcp.subscribe((packet) => this.#receiveReport(packet));
    this.#dtls.onStateChange.subscribe((state) => {
      if (state !== 'connected') return;
      this.#dtls.srtp.localContext.updateRolloverCount = trackRollover;
      this.#dtls.srtp.remoteContext.updateRolloverCount = trackRollover;
    });
  }

  get dtls(): RTCDtlsTransport {
    return this.#dtls;
  }

  get ssrc(): number {
    return this.#transceiver.sender.ssrc;
  }

  get roundTripTime(): number | undefined {
    return this.#roundTrip.latest;
  }

  /** Whether the audio m-line is part of the session. */
  get negotiated(): boolean {
    return this.#transceiver.sender.codec !== undefined;
  }

  /** Undoes what a local offer that was rolled back has said of the m-line, so that any remote mid fits it. */
  forgetOffer(): void {
    if (this.negotiated) return;
    this.#transceiver.mid = null;
    delete this.#transceiver.mLineIndex;
  }

  /** Takes over what a remote description says of the m-line. */
  remoteDescriptionSet(type: 'offer' | 'answer'): void {
    const payloadType = this.#transceiver.codecs[0]?.payloadType;
    if (!this.negotiated || payloadType === undefined) return;
    this.#payloadType = payloadType;
    // We receive with the payload type of our own description: an answer takes the offerer's (RFC 3264 §6.1).
    this.#offeredPayloadType = type === 'answer' ? OPUS_PAYLOAD_TYPE : payloadType;
    // What we answer and offer next are our parameters, not an echo of the other side's.
    this.#transceiver.codecs = [opus(this.#offeredPayloadType)];
    const idOf = (wanted: string): number | undefined =>
      this.#transceiver.headerExtensions.find(({ uri }) => uri === wanted)?.id;
    const { mid } = this.#transceiver;
    const midId = idOf(RTP_EXTENSION_URI.sdesMid);
    this.#mid =
      mid === null || midId === undefined ? [] : [{ id: midId, payload: Buffer.from(mid) }];
    this.#captureTimeId = idOf(ABS_CAPTURE_TIME_URI);
  }

  send(packet: OutgoingPacket): boolean {
    if (!this.#canSend()) return false;
    const header = this.#header;
    header.payloadType = this.#payloadType;
    header.sequenceNumber = packet.sequenceNumber & 0xffff;
    header.timestamp = packet.timestamp >>> 0;
    header.marker = packet.marker;
    header.extensions = this.#extensions(packet.captureTime);
    header.extension = header.extensions.length > 0;
    const { buffer, byteOffset, byteLength } = packet.payload;
    // Encrypted before it returns, so that header and payload may be used again; it never rejects.
    void this.#dtls.sendRtp(Buffer.from(buffer, byteOffset, byteLength), header);
    return true;
  }

  sendReport(report: OutgoingReport): boolean {
    if (!this.#canSend()) return false;
    const bytes = serializeSenderReport({ ...report, ssrc: this.ssrc }, this.#cname);
    this.#roundTrip.sent(report.ntpSeconds, report.ntpFraction, microseconds());
    const packet = { serialize: () => bytes } as unknown as RtcpPacket;
    this.#dtls.sendRtcp([packet]).catch(() => {});
    return true;
  }

  close(): void {
    this.#closed = true;
  }

  #canSend(): boolean {
    const { currentDirection } = this.#transceiver;
    const open =
      !this.#closed &&
      this.#dtls.state === 'connected' &&
      this.#dtls.iceTransport.connection.nominated !== undefined &&
      (currentDirection === 'sendrecv' || currentDirection === 'sendonly');
    if (!open) this.#counters.packetsRefused++;
    return open;
  }

  #receive({ header, payload }: WeriftRtpPacket): void {
    if (this.#closed || header.payloadType !== this.#offeredPayloadType) return;
    if (this.#router.ssrcTable[header.ssrc] === undefined) this.#reportOn(header.ssrc);
    this.#handlers.audioPacket({
      ssrc: header.ssrc,
      payloadType: header.payloadType,
      sequenceNumber: header.sequenceNumber,
      timestamp: header.timestamp,
      marker: header.marker,
      payload: new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength),
      captureTime: this.#captureTimeOf(header),
    });
  }

  #captureTimeOf({ extensions }: RtpHeader): AbsCaptureTime | undefined {
    if (this.#captureTimeId === undefined) return undefined;
    for (const { id, payload } of extensions) {
      if (id !== this.#captureTimeId) continue;
      const parsed = parseAbsCaptureTime(payload);
      if (parsed.ok) return parsed.value;
    }
    return undefined;
  }

  #extensions(captureTime: AbsCaptureTime | undefined): RtpHeader['extensions'] {
    const id = this.#captureTimeId;
    if (captureTime === undefined || id === undefined) return this.#mid;
    const data = writeAbsCaptureTime(captureTime);
    return data === undefined ? this.#mid : [...this.#mid, { id, payload: Buffer.from(data) }];
  }

  /** Has receiver reports made for a stream that the SDP did not announce. */
  #reportOn(ssrc: number): void {
    if (this.#unsignalledStreams >= MAX_UNSIGNALLED_STREAMS) return;
    this.#unsignalledStreams++;
    this.#router.registerRtpReceiver(this.#transceiver.receiver, ssrc);
  }

  #receiveReport(packet: RtcpPacket): void {
    if (packet instanceof RtcpSrPacket) {
      const { ntpTimestamp, rtpTimestamp, packetCount, octetCount } = packet.senderInfo;
      if (!this.#closed) {
        this.#handlers.senderReport({
          ssrc: packet.ssrc,
          ntpSeconds: Number(ntpTimestamp >> 32n),
          ntpFraction: Number(ntpTimestamp & 0xffff_ffffn),
          rtpTimestamp,
          packetCount,
          octetCount,
          echo: this.#echoIn(packet.reports),
        });
      }
      this.#receiveBlocks(packet.reports);
    } else if (packet instanceof RtcpRrPacket) this.#receiveBlocks(packet.reports);
  }

  #echoIn(blocks: readonly RtcpReceiverInfo[]): ReportBlockTimes | undefined {
    const block = blocks.find(({ ssrc }) => ssrc === this.ssrc);
    return block && { lastSenderReport: block.lsr, delaySinceLastSenderReport: block.dlsr };
  }

  #receiveBlocks(blocks: readonly RtcpReceiverInfo[]): void {
    const now = microseconds();
    for (const block of blocks) {
      if (this.#closed || block.ssrc !== this.ssrc) continue;
      // The other side knows which m-line this SSRC belongs to; the MID may be left out (RFC 8843 §9.2).
      if (this.#mid.length > 0) this.#mid = [];
      this.#roundTrip.reported(block.lsr, block.dlsr, now);
      this.#handlers.reportBlock({
        ssrc: block.ssrc,
        fractionLost: block.fractionLost / 256,
        cumulativeLost: (block.packetsLost << 8) >> 8,
        jitter: block.jitter,
      });
    }
  }
}
