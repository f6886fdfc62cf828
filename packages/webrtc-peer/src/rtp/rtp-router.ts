import type { RtpPacket } from './packet.js';
import type { RtpReceiver } from './rtp-receiver.js';

/** Streams whose section is remembered. */
const MAX_STREAMS = 256;

/**
 * Finds the media section that a packet belongs to: by its SSRC where that was announced or learnt, by its MID, or by
 * a payload type that only one section has (RFC 8843 §9.2).
 */
export class RtpRouter {
  #receivers: readonly RtpReceiver[] = [];
  readonly #bySsrc = new Map<number, RtpReceiver>();

  /** Takes over what has been negotiated anew. */
  negotiated(receivers: readonly RtpReceiver[]): void {
    this.#receivers = receivers;
    // What a stream said of itself it says only until it was heard.
    for (const [ssrc, receiver] of this.#bySsrc)
      if (!receivers.includes(receiver)) this.#bySsrc.delete(ssrc);
    for (const receiver of receivers) {
      const announced = receiver.transceiver.negotiated?.remoteStreams;
      if (announced === undefined) continue;
      this.#learn(announced.ssrc, receiver);
      if (announced.rtxSsrc !== undefined) this.#learn(announced.rtxSsrc, receiver);
    }
  }

  /** The receiver of a packet; undefined for what belongs nowhere. */
  route({ ssrc, mid, payloadType }: RtpPacket): RtpReceiver | undefined {
    const known = this.#bySsrc.get(ssrc);
    if (known !== undefined && mid === undefined) return known;
    const found = mid === undefined ? this.#byPayloadType(payloadType) : this.#byMid(mid);
    if (found === undefined || found === known) return known;
    this.#learn(ssrc, found);
    return found;
  }

  /** The receiver of a stream that is known; undefined for others. */
  ofSsrc(ssrc: number): RtpReceiver | undefined {
    return this.#bySsrc.get(ssrc);
  }

  /** The stream that was learnt first makes room. */
  #learn(ssrc: number, receiver: RtpReceiver): void {
    this.#bySsrc.delete(ssrc);
    if (this.#bySsrc.size >= MAX_STREAMS) this.#bySsrc.delete(this.#bySsrc.keys().next().value!);
    this.#bySsrc.set(ssrc, receiver);
  }

  #byMid(mid: string): RtpReceiver | undefined {
    return this.#receivers.find(({ transceiver }) => transceiver.negotiated?.mid === mid);
  }

  #byPayloadType(payloadType: number): RtpReceiver | undefined {
    const able = this.#receivers.filter((each) => each.formatOf(payloadType) !== undefined);
    return able.length === 1 ? able[0] : undefined;
  }
}
