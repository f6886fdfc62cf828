import type { Micros } from '../frames/audio-frame.js';
import { wholeNumber } from '../whole-number.js';
import {
  nothingCounted,
  type AssembledFrame,
  type FrameAssemblerOptions,
  type FrameAssemblerStatistics,
  type PacketLoss,
  type ReceivedPacket,
} from './assembled-frame.js';
import type { Depacketizer, FramePart, ReferenceTracker } from './depacketizer.js';
import {
  findWholeFrame,
  frameEnd,
  isBeginning,
  mediaPackets,
  nextMedia,
  type MediaPacket,
} from './frame-bounds.js';
import { PacketWindow, type HeldPacket } from './packet-window.js';
import { sequenceDelta } from './sequence.js';

const DEFAULT_MAX_WAIT = 100_000;
const DEFAULT_MAX_PACKETS = 1024;
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;

/**
 * Puts the frames of one RTP stream together, from packets in any order.
 *
 * `push` every packet, then `poll` until it gives nothing: frames come in sending order, each whole and with
 * all it refers to given before. What does not come in time is told as loss. Until the first key frame, and
 * after losses that break the references, `keyFrameNeeded` is true and frames that cannot be decoded are
 * held back and counted. When the stream gets another SSRC, `reset()`.
 */
export class FrameAssembler<Part extends FramePart> {
  readonly #format: Depacketizer<Part>;
  readonly #maxWait: number;
  readonly #maxPackets: number;
  readonly #maxBytes: number;
  readonly #counts = nothingCounted();
  #window: PacketWindow<Part>;
  #references: ReferenceTracker<Part>;
  /** The packet before the front, if it was there. */
  #before: HeldPacket<Part> | undefined;
  /** The frame that begins with the packet `from` is there up to `to`. */
  #looked = { from: 0, to: 0 };
  #newestKey: number | undefined;
  #stray: ReceivedPacket | undefined;
  /** Given up before `poll` could tell. */
  #untold: { readonly from: number; packets: number } | undefined;
  #deadline: Micros | undefined;

  /** Throws `ArgumentError` for options out of range. */
  constructor(format: Depacketizer<Part>, options: FrameAssemblerOptions = {}) {
    this.#format = format;
    this.#maxWait = wholeNumber('maxWait', options.maxWait ?? DEFAULT_MAX_WAIT, 0, 10_000_000);
    this.#maxPackets = wholeNumber(
      'maxPackets',
      options.maxPackets ?? DEFAULT_MAX_PACKETS,
      16,
      8192,
    );
    this.#maxBytes = wholeNumber(
      'maxBytes',
      options.maxBytes ?? DEFAULT_MAX_BYTES,
      2 ** 16,
      2 ** 26,
    );
    this.#window = new PacketWindow(this.#maxPackets);
    this.#references = format.trackReferences();
  }

  /** Whether no frame can be given before a key frame, as far as is known: ask the sender for one (PLI). */
  get keyFrameNeeded(): boolean {
    return this.#references.broken;
  }

  /** After `poll` gave nothing: when to call it again though no packet comes; undefined if nothing waits. */
  get deadline(): Micros | undefined {
    return this.#deadline;
  }

  /** What was counted so far. */
  get statistics(): FrameAssemblerStatistics {
    return { ...this.#counts, packetsDropped: { ...this.#counts.packetsDropped } };
  }

  /** Forgets the stream, but not what was counted: the next packet begins another. */
  reset(): void {
    this.#window = new PacketWindow(this.#maxPackets);
    this.#references = this.#format.trackReferences();
    this.#before = undefined;
    this.#looked = { from: 0, to: 0 };
    this.#newestKey = undefined;
    this.#stray = undefined;
    this.#untold = undefined;
    this.#deadline = undefined;
  }

  /** Takes a packet; its payload is copied. Never throws. */
  push(packet: ReceivedPacket): void {
    const { sequenceNumber } = packet;
    const place = this.#window.place(sequenceNumber);
    if (place.kind === 'stray') return this.#takeStray(packet);
    if (place.kind !== 'new') {
      this.#counts.packetsDropped[place.kind]++;
      return;
    }
    const payload = copied(packet);
    const parsed = this.#format.parse(payload);
    if (!parsed.ok && parsed.reason !== 'empty') {
      this.#counts.packetsDropped[parsed.reason === 'unsupported' ? 'unsupported' : 'malformed']++;
      return;
    }
    const { sequence } = place;
    const part = parsed.ok ? parsed.value : undefined;
    const { timestamp, marker, arrival } = packet;
    this.#giveUpBefore(sequence - this.#maxPackets + 1);
    this.#window.insert({ sequence, timestamp, marker, arrival, bytes: payload.length, part });
    while (this.#window.bytes > this.#maxBytes) {
      this.#giveUpBefore(this.#window.firstFrom(this.#window.front)!.sequence + 1);
    }
    if (part?.key) this.#newestKey = sequence;
  }

  /** The next frame or loss, or undefined if there is none at `now`; call until then. */
  poll(now: Micros): AssembledFrame | PacketLoss | undefined {
    this.#deadline = undefined;
    if (this.#untold) return this.#tellOverflow(this.#untold);
    for (;;) {
      const head = this.#window.at(this.#window.front);
      if (!head) return this.#atGap(this.#window.front, undefined, now);
      if (!head.part) {
        this.#window.moveTo(head.sequence + 1);
      } else if (!isBeginning(head, this.#before)) {
        if (this.#mayBePreceded(head, now)) return this.#skipToKeyFrame();
        this.#dropTail(head);
      } else {
        const from = head.sequence;
        const start = this.#looked.from === from ? this.#looked.to : from;
        const { at, ends } = frameEnd(this.#window, head, start);
        this.#looked = { from, to: at };
        if (!ends) return this.#atGap(at, head.part, now);
        const packets = mediaPackets(this.#window, at);
        const decodable = this.#references.isDecodable(packets.map(({ part }) => part));
        if (!decodable && this.#mayBePreceded(head, now)) return this.#skipToKeyFrame();
        const output = this.#finish(packets, at, decodable);
        if (output) return output;
      }
    }
  }

  /** Two strays in a row are a stream that was numbered anew (RFC 3550 A.1). */
  #takeStray(packet: ReceivedPacket): void {
    const before = this.#stray;
    const restarts = before && sequenceDelta(packet.sequenceNumber, before.sequenceNumber) === 1;
    this.#stray = { ...packet, payload: copied(packet) };
    if (!restarts) {
      this.#counts.packetsDropped.stray++;
      return;
    }
    this.#counts.packetsDropped.stray--;
    this.#counts.packetsDropped.incomplete += this.#window.count;
    this.reset();
    this.#untold = { from: before.sequenceNumber, packets: 0 };
    this.push(before);
    this.push(packet);
  }

  /** Makes room: nothing before `sequence` is waited for any more. */
  #giveUpBefore(sequence: number): void {
    const { front } = this.#window;
    if (sequence <= front) return;
    this.#untold ??= { from: front, packets: 0 };
    this.#untold.packets += sequence - front;
    this.#counts.packetsDropped.overflow += this.#window.moveTo(sequence);
    this.#before = undefined;
  }

  #tellOverflow({ from, packets }: { readonly from: number; packets: number }): PacketLoss {
    this.#untold = undefined;
    const next = nextMedia(this.#window, this.#window.front)?.part;
    if (packets > 0) this.#references.lost(undefined, next, packets);
    return this.#loss(from, packets, undefined);
  }

  /** The packet `missing` is not there: waits, or gives it up together with the frame it is missing in. */
  #atGap(missing: number, damaged: Part | undefined, now: Micros): PacketLoss | undefined {
    const next = nextMedia(this.#window, missing);
    if (!next) return undefined;
    if (!this.#expired(next, now)) return this.#skipToKeyFrame();
    const head = damaged ? this.#window.at(this.#window.front)! : next;
    const timestamp = damaged || !next.part.begins ? head.timestamp : undefined;
    const end = this.#window.firstFrom(missing)!.sequence;
    this.#dropTo(end);
    this.#references.lost(damaged, next.part, end - missing);
    return this.#loss(missing, end - missing, timestamp);
  }

  /** While nothing but a key frame helps, one that is whole is not kept waiting for what is before it. */
  #skipToKeyFrame(): PacketLoss | undefined {
    const { front } = this.#window;
    if (!this.#references.broken || this.#newestKey === undefined) return undefined;
    const start = findWholeFrame(this.#window, this.#newestKey);
    if (start === undefined || start <= front) return undefined;
    let missing = start - front;
    let first = start;
    for (let at = start - 1; at >= front; at--) {
      if (this.#window.at(at)) missing--;
      else first = at;
    }
    this.#dropTo(start);
    this.#deadline = undefined;
    return this.#loss(first, missing, undefined, false);
  }

  /** Drops the packet at the front, whose frame's beginning is missing. */
  #dropTail(head: HeldPacket<Part>): void {
    this.#dropTo(head.sequence + 1);
    this.#before = head;
  }

  #dropTo(sequence: number): void {
    this.#counts.packetsDropped.incomplete += this.#window.moveTo(sequence);
    this.#before = undefined;
  }

  /** Whether the stream has just begun, so that what comes before `head` may be on its way. */
  #mayBePreceded(head: HeldPacket<Part>, now: Micros): boolean {
    return !this.#window.moved && !this.#expired(head, now);
  }

  /** Gives the frame of these packets, which ends before `end`, unless it cannot be decoded. */
  #finish(
    packets: readonly MediaPacket<Part>[],
    end: number,
    decodable: boolean,
  ): AssembledFrame | PacketLoss | undefined {
    const parts = packets.map(({ part }) => part);
    const from = this.#window.front;
    this.#window.moveTo(end);
    this.#before = packets.at(-1);
    if (!decodable) {
      this.#counts.framesUndecodable++;
      this.#references.lost(parts[0], undefined, 0);
      return undefined;
    }
    const { sequence, timestamp } = packets[0]!;
    const data = this.#format.join(parts);
    if (!data) {
      this.#counts.framesMalformed++;
      this.#references.lost(parts[0], undefined, 0);
      return this.#loss(from, end - from, timestamp);
    }
    this.#references.decoded(parts);
    const key = parts.some((part) => part.key);
    this.#counts.framesAssembled++;
    if (key) this.#counts.keyFramesAssembled++;
    const arrivals = packets.map(({ arrival }) => arrival);
    return {
      kind: 'frame',
      data,
      timestamp,
      key,
      temporalId: parts[0]!.temporalId,
      spatialId: parts.at(-1)!.spatialId,
      sequenceNumber: sequence & 0xffff,
      packets: packets.length,
      firstArrival: arrivals.reduce((a, b) => (b < a ? b : a)),
      lastArrival: arrivals.reduce((a, b) => (b > a ? b : a)),
    };
  }

  #loss(
    from: number,
    packets: number,
    timestamp: number | undefined,
    keyFrameNeeded: boolean = this.#references.broken,
  ): PacketLoss {
    this.#counts.packetsLost += packets;
    return { kind: 'loss', sequenceNumber: from & 0xffff, packets, timestamp, keyFrameNeeded };
  }

  /** Whether the wait that began with the arrival of `packet` is over; else remembers when it will be. */
  #expired(packet: HeldPacket<Part>, now: Micros): boolean {
    const deadline = (packet.arrival + this.#maxWait) as Micros;
    if (now >= deadline) return true;
    this.#deadline = deadline;
    return false;
  }
}

/** Not by `slice`, which gives no copy of Node's buffers. */
const copied = ({ payload }: ReceivedPacket): Uint8Array => new Uint8Array(payload);
