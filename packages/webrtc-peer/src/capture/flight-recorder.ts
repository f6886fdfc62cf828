import { type Micros, micros } from '@rm/rtp-sync';
import type { RtpPacket, SenderReport } from '../rtp/packet.js';
import { SDES_CNAME } from '../rtcp/packet.js';
import { utf8Length } from '../rtcp/source-description.js';
import { writeCompound } from '../rtcp/write-compound.js';
import {
  RTP_HEADER_BYTES,
  SENDER_REPORT_BYTES,
  writeRtp,
  writeSenderReport,
} from './packet-bytes.js';
import { MAX_RTPDUMP_PACKET, RtpdumpWriter } from './rtpdump.js';

/** How much a {@link FlightRecorder} remembers; whichever bound is reached first holds. */
export interface FlightRecorderOptions {
  /** Packets older than this are forgotten; default 60 s. */
  readonly maxAge?: Micros;
  /** Memory for packets, allocated at once, 64 KiB to 1 GiB; default 16 MiB (38 minutes of one Opus stream at 48 kbit/s). */
  readonly maxBytes?: number;
}

/** What a {@link FlightRecorder} holds, and what it could not hold. */
export interface FlightRecorderStatistics {
  /** Packets held. */
  readonly packets: number;
  /** Time from the oldest packet held to the newest. */
  readonly span: Micros;
  /** Packets younger than `maxAge` that were forgotten for lack of room. */
  readonly forgottenForRoom: number;
  /** Packets too long for the format. */
  readonly tooLong: number;
}

/** Of so many streams it is known whose they are; the ones heard of first are forgotten beyond. */
const MAX_NAMES = 1024;
/** Before each packet: its length with {@link RTCP} and its arrival. */
const ENTRY_HEADER = 12;
const RTCP = 0x8000_0000;
const MIN_BYTES = 65_536;
const MAX_BYTES = 2 ** 30;

/**
 * Remembers the latest packets received from all peers, with their times of arrival, in memory that never grows:
 * what there was before something went wrong. `rm-rtpplay` replays what it writes.
 */
export class FlightRecorder {
  readonly #maxAge: Micros;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #names = new Map<number, string>();
  #count = 0;
  /** Bytes of the packets held. */
  #packetBytes = 0;
  /** The oldest entry, and where the next one goes: beside it when the ring is full. */
  #head = 0;
  #tail = 0;
  /** Where entries end before the ring goes on at its beginning; 0 while it does not. */
  #end = 0;
  #newest = 0;
  #forgottenForRoom = 0;
  #tooLong = 0;

  /** @throws RangeError for an age that is not above 0, or for a memory out of its range. */
  constructor(options: FlightRecorderOptions = {}) {
    const { maxAge = micros(60e6), maxBytes = 2 ** 24 } = options;
    if (!(maxAge > 0)) throw new RangeError(`maxAge must be above 0 µs, got ${maxAge}`);
    if (!Number.isInteger(maxBytes) || maxBytes < MIN_BYTES || maxBytes > MAX_BYTES)
      throw new RangeError(
        `maxBytes must be an integer from ${MIN_BYTES} to ${MAX_BYTES}, got ${maxBytes}`,
      );
    this.#maxAge = maxAge;
    this.#bytes = new Uint8Array(maxBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Takes an RTP packet of `peerId` at its arrival, on a clock that does not go back; it is copied. */
  packet(peerId: string, packet: RtpPacket, now: Micros): void {
    if (this.#names.get(packet.ssrc) !== peerId) this.#name(packet.ssrc, peerId);
    const length = RTP_HEADER_BYTES + packet.payload.length;
    if (length > MAX_RTPDUMP_PACKET) {
      this.#tooLong++;
      return;
    }
    const at = this.#enter(length, length, now);
    writeRtp(this.#bytes, this.#view, at, packet);
  }

  /** Takes an RTCP sender report at its arrival, on the clock of {@link packet}. */
  senderReport(report: SenderReport, now: Micros): void {
    const at = this.#enter(SENDER_REPORT_BYTES, SENDER_REPORT_BYTES + RTCP, now);
    writeSenderReport(this.#view, at, report);
  }

  /**
   * What was received in the last `maxAge` before `now`, as an rtpdump file; whose each stream is stands in its
   * source description. The bytes belong to the caller.
   * @param unixOrigin - Wall clock at 0 of the clock of {@link packet}, in µs since 1970.
   */
  rtpdump(now: Micros, unixOrigin: Micros): Uint8Array {
    this.#forgetOld(now);
    const names = this.#descriptions();
    const bytes = names.reduce((sum, name) => sum + name.length, this.#packetBytes);
    const file = new Uint8Array(RtpdumpWriter.fileLength(names.length + this.#count, bytes));
    const start = micros(this.#count === 0 ? now : this.#arrivalAt(this.#head));
    const writer = new RtpdumpWriter(file, micros(unixOrigin + start));
    for (const name of names) writer.add(name, micros(0), true);
    this.#each((at, length, rtcp) => {
      const packet = this.#bytes.subarray(at + ENTRY_HEADER, at + ENTRY_HEADER + length);
      writer.add(packet, micros(this.#arrivalAt(at) - start), rtcp);
    });
    return file;
  }

  statistics(): FlightRecorderStatistics {
    return {
      packets: this.#count,
      span: micros(this.#count === 0 ? 0 : this.#newest - this.#arrivalAt(this.#head)),
      forgottenForRoom: this.#forgottenForRoom,
      tooLong: this.#tooLong,
    };
  }

  /** Makes an entry for `length` bytes and gives the place for them. */
  #enter(length: number, word: number, now: Micros): number {
    this.#forgetOld(now);
    const at = this.#room(ENTRY_HEADER + length);
    this.#view.setUint32(at, word);
    this.#view.setFloat64(at + 4, now);
    this.#tail = at + ENTRY_HEADER + length;
    this.#count++;
    this.#packetBytes += length;
    this.#newest = now;
    return at + ENTRY_HEADER;
  }

  /** Where `needed` bytes fit in one piece; the oldest packets make room for them. */
  #room(needed: number): number {
    for (;;) {
      if (this.#count === 0) this.#head = this.#tail = this.#end = 0;
      const limit = this.#end === 0 ? this.#bytes.length : this.#head;
      if (this.#tail + needed <= limit) return this.#tail;
      if (this.#end === 0 && needed <= this.#head) {
        this.#end = this.#tail;
        return 0;
      }
      this.#forgottenForRoom++;
      this.#forget();
    }
  }

  #forgetOld(now: Micros): void {
    while (this.#count > 0 && this.#arrivalAt(this.#head) < now - this.#maxAge) this.#forget();
  }

  #forget(): void {
    const after = this.#after(this.#head);
    this.#packetBytes -= after - this.#head - ENTRY_HEADER;
    this.#head = after;
    this.#count--;
    if (this.#head !== this.#end) return;
    this.#head = 0;
    this.#end = 0;
  }

  /** Calls `visit` for each entry, oldest first. */
  #each(visit: (at: number, length: number, rtcp: boolean) => void): void {
    let at = this.#head;
    for (let left = this.#count; left > 0; left--) {
      const word = this.#view.getUint32(at);
      visit(at, word % RTCP, word >= RTCP);
      at = this.#after(at);
      if (at === this.#end) at = 0;
    }
  }

  #after(at: number): number {
    return at + ENTRY_HEADER + (this.#view.getUint32(at) % RTCP);
  }

  #arrivalAt(at: number): number {
    return this.#view.getFloat64(at + 4);
  }

  #name(ssrc: number, peerId: string): void {
    this.#names.delete(ssrc);
    this.#names.set(ssrc, peerId);
    if (this.#names.size > MAX_NAMES) this.#names.delete(this.#names.keys().next().value!);
  }

  /** Source descriptions of the streams that are held. */
  #descriptions(): Uint8Array[] {
    const held = new Set<number>();
    this.#each((at, _, rtcp) => {
      if (!rtcp) held.add(this.#view.getUint32(at + ENTRY_HEADER + 8));
    });
    return [...held].flatMap((ssrc) => {
      const name = this.#names.get(ssrc);
      return name === undefined ? [] : [sourceDescription(ssrc, name)];
    });
  }
}

/** An RTCP datagram that says whose stream `ssrc` is: the description, after a report, as a compound begins with one. */
function sourceDescription(ssrc: number, peerId: string): Uint8Array {
  // A text has at most 255 bytes, and a UTF-16 unit takes three at the most.
  const text = utf8Length(peerId) <= 255 ? peerId : peerId.slice(0, 85);
  return writeCompound([
    { type: 'receiver-report', ssrc: 0, reports: [] },
    { type: 'source-description', chunks: [{ ssrc, items: [{ kind: SDES_CNAME, text }] }] },
  ]);
}
