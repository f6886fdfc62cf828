import { type Micros, micros } from '@rm/rtp-sync';

/** The text line that a file begins with: `#!rtpplay1.0 ADDRESS/PORT`. */
const MAGIC = '#!rtpplay1.0 ';
/** An address of 45 characters and a port fit in it several times. */
const MAX_LINE = 256;
/** Start of the recording, source address and port, padding. */
const FILE_HEADER = 16;
/** Length of record and packet, and the time. */
const RECORD_HEADER = 8;
/** Longest packet a record can hold, in bytes. */
export const MAX_RTPDUMP_PACKET: number = 65_535 - RECORD_HEADER;

/** One packet of an rtpdump file. */
export interface RtpdumpPacket {
  /** Where its record begins in the file, in bytes. */
  readonly position: number;
  /** Time since the start of the recording; the format knows whole milliseconds. */
  readonly arrival: Micros;
  /** Whether it is RTCP; otherwise RTP. */
  readonly rtcp: boolean;
  /** What was recorded of it, from its header on. A view into the file. */
  readonly bytes: Uint8Array;
  /** Its length on the network; more than `bytes` holds where the recording was cut to headers. */
  readonly length: number;
}

/** Where reading a capture had to end, and why. */
export interface CaptureFault {
  /** In bytes from the beginning of the file. */
  readonly position: number;
  readonly reason: string;
}

/** Whether a file begins as rtpdump does. */
export const isRtpdump = (file: Uint8Array): boolean =>
  file.length >= MAGIC.length && ascii(file.subarray(0, MAGIC.length)) === MAGIC;

/**
 * Reads a file in the binary format of rtptools' `rtpdump` and of Wireshark's "RTP dump" export, packet after
 * packet as recorded. Returns the fault at which it ended early, and undefined at the end of the file.
 * @yields each packet, a view into the file.
 */
export function* readRtpdump(file: Uint8Array): Generator<RtpdumpPacket, CaptureFault | undefined> {
  if (!isRtpdump(file)) return { position: 0, reason: `the file does not begin with "${MAGIC}"` };
  const line = file.subarray(0, MAX_LINE).indexOf(0x0a);
  if (line < 0) return { position: 0, reason: 'the first line does not end' };
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let position = line + 1 + FILE_HEADER;
  if (position > file.length) return { position: line + 1, reason: 'the file header is cut off' };
  while (position < file.length) {
    if (file.length - position < RECORD_HEADER)
      return { position, reason: 'a record header is cut off' };
    const length = view.getUint16(position);
    const packetLength = view.getUint16(position + 2);
    if (length < RECORD_HEADER)
      return { position, reason: `a record of ${length} bytes is shorter than its own header` };
    if (length > file.length - position)
      return { position, reason: `a record of ${length} bytes is cut off` };
    const bytes = file.subarray(position + RECORD_HEADER, position + length);
    yield {
      position,
      arrival: micros(view.getUint32(position + 4) * 1000),
      rtcp: packetLength === 0,
      bytes,
      length: Math.max(packetLength, bytes.length),
    };
    position += length;
  }
  return undefined;
}

/** Writes a file in the format that {@link readRtpdump} reads, into memory of a length known beforehand. */
export class RtpdumpWriter {
  readonly #file: Uint8Array;
  readonly #view: DataView;
  #position: number;

  /** Bytes of a file with so many packets of so many bytes in all. */
  static fileLength(packets: number, packetBytes: number): number {
    return firstLine.length + FILE_HEADER + packets * RECORD_HEADER + packetBytes;
  }

  /**
   * @param file - As long as {@link RtpdumpWriter.fileLength} says; it is written to.
   * @param start - Wall clock at the start of the recording, in µs since 1970.
   */
  constructor(file: Uint8Array, start: Micros) {
    this.#file = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    file.set(firstLine);
    this.#view.setUint32(firstLine.length, Math.floor(start / 1e6));
    this.#view.setUint32(firstLine.length + 4, start % 1e6);
    this.#position = firstLine.length + FILE_HEADER;
  }

  /**
   * Adds a packet of at most {@link MAX_RTPDUMP_PACKET} bytes, which are copied.
   * @param arrival - Time since the start of the recording, rounded down to milliseconds.
   */
  add(bytes: Uint8Array, arrival: Micros, rtcp: boolean): void {
    const position = this.#position;
    this.#view.setUint16(position, RECORD_HEADER + bytes.length);
    this.#view.setUint16(position + 2, rtcp ? 0 : bytes.length);
    this.#view.setUint32(position + 4, Math.floor(arrival / 1000));
    this.#file.set(bytes, position + RECORD_HEADER);
    this.#position = position + RECORD_HEADER + bytes.length;
  }
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

const firstLine = Uint8Array.from(`${MAGIC}0.0.0.0/0\n`, (character) => character.charCodeAt(0));
