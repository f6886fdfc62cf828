import { join } from 'node:path';
import type { AudioFrame } from '@rm/codecs';
import { WavWriter } from '@rm/pipeline-bridge';

/** Frames kept while a file is being opened (1 s). */
const MAX_EARLY_FRAMES = 100;

/** Records what is heard of every peer: `DIR/<own id>/<peer>.wav`, 16-bit mono at 48 kHz. */
export class Recordings {
  readonly #folder: string;
  readonly #onError: (error: Error) => void;
  readonly #recordings = new Map<string, Recording>();

  constructor(directory: string, ownId: string, onError: (error: Error) => void) {
    this.#folder = join(directory, ownId);
    this.#onError = onError;
  }

  /** The file of `peerId`, if anything of it was recorded. */
  path(peerId: string): string | undefined {
    return this.#recordings.get(peerId)?.path;
  }

  /** Adds one tick; the samples are copied. */
  add(frames: ReadonlyMap<string, AudioFrame>): void {
    for (const [peerId, frame] of frames) {
      let recording = this.#recordings.get(peerId);
      if (recording === undefined) {
        recording = new Recording(join(this.#folder, `${peerId}.wav`), this.#onError);
        this.#recordings.set(peerId, recording);
      }
      recording.add(frame);
    }
  }

  /** Finishes all files. */
  async close(): Promise<void> {
    await Promise.all([...this.#recordings.values()].map((recording) => recording.close()));
  }
}

class Recording {
  readonly path: string;
  readonly #opening: Promise<void>;
  #writer: WavWriter | undefined;
  #early: AudioFrame[] | undefined = [];

  constructor(path: string, onError: (error: Error) => void) {
    this.path = path;
    this.#opening = WavWriter.open(path, { onError }).then(
      (writer) => {
        for (const frame of this.#early ?? []) writer.append(frame);
        this.#writer = writer;
        this.#early = undefined;
      },
      (error: Error) => {
        this.#early = undefined;
        onError(error);
      },
    );
  }

  add(frame: AudioFrame): void {
    if (this.#writer !== undefined) this.#writer.append(frame);
    else if (this.#early !== undefined && this.#early.length < MAX_EARLY_FRAMES)
      this.#early.push({ ...frame, samples: frame.samples.slice() });
  }

  async close(): Promise<void> {
    await this.#opening;
    await this.#writer?.close();
  }
}
