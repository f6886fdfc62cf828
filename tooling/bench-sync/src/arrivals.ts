/** The packets of one stream in order of arrival, as arrays of equal length. */
export interface Arrivals {
  readonly name: string;
  /** RTP clock rate in Hz. */
  readonly clockRate: number;
  /** RTP sequence numbers, 0…65535. */
  readonly sequence: Uint16Array;
  /** RTP timestamps, 0…2³²−1. */
  readonly timestamp: Uint32Array;
  /** Durations in ticks of the RTP clock. */
  readonly duration: Uint32Array;
  /** When each packet arrives, in µs. */
  readonly arrival: Float64Array;
  /** When each would have arrived over the idle path, in µs. */
  readonly earliest: Float64Array;
}

/** One packet on its way to a place in {@link Arrivals}. */
export interface Packet {
  readonly sequence: number;
  readonly timestamp: number;
  readonly duration: number;
  readonly arrival: number;
  readonly earliest: number;
}

/** Puts packets in order of arrival. */
export function arrivalsOf(name: string, clockRate: number, packets: readonly Packet[]): Arrivals {
  const sorted = packets.toSorted((a, b) => a.arrival - b.arrival);
  return {
    name,
    clockRate,
    sequence: Uint16Array.from(sorted, (p) => p.sequence),
    timestamp: Uint32Array.from(sorted, (p) => p.timestamp),
    duration: Uint32Array.from(sorted, (p) => p.duration),
    arrival: Float64Array.from(sorted, (p) => p.arrival),
    earliest: Float64Array.from(sorted, (p) => p.earliest),
  };
}
