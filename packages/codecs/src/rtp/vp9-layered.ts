import { wholeNumber } from '../whole-number.js';
import type { LayeredFrame } from './layered-frame.js';
import type { Packetizer, RtpPayload } from './packetizer.js';
import { MAX_VP9_REFERENCES } from './vp9-descriptor.js';
import { Vp9Packetizer } from './vp9-packetizer.js';
import { readVp9SlotUse } from './vp9-slots.js';

const LAYERS = MAX_VP9_REFERENCES;
const SLOTS = 8;
/** P_DIFF has 7 bits in flexible mode (RFC 9628 §4.2). */
const FURTHEST = 127;

/**
 * Makes RTP payloads of VP9 pictures in temporal layers.
 *
 * In flexible mode, so that every picture tells what it refers to: of the last one of the base, and of those of
 * upper layers up to its own since then, those in the slots that its header names. A picture group would not survive
 * frames that rate control drops, and browsers refuse non-flexible key frames without one.
 */
export class LayeredVp9Packetizer implements Packetizer<LayeredFrame> {
  readonly #packetizer = new Vp9Packetizer({ flexible: true });
  #picture = 0;
  /** Of each layer, the last picture that may still be referred to. */
  #last: (number | undefined)[] = Array.from({ length: LAYERS });
  /** The picture in each slot; undefined from a frame whose header cannot be read to the next key frame. */
  #slots: number[] | undefined;

  packetize(frame: LayeredFrame, maxPayloadSize: number): readonly RtpPayload[] {
    const { data, key, temporalId } = frame;
    wholeNumber('temporalId', temporalId, 0, LAYERS - 1);
    const use = key ? undefined : readVp9SlotUse(data);
    const references = key ? [] : this.#references(temporalId, use?.read);
    const layer = { temporalId, switchingPoint: temporalId === 0, spatialId: 0, interLayer: false };
    const payloads = this.#packetizer.packetize(
      { data, key, layer, notForUpperLayers: true, references },
      maxPayloadSize,
    );
    if (key || temporalId === 0) this.#last = Array.from({ length: LAYERS });
    this.#last[temporalId] = this.#picture;
    if (key) this.#slots = Array.from({ length: SLOTS }, () => this.#picture);
    else if (use) this.#keep(use.written);
    else this.#slots = undefined;
    this.#picture++;
    return payloads;
  }

  /** How many pictures back each reference lies. */
  #references(temporalId: number, read: readonly number[] | undefined): readonly number[] {
    const allowed = this.#last.slice(0, temporalId + 1).filter((each) => each !== undefined);
    // A stream that is taken up without its key frame refers to what was never sent.
    if (allowed.length === 0) return [1];
    const slots = this.#slots;
    const named =
      slots && read && allowed.filter((each) => read.some((slot) => slots[slot] === each));
    const told = named?.length ? named : allowed;
    // What lies further back cannot be told, but what is in between refers to it.
    return told.map((each) => Math.min(this.#picture - each, FURTHEST));
  }

  #keep(written: number): void {
    this.#slots = this.#slots?.map((each, slot) => ((written >> slot) & 1 ? this.#picture : each));
  }
}
