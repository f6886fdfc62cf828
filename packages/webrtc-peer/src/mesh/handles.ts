import type { DataChannel } from '../data/data-channel.js';
import type { AudioOutput } from './audio-output.js';
import type { VideoOutput } from './video-output.js';

/** An audio stream to other peers, whichever thread encodes it. */
export type NodeAudioOutput = Pick<
  AudioOutput,
  'to' | 'muted' | 'reaches' | 'write' | 'statistics' | 'close'
>;

/** A picture stream to other peers, whichever thread encodes it. */
export type NodeVideoOutput = Pick<
  VideoOutput,
  'to' | 'streamId' | 'muted' | 'reaches' | 'write' | 'requestKeyFrame' | 'statistics' | 'close'
>;

/** A data channel to one peer, whichever thread carries it. */
export type NodeDataChannel = Pick<DataChannel, keyof DataChannel>;
