import type { MessagePort } from 'node:worker_threads';
import type { VideoFrame } from '@rm/codecs';
import type { Micros } from '@rm/rtp-sync';
import type { OpenChannelOptions } from '../connection/peer-channels.js';
import type { JsonValue } from '../data/control-message.js';
import type { DataChannelStatistics } from '../data/data-channel.js';
import type { DataMessage } from '../data/message-frames.js';
import type { AudioOutputStatistics, Recipients } from '../mesh/audio-output.js';
import type { PeerDirections } from '../mesh/directions.js';
import type { EncodedPicture, MeshEvents } from '../mesh/mesh-options.js';
import type { MeshStatistics } from '../mesh/statistics.js';
import type { VideoOutputStatistics } from '../mesh/video-output.js';
import type { OpenVideoOptions } from '../mesh/video-outputs.js';
import type { ThreadError } from './thread-error.js';
import type { TickNews } from './tick-ring.js';

/** Application messages that may be on their way to the application. */
export const MAX_MESSAGES = 1024;
/** Bytes of encoded pictures that may be on their way to the application. */
export const MAX_ENCODED_BYTES: number = 16 * 1024 * 1024;
/** Bytes of one data channel that may be on their way, each way. */
export const MAX_CHANNEL_BYTES: number = 32 * 1024 * 1024;
/** Pictures of one received stream that the application may not have seen yet. */
export const MAX_PICTURES = 12;
/** Written pictures of one stream that the mesh may not have taken yet. */
export const MAX_WRITTEN_PICTURES = 2;

/** What the worker is started with. */
export interface MeshJob {
  /** Address of the module that sets the mesh up. */
  readonly setup: string;
  readonly data: unknown;
  /** Where calls that are waited for are answered. */
  readonly answers: MessagePort;
  /** Of the `AnswerCount` of those. */
  readonly answered: SharedArrayBuffer;
  /** Application messages, and what else peers can have told at will, to the application. */
  readonly messagesIn: SharedArrayBuffer;
  /** Encoded pictures to the application. */
  readonly encoded: SharedArrayBuffer;
}

/** An audio output in the worker. */
export interface OpenedAudio {
  readonly output: number;
  /** Of a `SampleRing`. */
  readonly memory: SharedArrayBuffer;
  readonly statistics: AudioOutputStatistics;
}

/** A picture output in the worker. */
export interface OpenedVideo {
  readonly output: number;
  readonly streamId: string;
  readonly statistics: VideoOutputStatistics;
}

/** A data channel in the worker. */
export interface OpenedChannel {
  readonly channel: number;
  readonly peerId: string;
  readonly label: string;
  readonly ordered: boolean;
  readonly reliable: boolean;
  /** Of the `Backlog` of what is received. */
  readonly received: SharedArrayBuffer;
  readonly statistics: DataChannelStatistics;
}

/** What was dropped in the worker as the application's thread did not keep up. */
export interface WorkerDrops {
  readonly pictures: number;
  readonly encodedPictures: number;
  readonly messages: number;
  readonly channelMessages: number;
}

/** What the application's thread asks of the worker; the promises are of calls that may take their time. */
export interface MeshCalls {
  connect(signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
  openAudio(to: Recipients): Promise<OpenedAudio>;
  openVideo(to: Recipients, options: OpenVideoOptions): OpenedVideo;
  openChannel(peerId: string, options: OpenChannelOptions): OpenedChannel;
  send(channel: number, message: DataMessage): Promise<void>;
  setDirections(peerId: string, directions: Partial<PeerDirections>): void;
  sendMessage(payload: JsonValue, to: Recipients): number;
  statistics(): { readonly mesh: MeshStatistics; readonly drops: WorkerDrops };
  audioStatistics(output: number): AudioOutputStatistics | undefined;
  videoStatistics(output: number): VideoOutputStatistics | undefined;
  channelStatistics(channel: number): DataChannelStatistics | undefined;
}

/** How a call ended. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: ThreadError };

/** The number of calls whose caller stands still for the answer. */
export const WAITED_FOR = 0;

/** What the worker is told. */
export type ToWorker =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly name: keyof MeshCalls;
      readonly args: readonly unknown[];
    }
  | { readonly kind: 'abort'; readonly id: number; readonly reason: ThreadError }
  /** There are samples to read. */
  | { readonly kind: 'audio'; readonly output: number }
  | {
      readonly kind: 'picture';
      readonly output: number;
      readonly id: number;
      /** In shared memory, without padding. */
      readonly frame: VideoFrame;
      readonly muted: boolean;
    }
  | { readonly kind: 'key-frame'; readonly output: number }
  | { readonly kind: 'close-output'; readonly output: number }
  /** A received picture was seen, so that the memory of the one before can be used again. */
  | {
      readonly kind: 'seen';
      readonly stream: string;
      readonly id: number;
      readonly returned: number | undefined;
    }
  /** Which pictures somebody listens for. */
  | { readonly kind: 'listening'; readonly pictures: boolean; readonly encoded: boolean }
  | { readonly kind: 'close-channel'; readonly channel: number };

/** A received picture in shared memory. */
export interface CrossingPicture {
  readonly id: number;
  /** Peer and stream in one. */
  readonly stream: string;
  readonly peerId: string;
  readonly streamId: string | undefined;
  readonly frame: VideoFrame;
  readonly instant: Micros;
}

/** Events that cross as they are, those with errors apart. */
export type CrossingEvent = {
  [Name in Exclude<keyof MeshEvents, 'channel' | 'signaling-lost' | 'listener-error'>]: {
    readonly kind: 'event';
    readonly name: Name;
    readonly event: MeshEvents[Name];
  };
}[Exclude<keyof MeshEvents, 'channel' | 'signaling-lost' | 'listener-error'>];

/** What the worker tells. */
export type FromWorker =
  | TickNews
  | { readonly kind: 'ready'; readonly peerId: string }
  /** It could not be set up. */
  | { readonly kind: 'failed'; readonly error: ThreadError }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | CrossingEvent
  | { readonly kind: 'signaling-lost'; readonly cause: ThreadError }
  | { readonly kind: 'listener-error'; readonly event: string; readonly error: ThreadError }
  | { readonly kind: 'picture'; readonly picture: CrossingPicture }
  | { readonly kind: 'encoded'; readonly picture: EncodedPicture }
  /** A written picture's memory can be used again. */
  | { readonly kind: 'picture-taken'; readonly output: number; readonly id: number }
  | { readonly kind: 'channel'; readonly channel: OpenedChannel }
  | { readonly kind: 'channel-open'; readonly channel: number }
  | {
      readonly kind: 'channel-message';
      readonly channel: number;
      readonly message: DataMessage;
      /** As they count in its backlog. */
      readonly bytes: number;
    }
  | {
      readonly kind: 'channel-closed';
      readonly channel: number;
      readonly statistics: DataChannelStatistics;
    };
