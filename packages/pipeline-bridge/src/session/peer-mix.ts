import { mixInto, softLimit } from '@rm/codecs';
import type { AudioFrame, CaptureTime } from '@rm/codecs';

/** Makes one frame of the frames that several peers have at the same instant. */
export class PeerMix {
  #samples = new Float32Array(0);
  #first: AudioFrame | undefined;
  #capture: CaptureTime | undefined;
  #count = 0;
  #mismatched = 0;

  /** Frames left out because their rate, channels or length differ from the first one's of their tick. */
  get mismatched(): number {
    return this.#mismatched;
  }

  /** Forgets the frames of the last tick. */
  begin(): void {
    this.#first = undefined;
    this.#capture = undefined;
    this.#count = 0;
  }

  /** Adds one peer's frame. */
  add(frame: AudioFrame): void {
    const first = this.#first;
    if (first === undefined) this.#first = frame;
    else if (!sameFormat(first, frame)) {
      this.#mismatched += 1;
      return;
    } else {
      // The first frame is copied only now that there is something to add to it.
      if (this.#count === 1) this.#copy(first.samples);
      mixInto(this.#samples, frame.samples);
    }
    this.#count += 1;
    const { capture } = frame;
    if (capture === undefined) return;
    if (this.#capture === undefined || capture.time < this.#capture.time) this.#capture = capture;
  }

  /**
   * The sum, limited to −1…1 and with the earliest capture time; a single peer's own frame, not copied; or
   * undefined without any. Valid until the next `begin`.
   */
  end(): AudioFrame | undefined {
    const first = this.#first;
    if (first === undefined || this.#count === 1) return first;
    softLimit(this.#samples);
    return {
      samples: this.#samples,
      sampleRate: first.sampleRate,
      channels: first.channels,
      capture: this.#capture,
    };
  }

  #copy(samples: Float32Array): void {
    if (this.#samples.length !== samples.length) this.#samples = new Float32Array(samples.length);
    this.#samples.set(samples);
  }
}

function sameFormat(a: AudioFrame, b: AudioFrame): boolean {
  return (
    a.samples.length === b.samples.length &&
    a.sampleRate === b.sampleRate &&
    a.channels === b.channels
  );
}
