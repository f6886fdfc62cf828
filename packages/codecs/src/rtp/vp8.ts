import { wholeNumber } from '../whole-number.js';
import { joinBodies, type Depacketizer, type FramePart } from './depacketizer.js';
import {
  checkFrame,
  checkPayloadSize,
  packetizeBytes,
  type Packetizer,
  type RtpPayload,
} from './packetizer.js';
import { PictureCounter, type PictureCounterOptions } from './picture-id.js';
import { PictureReferences } from './picture-references.js';
import {
  parseVp8Descriptor,
  vp8DescriptorSize,
  writeVp8Descriptor,
  type Vp8Descriptor,
} from './vp8-descriptor.js';

/** An encoded VP8 frame, ready to be sent. */
export interface Vp8Frame {
  readonly data: Uint8Array;
  /** Temporal layer of the frame; left out for streams without layers. */
  readonly layer?: {
    /** 0 to 3. */
    readonly temporalId: number;
    /** The frame refers to the base layer only. */
    readonly layerSync: boolean;
  };
  /** Whether no other frame refers to this one, so that its loss does no harm; false if left out. */
  readonly nonReference?: boolean;
}

/** What a VP8 payload contributes to its frame. */
export interface Vp8Part extends FramePart {
  readonly descriptor: Vp8Descriptor;
}

/** VP8 payloads (RFC 7741); frames come out as they went into the sender's packetizer. */
export const vp8Depacketizer: Depacketizer<Vp8Part> = {
  parse(payload) {
    const result = parseVp8Descriptor(payload);
    if (!result.ok) return result;
    const { descriptor, length } = result;
    const header = payload[length];
    if (header === undefined) return { ok: false, reason: 'truncated' };
    const value = {
      body: payload.subarray(length),
      begins: descriptor.begins,
      ends: false,
      // The first bit of the VP8 payload header is 0 for key frames (RFC 7741 §4.3).
      key: descriptor.begins && (header & 1) === 0,
      temporalId: descriptor.temporalId,
      spatialId: 0,
      descriptor,
    };
    return { ok: true, value };
  },
  join: joinBodies,
  trackReferences: () => new PictureReferences(),
};

/** Makes RTP payloads of VP8 frames (RFC 7741), with 15-bit picture IDs, and TL0PICIDX where there are layers. */
export class Vp8Packetizer implements Packetizer<Vp8Frame> {
  readonly #counter: PictureCounter;

  /** Throws `ArgumentError` for counters out of range. */
  constructor(options: PictureCounterOptions = {}) {
    this.#counter = new PictureCounter(options);
  }

  packetize(frame: Vp8Frame, maxPayloadSize: number): readonly RtpPayload[] {
    const { data, layer, nonReference = false } = frame;
    checkPayloadSize(maxPayloadSize);
    checkFrame(data);
    if (layer) wholeNumber('temporalId', layer.temporalId, 0, 3);
    this.#counter.next(layer?.temporalId ?? 0);
    const { pictureId, tl0PicIdx } = this.#counter;
    const size = vp8DescriptorSize(layer !== undefined);
    const fields = {
      nonReference,
      pictureId,
      layer: layer && { ...layer, tl0PicIdx },
    };
    return packetizeBytes(
      data,
      maxPayloadSize,
      true,
      () => size,
      (target, first) => writeVp8Descriptor(target, fields, first),
    );
  }
}
