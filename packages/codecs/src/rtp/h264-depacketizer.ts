import type {
  Depacketizer,
  FramePart,
  PayloadFault,
  PayloadResult,
  ReferenceTracker,
} from './depacketizer.js';
import {
  isNalUnit,
  isSlice,
  NAL,
  nalType,
  splitAnnexB,
  START_CODE_BYTES,
  writeStartCode,
} from './h264-nal.js';
import { LossReferences } from './loss-references.js';

/** What an H.264 payload contributes to its access unit. */
export interface H264Part extends FramePart {
  /** Whole NAL units (one, or those of a STAP-A), or a piece of one (FU-A). */
  readonly kind: 'unit' | 'aggregate' | 'fragment';
  /** First byte of the NAL unit; of a fragment put together from FU indicator and header (RFC 6184 §5.8). */
  readonly header: number;
  readonly startsUnit: boolean;
  readonly endsUnit: boolean;
  /** Whether a sequence and a picture parameter set is in it. */
  readonly hasSps: boolean;
  readonly hasPps: boolean;
  /** Whether a part of a picture is in it. */
  readonly hasSlice: boolean;
}

const fail = (reason: PayloadFault): { readonly ok: false; readonly reason: PayloadFault } => ({
  ok: false,
  reason,
});

/**
 * H.264 payloads of packetization modes 0 and 1: single NAL units, STAP-A and FU-A (RFC 6184 §5). What only
 * the interleaved mode allows is `unsupported`. Frames come out as Annex B byte streams with 4-byte start
 * codes. A frame's beginning is proven by its access unit delimiter or sequence parameter set, or by the
 * frame before it; a key frame is an IDR picture whose parameter sets came in band (RFC 7742 §6.2).
 */
export const h264Depacketizer: Depacketizer<H264Part> = {
  parse(payload) {
    const header = payload[0];
    if (header === undefined) return fail('empty');
    const type = nalType(header);
    if (type === NAL.STAP_A) return parseAggregate(payload);
    if (type === NAL.FU_A) return parseFragment(payload);
    if (type > NAL.STAP_A && type <= NAL.LAST_OF_FORMAT) return fail('unsupported');
    if (!isNalUnit(type)) return fail('malformed');
    return part('unit', payload, header, [type], true, true);
  },
  join,
  trackReferences: () => new H264References(),
};

function part(
  kind: H264Part['kind'],
  body: Uint8Array,
  header: number,
  types: readonly number[],
  startsUnit: boolean,
  endsUnit: boolean,
): PayloadResult<H264Part> {
  const first = types[0];
  const value = {
    kind,
    body,
    header,
    startsUnit,
    endsUnit,
    begins: startsUnit && (first === NAL.AUD || first === NAL.SPS),
    ends: false,
    key: types.includes(NAL.IDR),
    hasSps: types.includes(NAL.SPS),
    hasPps: types.includes(NAL.PPS),
    hasSlice: types.some(isSlice),
    temporalId: 0,
    spatialId: 0,
  };
  return { ok: true, value };
}

/** STAP-A (RFC 6184 §5.7.1). */
function parseAggregate(payload: Uint8Array): PayloadResult<H264Part> {
  const types: number[] = [];
  let fault: PayloadFault | undefined = payload.length === 1 ? 'truncated' : undefined;
  for (let at = 1; at < payload.length && !fault; at = nextUnit(payload, at)) {
    const header = payload[at + 2];
    if (nextUnit(payload, at) > payload.length) fault = 'truncated';
    else if (nextUnit(payload, at) === at + 2) fault = 'malformed';
    else if (!isNalUnit(nalType(header!))) fault = 'malformed';
    else types.push(nalType(header!));
  }
  return fault ? fail(fault) : part('aggregate', payload.subarray(1), 0, types, true, true);
}

/** Where the NAL unit ends whose length stands at `at`; beyond the payload if it is cut off. */
const nextUnit = (bytes: Uint8Array, at: number): number =>
  at + 2 + (((bytes[at] ?? 0xff) << 8) | (bytes[at + 1] ?? 0xff));

/** FU-A (RFC 6184 §5.8). */
function parseFragment(payload: Uint8Array): PayloadResult<H264Part> {
  const fu = payload[1];
  if (fu === undefined || payload.length === 2) return fail('truncated');
  const type = nalType(fu);
  const starts = (fu & 0x80) !== 0;
  const ends = (fu & 0x40) !== 0;
  // A NAL unit in one fragment is forbidden; it would have been sent as it is.
  if (!isNalUnit(type) || (starts && ends)) return fail('malformed');
  const header = (payload[0]! & 0xe0) | type;
  return part('fragment', payload.subarray(2), header, [type], starts, ends);
}

/** Joins to an Annex B byte stream (H.264 §B.1). */
function join(parts: readonly H264Part[]): Uint8Array | undefined {
  const measured = measure(parts);
  if (measured === undefined) return undefined;
  const data = new Uint8Array(measured.size);
  let at = 0;
  for (const { kind, body, header, startsUnit } of parts) {
    if (kind === 'aggregate') {
      for (let unit = 0; unit < body.length; unit = nextUnit(body, unit)) {
        at = writeStartCode(data, at);
        const content = body.subarray(unit + 2, nextUnit(body, unit));
        data.set(content, at);
        at += content.length;
      }
      continue;
    }
    if (startsUnit) at = writeStartCode(data, at);
    if (startsUnit && kind === 'fragment') data[at++] = header;
    data.set(body, at);
    at += body.length;
  }
  // A start code within a NAL unit, which none holds by itself, would make other units of it.
  return splitAnnexB(data).length === measured.units ? data : undefined;
}

/** Bytes and NAL units of the stream that {@link join} writes; undefined unless every fragment has its neighbours. */
function measure(parts: readonly H264Part[]): { size: number; units: number } | undefined {
  let size = 0;
  let units = 0;
  /** Header of the NAL unit that is to go on with the next part. */
  let open: number | undefined;
  for (const { kind, body, header, startsUnit, endsUnit } of parts) {
    if (startsUnit !== (open === undefined)) return undefined;
    if (open !== undefined && nalType(open) !== nalType(header)) return undefined;
    open = endsUnit ? undefined : header;
    size += body.length;
    if (kind === 'aggregate') {
      for (let at = 0; at < body.length; at = nextUnit(body, at)) {
        size += START_CODE_BYTES - 2;
        units++;
      }
    } else if (startsUnit) {
      units++;
      size += START_CODE_BYTES + (kind === 'fragment' ? 1 : 0);
    }
  }
  return open === undefined ? { size, units } : undefined;
}

/** By loss, as H.264 payloads name no references; and no picture is decodable before its parameter sets. */
class H264References implements ReferenceTracker<H264Part> {
  readonly #byLoss = new LossReferences<H264Part>();
  #sps = false;
  #pps = false;

  get broken(): boolean {
    return this.#byLoss.broken;
  }

  isDecodable(parts: readonly H264Part[]): boolean {
    if (!parts.some(({ hasSlice }) => hasSlice)) return true;
    const sps = this.#sps || parts.some(({ hasSps }) => hasSps);
    const pps = this.#pps || parts.some(({ hasPps }) => hasPps);
    return sps && pps && this.#byLoss.isDecodable(parts);
  }

  decoded(parts: readonly H264Part[]): void {
    this.#sps ||= parts.some(({ hasSps }) => hasSps);
    this.#pps ||= parts.some(({ hasPps }) => hasPps);
    if (parts.some(({ hasSlice }) => hasSlice)) this.#byLoss.decoded();
  }

  lost(): void {
    this.#byLoss.lost();
  }
}
