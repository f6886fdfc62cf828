import type { AudioFrame } from '@rm/codecs';
import type { AudioStream } from '../media/audio-stream.js';
import type { Clock } from '../clock/clock.js';

/** Whom something is sent to: everyone in the room, also those who join later, or some. */
export type Recipients = 'all' | readonly string[];

/** An audio stream to other peers; made by `Mesh.openAudio`. */
export class AudioOutput {
  readonly to: Recipients;
  readonly #stream: AudioStream;
  readonly #clock: Clock;
  readonly #onClose: (output: AudioOutput) => void;
  #closed = false;

  /** @internal */
  constructor(
    to: Recipients,
    stream: AudioStream,
    clock: Clock,
    onClose: (output: AudioOutput) => void,
  ) {
    this.to = to;
    this.#stream = stream;
    this.#clock = clock;
    this.#onClose = onClose;
  }

  /** Whether `peerId` hears this output. */
  reaches(peerId: string): boolean {
    return this.to === 'all' || this.to.includes(peerId);
  }

  /** Whether some peer would hear both outputs. */
  overlaps(to: Recipients): boolean {
    return to === 'all' || this.to === 'all' || this.to.some((peerId) => to.includes(peerId));
  }

  /**
   * Sends samples: 48 kHz mono, any number at a time, copied. After `close()` they are ignored.
   * @throws UnsupportedFrameError (`UNSUPPORTED_FRAME`) for another format.
   */
  write(frame: AudioFrame): void {
    if (!this.#closed) this.#stream.write(frame, this.#clock.now());
  }

  /** Ends the stream. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream.close();
    this.#onClose(this);
  }
}

/** Two outputs to one peer: each peer hears one stream of this node. */
export class OutputConflictError extends Error {
  override readonly name = 'OutputConflictError';
  readonly code = 'OUTPUT_CONFLICT';

  constructor(to: Recipients) {
    super(
      `audio to ${to === 'all' ? 'all peers' : to.join(', ')} is open already: ` +
        'close that output, or mix what you want to send into one',
    );
  }
}
