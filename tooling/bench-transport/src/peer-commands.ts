import type { LinkCloseReason, MeshStatistics } from '@rm/webrtc-peer';

/** How a node joins. */
export interface JoinOptions {
  readonly url: string;
  readonly room: string;
  readonly backend: string;
  readonly video: boolean;
  /** The node has joined when it is connected to so many. */
  readonly peers: number;
}

/** What a node measured of itself. Times are on the clock that all processes share, in µs. */
export interface Measured {
  readonly at: number;
  /** User and system time of its process so far, in µs. */
  readonly cpu: number;
  readonly statistics: MeshStatistics;
  /** Longest time without sound of the first peer since this was asked last, in ms. */
  readonly longestInterruption: number;
  /** Frames of pictures that came, and those of them that had come before. */
  readonly frames: number;
  readonly framesRepeated: number;
  /** Data-channel messages that came: bytes, and when the first and the last did. */
  readonly data: { readonly bytes: number; readonly first: number; readonly last: number };
}

/** What a node does when it is asked, by name: what it is given, and what it answers. */
export interface PeerCommands {
  /** Joins a room; answers when it began to, and when it was connected to the last of its peers. */
  join(options: JoinOptions): Promise<{ readonly began: number; readonly connected: number }>;
  /** Leaves the room. */
  leave(): Promise<void>;
  /** Sends sound from now on: speech, over and over. */
  speak(): Promise<void>;
  /** Listens to the first peer from now on, so that interruptions are known. */
  listen(): Promise<void>;
  /** Sends pictures of 640x360, 30 a second. */
  film(options: { readonly maxBitrate: number }): Promise<void>;
  measure(): Promise<Measured>;
  /** Answers when a peer is lost. */
  lost(): Promise<{ readonly at: number; readonly reason: LinkCloseReason }>;
  /** Answers when sound came and was played once more. */
  heard(): Promise<{ readonly at: number }>;
  /** Sends messages of `bytes` over a data channel for `ms`, awaiting each. */
  flood(options: {
    readonly to: string;
    readonly bytes: number;
    readonly ms: number;
  }): Promise<void>;
}
