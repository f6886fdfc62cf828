import type { Micros } from '../frames/audio-frame.js';

/** An RTP packet as `FrameAssembler.push` takes it. */
export interface ReceivedPacket {
  /** 0 to 65535. */
  readonly sequenceNumber: number;
  /** 0 to 2³²−1, in ticks of the format's clock rate. */
  readonly timestamp: number;
  readonly marker: boolean;
  /** Payload without RTP header, extensions and padding. */
  readonly payload: Uint8Array;
  readonly arrival: Micros;
}

/** A frame all of whose packets came, and which can be decoded after those given before. */
export interface AssembledFrame {
  readonly kind: 'frame';
  /** The frame as a decoder takes it; belongs to the caller. */
  readonly data: Uint8Array;
  readonly timestamp: number;
  /** Whether it can be decoded without any frame before it. */
  readonly key: boolean;
  readonly temporalId: number;
  /** Highest spatial layer in it. */
  readonly spatialId: number;
  /** Sequence number of its first packet. */
  readonly sequenceNumber: number;
  readonly packets: number;
  /** When the first and when the last of its packets to come did. */
  readonly firstArrival: Micros;
  readonly lastArrival: Micros;
}

/** Packets that are given up: what was waited for, and what of their frames had come. */
export interface PacketLoss {
  readonly kind: 'loss';
  /** Sequence number of the first packet that is missing. */
  readonly sequenceNumber: number;
  /** Packets that are given up from there on; 0 if the sender began to count anew. */
  readonly packets: number;
  /** RTP timestamp of the frame they are missing in, if another packet of it came. */
  readonly timestamp: number | undefined;
  /** Whether no frame can follow without a key frame, so that one is to be asked for (PLI). */
  readonly keyFrameNeeded: boolean;
}

/** Options of a `FrameAssembler`. */
export interface FrameAssemblerOptions {
  /** How long a missing packet is waited for after the one behind it came: 0 to 10 s, 100 ms if left out. */
  readonly maxWait?: Micros;
  /** Most packets, and widest span of sequence numbers, that are held: 16 to 8192, 1024 if left out. */
  readonly maxPackets?: number;
  /** Most payload bytes that are held: 64 KiB to 64 MiB, 4 MiB if left out. */
  readonly maxBytes?: number;
}

/** Why packets were not used. */
export type PacketDrop =
  /** came before already */
  | 'duplicate'
  /** was given up when it came */
  | 'late'
  /** sequence number far from all others */
  | 'stray'
  /** cut off, or against the payload format */
  | 'malformed'
  /** a feature of the format that was not negotiated */
  | 'unsupported'
  /** another packet of its frame is missing */
  | 'incomplete'
  /** more was held than allowed */
  | 'overflow';

/** What a `FrameAssembler` has counted since it was made. */
export interface FrameAssemblerStatistics {
  readonly framesAssembled: number;
  /** Key frames among them. */
  readonly keyFramesAssembled: number;
  /** Frames that were whole but refer to one that is missing. */
  readonly framesUndecodable: number;
  /** Frames whose packets all came but do not fit together. */
  readonly framesMalformed: number;
  /** Packets given up, as told by {@link PacketLoss}. */
  readonly packetsLost: number;
  readonly packetsDropped: Readonly<Record<PacketDrop, number>>;
}

/** Statistics to count in. */
export const nothingCounted = (): Omit<
  { -readonly [Name in keyof FrameAssemblerStatistics]: number },
  'packetsDropped'
> & { readonly packetsDropped: Record<PacketDrop, number> } => ({
  framesAssembled: 0,
  keyFramesAssembled: 0,
  framesUndecodable: 0,
  framesMalformed: 0,
  packetsLost: 0,
  packetsDropped: {
    duplicate: 0,
    late: 0,
    stray: 0,
    malformed: 0,
    unsupported: 0,
    incomplete: 0,
    overflow: 0,
  },
});
