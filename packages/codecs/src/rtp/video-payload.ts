import type { VideoEncodingName } from '../sdp/video-format.js';
import { av1Depacketizer } from './av1-depacketizer.js';
import { Av1Packetizer } from './av1-packetizer.js';
import type { Depacketizer, FramePart } from './depacketizer.js';
import { h264Depacketizer } from './h264-depacketizer.js';
import { H264Packetizer } from './h264-packetizer.js';
import type { LayeredFrame } from './layered-frame.js';
import type { Packetizer, RtpPayload } from './packetizer.js';
import { vp8Depacketizer, Vp8Packetizer } from './vp8.js';
import { vp9Depacketizer } from './vp9.js';
import { LayeredVp9Packetizer } from './vp9-layered.js';

const DEPACKETIZERS: Readonly<Record<VideoEncodingName, Depacketizer<FramePart>>> = {
  VP8: vp8Depacketizer,
  VP9: vp9Depacketizer,
  H264: h264Depacketizer,
  AV1: av1Depacketizer,
};

/** The depacketizer of a video codec. */
export const videoDepacketizer = (codec: VideoEncodingName): Depacketizer<FramePart> =>
  DEPACKETIZERS[codec];

/** A packetizer for one stream of what an encoder gives, with the temporal layers told where the format can. */
export function videoPacketizer(codec: VideoEncodingName): Packetizer<LayeredFrame> {
  switch (codec) {
    case 'VP8':
      return new LayeredVp8Packetizer();
    case 'VP9':
      return new LayeredVp9Packetizer();
    case 'H264':
      return new H264Packetizer();
    case 'AV1':
      return new Av1Packetizer();
  }
}

class LayeredVp8Packetizer implements Packetizer<LayeredFrame> {
  readonly #packetizer = new Vp8Packetizer();
  /** Lowest upper layer seen since the last frame of the base. */
  #lowest = Number.POSITIVE_INFINITY;

  packetize({ data, temporalId }: LayeredFrame, maxPayloadSize: number): readonly RtpPayload[] {
    const layerSync = temporalId > 0 && temporalId < this.#lowest;
    this.#lowest = temporalId === 0 ? Number.POSITIVE_INFINITY : Math.min(this.#lowest, temporalId);
    return this.#packetizer.packetize({ data, layer: { temporalId, layerSync } }, maxPayloadSize);
  }
}
