import { ArgumentError } from '../errors.js';
import { isNalUnit, NAL, nalType, splitAnnexB } from './h264-nal.js';
import { checkPayloadSize, evenCuts, type Packetizer, type RtpPayload } from './packetizer.js';

/** Bytes before each NAL unit in a STAP-A: its length (RFC 6184 §5.7.1). */
const LENGTH_BYTES = 2;
/** What is aggregated stays below what the 16-bit lengths can say. */
const MAX_AGGREGATE_BYTES = 0xffff;
/** FU indicator and FU header (RFC 6184 §5.8). */
const FU_HEADER_BYTES = 2;
const FU_START = 0x80;
const FU_END = 0x40;

/** An encoded H.264 frame, ready to be sent. */
export interface H264Frame {
  /** An access unit as an Annex B byte stream; key frames with their parameter sets. */
  readonly data: Uint8Array;
}

/**
 * Makes RTP payloads of H.264 frames in packetization mode 1 (RFC 6184 §6.3). Neighbouring NAL units that fit into one packet go together (STAP-A), as parameter
 * sets do; one that fits alone is sent as it is, a view of the frame; larger ones are cut evenly (FU-A).
 */
export class H264Packetizer implements Packetizer<H264Frame> {
  packetize({ data }: H264Frame, maxPayloadSize: number): readonly RtpPayload[] {
    checkPayloadSize(maxPayloadSize);
    const payloads: Uint8Array[] = [];
    for (const units of together(nalUnits(data), maxPayloadSize)) {
      const first = units[0]!;
      if (units.length > 1) payloads.push(aggregate(units));
      else if (first.length <= maxPayloadSize) payloads.push(first);
      else payloads.push(...fragment(first, maxPayloadSize));
    }
    return payloads.map((payload, i) => ({ payload, marker: i === payloads.length - 1 }));
  }
}

function nalUnits(frame: Uint8Array): readonly Uint8Array[] {
  const units = splitAnnexB(frame);
  if (units.length === 0) {
    throw new ArgumentError('no NAL unit found; give an access unit as Annex B byte stream');
  }
  const foreign = units.find((unit) => !isNalUnit(nalType(unit[0]!)));
  if (foreign) {
    throw new ArgumentError(
      `NAL unit type ${nalType(foreign[0]!)} cannot be sent; give types 1 to ${NAL.LAST}`,
    );
  }
  return units;
}

/** Groups neighbouring NAL units that fit into one STAP-A. */
function together(
  units: readonly Uint8Array[],
  maxPayloadSize: number,
): readonly (readonly Uint8Array[])[] {
  const groups: Uint8Array[][] = [];
  const capacity = Math.min(maxPayloadSize - 1, MAX_AGGREGATE_BYTES);
  let room = 0;
  for (const unit of units) {
    const size = LENGTH_BYTES + unit.length;
    if (size > room) {
      groups.push([]);
      room = capacity;
    }
    groups.at(-1)!.push(unit);
    room -= size;
  }
  return groups;
}

function aggregate(units: readonly Uint8Array[]): Uint8Array {
  const payload = new Uint8Array(units.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 1));
  let forbidden = 0;
  let importance = 0;
  let at = 1;
  for (const unit of units) {
    const header = unit[0]!;
    forbidden |= header & 0x80;
    importance = Math.max(importance, header & 0x60);
    payload[at] = unit.length >> 8;
    payload[at + 1] = unit.length & 0xff;
    payload.set(unit, at + LENGTH_BYTES);
    at += LENGTH_BYTES + unit.length;
  }
  // F is set if any unit's is, NRI is the highest of all (RFC 6184 §5.7).
  payload[0] = forbidden | importance | NAL.STAP_A;
  return payload;
}

function fragment(unit: Uint8Array, maxPayloadSize: number): readonly Uint8Array[] {
  const header = unit[0]!;
  const content = unit.subarray(1);
  const cuts = evenCuts(content.length, maxPayloadSize - FU_HEADER_BYTES);
  const buffer = new Uint8Array(content.length + cuts.length * FU_HEADER_BYTES);
  let from = 0;
  let at = 0;
  return cuts.map((cut, i) => {
    const payload = buffer.subarray(at, at + FU_HEADER_BYTES + cut - from);
    payload[0] = (header & 0xe0) | NAL.FU_A;
    payload[1] = (i === 0 ? FU_START : 0) | (i === cuts.length - 1 ? FU_END : 0) | nalType(header);
    payload.set(content.subarray(from, cut), FU_HEADER_BYTES);
    from = cut;
    at += payload.length;
    return payload;
  });
}
