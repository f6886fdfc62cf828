/** Samples per second of everything the page sends and hears. */
export const SAMPLE_RATE = 48_000;

/** A sine wave as a track to be sent: the voice of a page. */
export class Tone {
  readonly track: MediaStreamTrack;
  readonly #gain: GainNode;

  /** `frequency` in Hz; silent until {@link sound}. */
  constructor(context: AudioContext, frequency: number) {
    const oscillator = new OscillatorNode(context, { frequency });
    this.#gain = new GainNode(context, { gain: 0 });
    const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    oscillator.connect(this.#gain).connect(destination);
    oscillator.start();
    this.track = destination.stream.getAudioTracks()[0]!;
  }

  /** Sets the amplitude, 0 to 1, from the next block of samples on. */
  sound(amplitude: number): void {
    this.#gain.gain.value = amplitude;
  }
}

/** The latest 0.68 s of an audio track that is played. */
export class Ear {
  readonly #analyser: AnalyserNode;
  readonly #player = new Audio();

  constructor(context: AudioContext, track: MediaStreamTrack) {
    const stream = new MediaStream([track]);
    // Chromium takes sound from the network only for an element that plays it.
    this.#player.srcObject = stream;
    this.#player.autoplay = true;
    this.#analyser = new AnalyserNode(context, { fftSize: 32_768 });
    context.createMediaStreamSource(stream).connect(this.#analyser);
  }

  samples(): Float32Array {
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    return samples;
  }

  /** Peak of the latest 100 ms, 0 to 1. */
  peak(): number {
    return this.samples()
      .subarray(-SAMPLE_RATE / 10)
      .reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  }

  close(): void {
    this.#player.srcObject = null;
    this.#analyser.disconnect();
  }
}
