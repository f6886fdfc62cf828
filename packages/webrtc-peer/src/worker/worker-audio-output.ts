import type { AudioFrame } from '@rm/codecs';
import { micros, ticksToMicros } from '@rm/rtp-sync';
import { systemClock } from '../clock/clock.js';
import { CLOCK_RATE } from '../media/audio-format.js';
import { UnsupportedFrameError } from '../media/audio-stream.js';
import type { AudioOutputStatistics, Recipients } from '../mesh/audio-output.js';
import type { NodeAudioOutput } from '../mesh/handles.js';
import type { MeshThread } from './mesh-thread.js';
import type { OpenedAudio } from './protocol.js';
import { SampleRing } from './sample-ring.js';

/** An audio stream that a mesh in a worker encodes. */
export class WorkerAudioOutput implements NodeAudioOutput {
  readonly to: Recipients;
  /** Goes along with what is written, so that it takes effect at the very sample. */
  muted = false;
  readonly #thread: MeshThread;
  readonly #onClose: () => void;
  readonly #id: number;
  readonly #ring: SampleRing;
  #statistics: AudioOutputStatistics;
  #begun = false;
  #closed = false;

  constructor(thread: MeshThread, opened: OpenedAudio, onClose: () => void) {
    this.#onClose = onClose;
    this.#thread = thread;
    this.#id = opened.output;
    this.#ring = new SampleRing(opened.memory);
    this.#statistics = opened.statistics;
    this.to = opened.statistics.to;
  }

  /** Pieces of up to 10 ms that went because the worker did not read them for two seconds. */
  get dropped(): number {
    return this.#ring.dropped;
  }

  reaches(peerId: string): boolean {
    return this.to === 'all' || this.to.includes(peerId);
  }

  write(frame: AudioFrame): void {
    if (this.#closed) return;
    if (frame.sampleRate !== CLOCK_RATE || frame.channels !== 1)
      throw new UnsupportedFrameError(frame);
    const timed = this.#begun || frame.capture !== undefined ? frame : this.#endingNow(frame);
    this.#begun = true;
    if (this.#ring.write(timed, this.muted)) this.#thread.post({ kind: 'audio', output: this.#id });
  }

  statistics(): AudioOutputStatistics {
    if (!this.#closed && this.#thread.gone === undefined)
      this.#statistics = this.#thread.call('audioStatistics', this.#id) ?? this.#statistics;
    return { ...this.#statistics, muted: this.muted };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#thread.post({ kind: 'close-output', output: this.#id });
    this.#onClose();
  }

  /** A stream that begins without a capture time was captured until now, which is later where the worker reads it. */
  #endingNow(frame: AudioFrame): AudioFrame {
    const duration = ticksToMicros(frame.samples.length, CLOCK_RATE);
    return { ...frame, capture: { time: micros(systemClock.now() - duration), bound: micros(0) } };
  }
}
