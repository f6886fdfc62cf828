import type { AudioBitrateController, AudioFrame, AudioPathReport } from '@rm/codecs';
import type { Micros } from '@rm/rtp-sync';
import type { Clock } from '../clock/clock.js';
import type { AudioStream } from '../media/audio-stream.js';
import { PathReports } from '../media/path-reports.js';

/** Whom something is sent to: everyone in the room, also those who join later, or some. */
export type Recipients = 'all' | readonly string[];

/** How one output is encoded at present. */
export interface AudioOutputStatistics {
  readonly to: Recipients;
  readonly muted: boolean;
  /** Opus bitrate in bit/s. */
  readonly targetBitrate: number;
  /** Whether packets carry redundancy for the one before. */
  readonly fec: boolean;
  /** Share of packets the encoder reckons will be lost, 0…1. */
  readonly expectedLoss: number;
}

/** An audio stream to other peers; made by `Mesh.openAudio`. */
export class AudioOutput {
  readonly to: Recipients;
  readonly #stream: AudioStream;
  readonly #bitrate: AudioBitrateController;
  readonly #reports = new PathReports();
  readonly #clock: Clock;
  readonly #onClose: (output: AudioOutput) => void;
  #closed = false;

  /** @internal */
  constructor(
    to: Recipients,
    stream: AudioStream,
    bitrate: AudioBitrateController,
    clock: Clock,
    onClose: (output: AudioOutput) => void,
  ) {
    this.to = to;
    this.#stream = stream;
    this.#bitrate = bitrate;
    this.#clock = clock;
    this.#onClose = onClose;
  }

  /** Whether what is written counts as silence. */
  get muted(): boolean {
    return this.#stream.muted;
  }

  /**
   * Mutes or unmutes what is written from now on; within 2.5 ms, so that nothing clicks. Go on writing: a muted stream
   * goes on as silence, of which some five small packets a second tell that it is there. Nothing that is written while muted
   * leaves this node; what was written before may, also once more to those who lost it. Unmuted, it is heard at once.
   */
  set muted(muted: boolean) {
    if (!this.#closed) this.#stream.muted = muted;
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

  /**
   * Takes what one of those who hear it reports; the encoder follows the worst of them.
   * @internal
   */
  reported(peerId: string, report: AudioPathReport, now: Micros): void {
    const worst = this.#reports.add(peerId, report, now);
    if (worst === undefined) return;
    const { settings } = this.#bitrate;
    const next = this.#bitrate.update(worst, now);
    if (next !== settings) this.#stream.adapt(next);
  }

  statistics(): AudioOutputStatistics {
    const { bitrate, fec, expectedLoss } = this.#bitrate.settings;
    return { to: this.to, muted: this.muted, targetBitrate: bitrate, fec, expectedLoss };
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
