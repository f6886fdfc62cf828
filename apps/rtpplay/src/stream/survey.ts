import { sequenceDelta } from '@rm/rtp-sync';
import type { CapturedPacket } from '../capture/capture.js';

/** What was seen of the packets of one SSRC. */
export interface Surveyed {
  readonly ssrc: number;
  readonly packets: number;
  /** Packets by payload type; `undefined` where a table of arrivals does not tell. */
  readonly payloadTypes: ReadonlyMap<number | undefined, number>;
  /** Whether sequence numbers follow each other as those of one sender do. */
  readonly plausible: boolean;
  /** Whether many packets share a timestamp, as those of a picture do. */
  readonly video: boolean;
  /** Where its packets came from first; empty where the format does not tell. */
  readonly flow: string;
}

class Source implements Surveyed {
  readonly ssrc: number;
  readonly flow: string;
  readonly payloadTypes = new Map<number | undefined, number>();
  packets = 0;
  #last: CapturedPacket | undefined;
  #distinct = 0;
  #inStep = 0;
  #sameTimestamp = 0;

  constructor({ ssrc, flow }: CapturedPacket) {
    this.ssrc = ssrc;
    this.flow = flow;
  }

  add(packet: CapturedPacket): void {
    this.packets++;
    const { payloadType } = packet;
    this.payloadTypes.set(payloadType, (this.payloadTypes.get(payloadType) ?? 0) + 1);
    const step =
      this.#last === undefined ? undefined : sequenceDelta(packet.sequence, this.#last.sequence);
    // The same packet again says nothing of its sender.
    if (step === 0) return;
    this.#distinct++;
    if (step !== undefined && Math.abs(step) <= NEAR) this.#inStep++;
    if (packet.timestamp === this.#last?.timestamp) this.#sameTimestamp++;
    this.#last = packet;
  }

  get plausible(): boolean {
    return this.#distinct >= FEWEST && 2 * this.#inStep >= this.#distinct - 1;
  }

  get video(): boolean {
    return 5 * this.#sameTimestamp > this.#distinct;
  }
}

/** Of packets in a row most are at most so many apart. */
const NEAR = 16;
/** Fewer packets are no stream, but something that happens to look like RTP. */
const FEWEST = 3;
/** A hostile capture names more sources than there are streams in any call. */
const MAX_SOURCES = 4096;

/** Takes stock of the streams in a capture. */
export class Survey {
  readonly #sources = new Map<number, Source>();
  #unsorted = 0;

  add(packet: CapturedPacket): void {
    let source = this.#sources.get(packet.ssrc);
    if (source === undefined) {
      if (this.#sources.size >= MAX_SOURCES) {
        this.#unsorted++;
        return;
      }
      source = new Source(packet);
      this.#sources.set(packet.ssrc, source);
    }
    source.add(packet);
  }

  /** The streams with the most packets first, and those of a lower SSRC where that is the same. */
  streams(): readonly Surveyed[] {
    return [...this.#sources.values()]
      .filter(({ plausible }) => plausible)
      .toSorted((a, b) => b.packets - a.packets || a.ssrc - b.ssrc);
  }

  /** Packets that belong to no stream. */
  get strays(): number {
    let packets = this.#unsorted;
    for (const source of this.#sources.values()) if (!source.plausible) packets += source.packets;
    return packets;
  }
}
