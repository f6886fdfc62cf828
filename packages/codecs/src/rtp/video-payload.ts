import type { VideoEncodingName } from '../sdp/video-format.js';
import { wholeNumber } from '../whole-number.js';
import { av1Depacketizer } from './av1-depacketizer.js';
import { Av1Packetizer } from './av1-packetizer.js';
import type { Depacketizer, FramePart } from './depacketizer.js';
import { h264Depacketizer } from './h264-depacketizer.js';
import { H264Packetizer } from './h264-packetizer.js';
import type { Packetizer, RtpPayload } from './packetizer.js';
import { vp8Depacketizer, Vp8Packetizer } from './vp8.js';
import { vp9Depacketizer } from './vp9.js';
import { MAX_VP9_REFERENCES } from './vp9-descriptor.js';
import { Vp9Packetizer } from './vp9-packetizer.js';

/** An encoded frame as video encoders give it. */
export interface LayeredFrame {
  readonly data: Uint8Array;
  readonly key: boolean;
  /**
   * Temporal layer, 0 to 3 for VP8 and to 2 for VP9; 0 for streams without layers. A frame needs none of a higher
   * layer, nor one of its own or a lower upper layer from before the last frame of the base.
   */
  readonly temporalId: number;
}

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

const NO_PICTURES: (number | undefined)[] = Array.from({ length: MAX_VP9_REFERENCES });

/**
 * In flexible mode, so that every picture tells what it may refer to: the last one of the base, and those of
 * upper layers up to its own since then. A picture group would not survive frames that rate control drops,
 * and browsers refuse non-flexible key frames without one.
 */
class LayeredVp9Packetizer implements Packetizer<LayeredFrame> {
  readonly #packetizer = new Vp9Packetizer({ flexible: true });
  #picture = 0;
  /** Of each layer, the last picture that can still be referred to. */
  #last: (number | undefined)[] = NO_PICTURES;

  packetize(frame: LayeredFrame, maxPayloadSize: number): readonly RtpPayload[] {
    const { data, key, temporalId } = frame;
    wholeNumber('temporalId', temporalId, 0, NO_PICTURES.length - 1);
    const known = this.#last.slice(0, temporalId + 1).filter((picture) => picture !== undefined);
    // A stream that is taken up without its key frame refers to what was never sent.
    const inter = known.length > 0 ? known.map((picture) => this.#picture - picture) : [1];
    const switchingPoint = temporalId === 0;
    const layer = { temporalId, switchingPoint, spatialId: 0, interLayer: false };
    const payloads = this.#packetizer.packetize(
      { data, key, layer, notForUpperLayers: true, references: key ? [] : inter },
      maxPayloadSize,
    );
    const last = temporalId === 0 ? NO_PICTURES : this.#last;
    this.#last = last.with(temporalId, this.#picture++);
    return payloads;
  }
}
