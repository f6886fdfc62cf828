import { ArgumentError } from '../errors.js';
import { isDtx } from '../opus/packet-contents.js';
import { parseToc } from '../opus/toc.js';
import { joinBodies, type Depacketizer, type FramePart } from './depacketizer.js';
import { checkFrame, checkPayloadSize, type Packetizer, type RtpPayload } from './packetizer.js';

const INDEPENDENT = {
  broken: false,
  isDecodable: (): boolean => true,
  decoded: (): void => {},
  lost: (): void => {},
};

/** Opus payloads (RFC 7587 §4.2): a packet is a payload is a frame, and every frame stands for itself. */
export const opusDepacketizer: Depacketizer<FramePart> = {
  parse(payload) {
    const toc = parseToc(payload);
    if (!toc.ok) {
      return { ok: false, reason: toc.reason === 'bad-frame-count' ? 'malformed' : toc.reason };
    }
    const value = {
      body: payload,
      begins: true,
      ends: true,
      key: true,
      temporalId: 0,
      spatialId: 0,
    };
    return { ok: true, value };
  },
  join: joinBodies,
  trackReferences: () => INDEPENDENT,
};

/**
 * Makes RTP payloads of Opus packets (RFC 7587 §4.2): the packets themselves, without a copy.
 *
 * Packets that say nothing but silence, as an encoder with DTX makes them, give no payload (RFC 7587 §3.1.3):
 * count their duration into the next timestamp, but no sequence number. The first packet after
 * them, and the very first, has the marker of a talkspurt's beginning (RFC 3551 §4.1).
 */
export class OpusPacketizer implements Packetizer<Uint8Array> {
  #silent = true;

  packetize(packet: Uint8Array, maxPayloadSize: number): readonly RtpPayload[] {
    checkPayloadSize(maxPayloadSize);
    checkFrame(packet);
    if (packet.length > maxPayloadSize) {
      throw new ArgumentError(
        `an Opus packet of ${packet.length} bytes cannot be split; lower the bitrate or the frame duration`,
      );
    }
    const marker = this.#silent;
    this.#silent = isDtx(packet);
    return this.#silent ? [] : [{ payload: packet, marker }];
  }
}
