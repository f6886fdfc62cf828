import { join } from 'node:path';
import { VIDEO_CLOCK_RATE } from '@rm/codecs';
import { timestampDelta } from '@rm/rtp-sync';
import type { EncodedPicture } from '@rm/webrtc-peer';
import { keyFrameSize } from './key-frame-size.js';
import type { PictureSize } from './option-values.js';
import { VideoFile, VideoFileError, type VideoFileFormat, extensionOf } from './video-file.js';

/** A peer that begins more files than this is recorded no further. */
const MAX_FILES_OF_PEER = 64;
/** Frames further apart than this, or that go back, are those of another connection. */
const MAX_STEP = 60 * VIDEO_CLOCK_RATE;

/** The file that a stream is being written to. */
interface Recording {
  readonly format: VideoFileFormat;
  readonly file: VideoFile;
  /** RTP timestamp of the last frame, and its time from the beginning of the file. */
  timestamp: number;
  time: number;
}

interface Stream {
  readonly key: string;
  readonly peer: Peer;
  /** Name of its files, without what tells the second from the first, and without ending. */
  readonly name: string;
  recording: Recording | undefined;
}

interface Peer {
  streams: number;
  files: number;
  refused: boolean;
}

/**
 * Records the pictures of every peer as they were sent: `DIR/<own id>/<peer>.ivf` (VP8, VP9) or `.h264`, those of its
 * further streams in `<peer>-<stream>`. Each file begins with a key frame; with another codec or size, or another
 * connection, the next begins, `<peer>.2.ivf`.
 */
export class VideoRecordings {
  readonly #folder: string;
  readonly #onError: (error: VideoFileError) => void;
  readonly #peers = new Map<string, Peer>();
  readonly #streams = new Map<string, Stream>();
  readonly #names = new Set<string>();
  readonly #files: { readonly stream: string; readonly file: VideoFile }[] = [];

  constructor(directory: string, ownId: string, onError: (error: VideoFileError) => void) {
    this.#folder = join(directory, ownId);
    this.#onError = onError;
  }

  /** The files of a stream, in the order in which they were begun. */
  paths(peerId: string, streamId: string | undefined): readonly string[] {
    const key = keyOf(peerId, streamId);
    return this.#files.filter(({ stream }) => stream === key).map(({ file }) => file.path);
  }

  /** Adds a frame; its bytes are copied. Never throws. */
  add({ peerId, streamId, codec, frame }: EncodedPicture): void {
    const stream = this.#streamOf(peerId, streamId);
    // No codec of this node makes or takes AV1.
    if (stream === undefined || codec === 'AV1') return;
    const { data, key, timestamp } = frame;
    const { recording } = stream;
    const step = recording === undefined ? 0 : timestampDelta(timestamp, recording.timestamp);
    const follows = recording?.format.codec === codec && step > 0 && step <= MAX_STEP;
    const size = key ? keyFrameSize(codec, data) : undefined;
    if (follows && (!key || isSize(recording.format, size))) {
      recording.timestamp = timestamp;
      recording.time += step;
      recording.file.append({ data, key, time: recording.time });
    } else if (key) {
      void recording?.file.close();
      const file = size && this.#begin(stream, { codec, ...size });
      file?.file.append({ data, key, time: 0 });
      stream.recording = file && { ...file, timestamp, time: 0 };
    }
  }

  /** Finishes all files. */
  async close(): Promise<void> {
    await Promise.all(this.#files.map(({ file }) => file.close()));
  }

  #begin(
    { key, peer, name }: Stream,
    format: VideoFileFormat,
  ): Pick<Recording, 'file' | 'format'> | undefined {
    if (!this.#mayBegin(peer)) return undefined;
    const path = join(this.#folder, `${this.#fileName(name)}.${extensionOf(format.codec)}`);
    const file = new VideoFile(path, format, { onError: this.#onError });
    this.#files.push({ stream: key, file });
    return { file, format };
  }

  #mayBegin(peer: Peer): boolean {
    peer.files++;
    if (peer.files <= MAX_FILES_OF_PEER) return true;
    if (!peer.refused)
      this.#onError(
        new VideoFileError(
          'VIDEO_FILE_LIMIT',
          `a peer has begun ${MAX_FILES_OF_PEER} recordings in ${this.#folder} and is recorded no further; start this node anew to go on`,
        ),
      );
    peer.refused = true;
    return false;
  }

  #streamOf(peerId: string, streamId: string | undefined): Stream | undefined {
    const key = keyOf(peerId, streamId);
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    let peer = this.#peers.get(peerId);
    if (peer === undefined)
      this.#peers.set(peerId, (peer = { streams: 0, files: 0, refused: false }));
    if (peer.streams === MAX_FILES_OF_PEER) return undefined;
    // The stream's name is the peer's word: nothing in it may lead out of the folder.
    const name =
      peer.streams === 0 ? peerId : `${peerId}-${(streamId ?? '').replaceAll(/[^\w~-]/g, '_')}`;
    peer.streams++;
    const stream = { key, peer, name: name.slice(0, 200), recording: undefined };
    this.#streams.set(key, stream);
    return stream;
  }

  #fileName(name: string): string {
    let free = name;
    for (let n = 2; this.#names.has(free); n++) free = `${name}.${n}`;
    this.#names.add(free);
    return free;
  }
}

const keyOf = (peerId: string, streamId: string | undefined): string =>
  JSON.stringify([peerId, streamId]);

const isSize = (a: PictureSize, b: PictureSize | undefined): boolean =>
  a.width === b?.width && a.height === b.height;
