import { type Micros, Unwrapper, micros } from '@rm/rtp-sync';
import type { CapturedPacket } from '../capture/capture.js';
import { CaptureError } from '../errors.js';

/** A packet of the stream that is replayed. */
export interface StreamPacket {
  /** Since the first packet of the stream. */
  readonly arrival: Micros;
  /** As captured. */
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array | undefined;
  /** Sequence number that does not wrap, as if packets of other payload types had never had one. */
  readonly order: number;
  /** Timestamp that does not wrap, in ticks of the stream's clock. */
  readonly media: number;
}

/** Longer captures are to be cut. */
const MAX_PACKETS = 1_000_000;
const MAX_HOURS = 24;

/** Collects the packets of one SSRC and payload type, in order of arrival. */
export class StreamPackets {
  readonly #payloadType: number | undefined;
  readonly #packets: CapturedPacket[] = [];
  readonly #flows = new Set<string>();

  constructor(payloadType: number | undefined) {
    this.#payloadType = payloadType;
  }

  /** Takes a packet of the SSRC, whatever its payload type. */
  add(packet: CapturedPacket): void {
    if (this.#packets.length === MAX_PACKETS)
      throw new CaptureError(
        `the stream has more than ${MAX_PACKETS} packets: cut the capture first, as with editcap -A and -B`,
      );
    this.#packets.push(packet);
    this.#flows.add(packet.flow);
  }

  /** From where to where they went; empty where the format does not tell. */
  get flows(): ReadonlySet<string> {
    return this.#flows;
  }

  /** The packets of the payload type. Captures of several interfaces are not in order of time: these are. */
  sorted(): StreamPacket[] {
    const captured = this.#packets.toSorted((a, b) => a.arrival - b.arrival);
    const first = captured.find(({ payloadType }) => payloadType === this.#payloadType)!.arrival;
    const last = captured.at(-1)!.arrival;
    if (last - first > MAX_HOURS * 3600e6)
      throw new CaptureError(
        `the packets of the stream lie ${Math.round((last - first) / 3600e6)} h apart, the most is ` +
          `${MAX_HOURS} h: cut the capture first, as with editcap -A and -B`,
      );
    const sequences = new Unwrapper(16);
    const timestamps = new Unwrapper(32);
    const others = new Set<number>();
    const packets: StreamPacket[] = [];
    for (const { payloadType, sequence, timestamp, arrival, payload } of captured) {
      const order = sequences.unwrap(sequence);
      const media = timestamps.unwrap(timestamp);
      if (payloadType !== this.#payloadType) others.add(order);
      else
        packets.push({
          arrival: micros(arrival - first),
          sequence,
          timestamp,
          payload,
          order,
          media,
        });
    }
    return others.size === 0 ? packets : closedUp(packets, others);
  }
}

/**
 * What has no payload to be played (comfort noise, tones) took sequence numbers: without it they would look lost.
 */
function closedUp(packets: readonly StreamPacket[], others: ReadonlySet<number>): StreamPacket[] {
  const gone = Float64Array.from(others).sort();
  const before = (order: number): number => {
    let low = 0;
    for (let high = gone.length; low < high;) {
      const middle = (low + high) >> 1;
      if (gone[middle]! < order) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return packets.map((packet) => ({ ...packet, order: packet.order - before(packet.order) }));
}
