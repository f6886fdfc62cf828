import { ArgumentError } from '../errors.js';
import { wholeNumber } from '../whole-number.js';
import {
  checkFrame,
  checkPayloadSize,
  packetizeBytes,
  type Packetizer,
  type RtpPayload,
} from './packetizer.js';
import { PictureCounter, type PictureCounterOptions } from './picture-id.js';
import {
  MAX_VP9_REFERENCES,
  vp9DescriptorSize,
  writeVp9Descriptor,
  type Vp9Layer,
} from './vp9-descriptor.js';
import type { Vp9Structure } from './vp9-structure.js';

/** An encoded VP9 frame of one spatial layer, ready to be sent. */
export interface Vp9Frame {
  readonly data: Uint8Array;
  /** Whether it refers to no earlier picture. A key picture's upper spatial layers are key frames too. */
  readonly key: boolean;
  /** Layer of the frame; left out for streams without layers. */
  readonly layer?: Vp9Layer;
  /** Whether it is the last of its picture, so that the next frame begins another; true if left out. */
  readonly endOfPicture?: boolean;
  /** Whether no higher spatial layer refers to it; true if left out where there are no layers, else false. */
  readonly notForUpperLayers?: boolean;
  /** Flexible mode only: how many pictures back each reference lies, up to 3, 1 to 127 each; none for key frames. */
  readonly references?: readonly number[];
  /** Scalability structure to send along, as key frames should. */
  readonly structure?: Vp9Structure;
}

/** Options of a {@link Vp9Packetizer}. */
export interface Vp9PacketizerOptions extends PictureCounterOptions {
  /**
   * Whether every frame tells its references (RFC 9628 §3, flexible mode); otherwise they follow from the
   * structure and the layers: browsers then want a structure with every key frame, and a layer with every
   * frame. False if left out.
   */
  readonly flexible?: boolean;
}

/** Makes RTP payloads of VP9 frames (RFC 9628), with 15-bit picture IDs. */
export class Vp9Packetizer implements Packetizer<Vp9Frame> {
  readonly #counter: PictureCounter;
  readonly #flexible: boolean;
  #pictureEnded = true;

  /** Throws `ArgumentError` for counters out of range. */
  constructor(options: Vp9PacketizerOptions = {}) {
    this.#counter = new PictureCounter(options);
    this.#flexible = options.flexible ?? false;
  }

  packetize(frame: Vp9Frame, maxPayloadSize: number): readonly RtpPayload[] {
    const { data, key, layer, structure, references = [] } = frame;
    const { endOfPicture = true, notForUpperLayers = layer === undefined } = frame;
    checkPayloadSize(maxPayloadSize);
    checkFrame(data);
    if (layer) checkLayer(layer);
    if (structure) checkStructure(structure);
    this.#checkReferences(references, key);
    if (this.#pictureEnded) this.#counter.next(layer?.temporalId ?? 0);
    this.#pictureEnded = endOfPicture;
    const fields = {
      interPicture: !key,
      flexible: this.#flexible,
      notForUpperLayers,
      pictureId: this.#counter.pictureId,
      layer,
      tl0PicIdx: layer && !this.#flexible ? this.#counter.tl0PicIdx : undefined,
      references,
      structure,
    };
    return packetizeBytes(
      data,
      maxPayloadSize,
      endOfPicture,
      (first) => vp9DescriptorSize(fields, first),
      (target, first, last) => writeVp9Descriptor(target, fields, first, last),
    );
  }

  #checkReferences(references: readonly number[], key: boolean): void {
    const expected = this.#flexible && !key;
    if (expected !== references.length > 0 || references.length > MAX_VP9_REFERENCES) {
      throw new ArgumentError(
        `${references.length} references are given; give 1 to ${MAX_VP9_REFERENCES} for inter pictures in flexible mode, else none`,
      );
    }
    for (const reference of references) wholeNumber('a reference', reference, 1, 127);
  }
}

function checkLayer({ temporalId, spatialId }: Vp9Layer): void {
  wholeNumber('temporalId', temporalId, 0, 7);
  wholeNumber('spatialId', spatialId, 0, 7);
}

function checkStructure({ spatialLayers, sizes, group }: Vp9Structure): void {
  wholeNumber('spatialLayers', spatialLayers, 1, 8);
  if (sizes && sizes.length !== spatialLayers) {
    throw new ArgumentError(
      `${sizes.length} sizes are given for ${spatialLayers} spatial layers; give one each`,
    );
  }
  for (const { width, height } of sizes ?? []) {
    wholeNumber('width', width, 0, 0xffff);
    wholeNumber('height', height, 0, 0xffff);
  }
  if (!group) return;
  wholeNumber('the number of pictures in a group', group.length, 0, 255);
  for (const { temporalId, references } of group) {
    wholeNumber('temporalId', temporalId, 0, 7);
    wholeNumber('the number of references', references.length, 0, MAX_VP9_REFERENCES);
    for (const reference of references) wholeNumber('a reference', reference, 1, 255);
  }
}
