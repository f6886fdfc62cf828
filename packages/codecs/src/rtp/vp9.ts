import { joinBodies, type Depacketizer } from './depacketizer.js';
import { parseVp9Descriptor, type Vp9Part } from './vp9-descriptor.js';
import { Vp9References } from './vp9-references.js';

/**
 * VP9 payloads (RFC 9628). A frame is a whole picture: the layer frames of all its spatial layers one after
 * the other, as VP9 decoders take them.
 */
export const vp9Depacketizer: Depacketizer<Vp9Part> = {
  parse(payload) {
    const result = parseVp9Descriptor(payload);
    if (!result.ok) return result;
    const { descriptor, length } = result;
    if (length === payload.length) return { ok: false, reason: 'truncated' };
    const spatialId = descriptor.layer?.spatialId ?? 0;
    const begins = descriptor.beginsLayer && spatialId === 0;
    const value = {
      body: payload.subarray(length),
      begins,
      ends: false,
      key: begins && !descriptor.interPicture,
      temporalId: descriptor.layer?.temporalId ?? 0,
      spatialId,
      descriptor,
    };
    return { ok: true, value };
  },
  join: joinBodies,
  trackReferences: () => new Vp9References(),
};
