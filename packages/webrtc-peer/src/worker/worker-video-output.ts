import {
  ArgumentError,
  copyPicture,
  i420Picture,
  i420Size,
  MAX_PICTURE_PIXELS,
  type VideoFrame,
} from '@rm/codecs';
import { micros } from '@rm/rtp-sync';
import { systemClock } from '../clock/clock.js';
import type { Recipients } from '../mesh/audio-output.js';
import type { NodeVideoOutput } from '../mesh/handles.js';
import type { VideoOutputStatistics } from '../mesh/video-output.js';
import type { MeshThread } from './mesh-thread.js';
import { NewestWins } from './newest-wins.js';
import { MAX_WRITTEN_PICTURES, type OpenedVideo } from './protocol.js';

interface Written {
  readonly id: number;
  readonly memory: SharedArrayBuffer;
  readonly frame: VideoFrame;
  readonly muted: boolean;
}

/** A picture stream that a mesh in a worker encodes. Pictures are copied once, into memory that is used again. */
export class WorkerVideoOutput implements NodeVideoOutput {
  readonly to: Recipients;
  readonly streamId: string;
  /** Goes along with each picture. */
  muted = false;
  readonly #thread: MeshThread;
  readonly #onClose: () => void;
  readonly #id: number;
  readonly #crossing: NewestWins<Written>;
  readonly #underWay = new Map<number, Written>();
  #free: SharedArrayBuffer[] = [];
  #next = 0;
  #statistics: VideoOutputStatistics;
  #closed = false;

  constructor(thread: MeshThread, opened: OpenedVideo, onClose: () => void) {
    this.#onClose = onClose;
    this.#thread = thread;
    this.#id = opened.output;
    this.#statistics = opened.statistics;
    this.to = opened.statistics.to;
    this.streamId = opened.streamId;
    this.#crossing = new NewestWins(
      MAX_WRITTEN_PICTURES,
      (written) => this.#send(written),
      ({ memory }) => this.#free.push(memory),
    );
  }

  /** Pictures that were replaced by newer ones, as the worker did not take them. */
  get dropped(): number {
    return this.#crossing.dropped;
  }

  reaches(peerId: string): boolean {
    return this.to === 'all' || this.to.includes(peerId);
  }

  write(frame: VideoFrame): void {
    if (this.#closed || this.#thread.gone !== undefined) return;
    const { width, height, timestamp } = frame;
    if (!(width > 0 && height > 0 && width * height <= MAX_PICTURE_PIXELS))
      throw new ArgumentError(
        `a picture must have up to ${MAX_PICTURE_PIXELS} pixels, got ${width}x${height}`,
      );
    const memory = this.#memory(i420Size(width, height));
    const picture = i420Picture(width, height, new Uint8Array(memory));
    copyPicture(frame, picture);
    // Without a capture time it was captured now, not when the worker reads it.
    const capture = frame.capture ?? { time: systemClock.now(), bound: micros(0) };
    const id = this.#next++;
    const { muted } = this;
    this.#crossing.offer({ id, memory, frame: { ...picture, timestamp, capture }, muted });
  }

  requestKeyFrame(): void {
    this.#thread.post({ kind: 'key-frame', output: this.#id });
  }

  statistics(): VideoOutputStatistics {
    if (!this.#closed && this.#thread.gone === undefined)
      this.#statistics = this.#thread.call('videoStatistics', this.#id) ?? this.#statistics;
    return { ...this.#statistics, muted: this.muted };
  }

  /** The worker is done with a picture. */
  taken(id: number): void {
    const written = this.#underWay.get(id);
    this.#underWay.delete(id);
    if (written !== undefined && !this.#closed) this.#free.push(written.memory);
    this.#crossing.arrived(id);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#crossing.close();
    this.#free = [];
    this.#thread.post({ kind: 'close-output', output: this.#id });
    this.#onClose();
  }

  #send(written: Written): void {
    this.#underWay.set(written.id, written);
    const { id, frame, muted } = written;
    this.#thread.post({ kind: 'picture', output: this.#id, id, frame, muted });
  }

  #memory(bytes: number): SharedArrayBuffer {
    this.#free = this.#free.filter(({ byteLength }) => byteLength === bytes);
    return this.#free.pop() ?? new SharedArrayBuffer(bytes);
  }
}
