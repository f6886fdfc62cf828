import { type AudioBitrateSettings, type AudioFrame, isDtx, type OpusEncoder } from '@rm/codecs';
import { type Micros, micros, microsToTicks, ticksToMicros } from '@rm/rtp-sync';
import { CLOCK_RATE, PACKET_SAMPLES } from './audio-format.js';
import { Fade } from './fade.js';

/** One packet's worth of encoded audio, the same for every peer it goes to. */
export interface EncodedAudio {
  readonly payload: Uint8Array;
  /** Ticks of the 48 kHz clock since the stream began; not wrapped. */
  readonly position: number;
  /**
   * Capture time of what the decoder will give as the packet's first sample, on the local clock: the encoder's
   * lookahead before the first sample that went in.
   */
  readonly capture: Micros;
  /** The first packet after a pause (RFC 3551 §4.1). */
  readonly talkspurt: boolean;
  /** Goes without copies of the packets before it, whatever the path loses. */
  readonly alone?: boolean;
}

/** A frame whose format the mesh does not carry. */
export class UnsupportedFrameError extends Error {
  override readonly name = 'UnsupportedFrameError';
  readonly code = 'UNSUPPORTED_FRAME';

  constructor(frame: AudioFrame) {
    super(
      `the mesh carries 48000 Hz mono, got ${frame.sampleRate} Hz with ${frame.channels} channels: ` +
        'resample or mix down before writing',
    );
  }
}

/** A capture clock that runs ahead of the samples by more than this is a pause of the source. */
const PAUSE = 60_000;

/**
 * Cuts written frames into 20 ms packets and encodes each once, whatever number of peers it goes to.
 *
 * RTP time follows the samples; a gap in the capture times of more than 60 ms moves it on by the gap, so that the
 * receiver hears a pause of the right length.
 *
 * While it is muted what is written counts as silence, of which the encoder makes hardly any packets (DTX): the first
 * tells of the pause, and one or two go every 0.4 s. Time goes on as it is written.
 */
export class AudioStream {
  readonly #encoder: OpusEncoder;
  readonly #onPacket: (packet: EncodedAudio) => void;
  readonly #buffer = new Float32Array(PACKET_SAMPLES);
  #filled = 0;
  #position = 0;
  readonly #lookahead: Micros;
  #capture: Micros = micros(0);
  #talkspurt = true;
  readonly #fade = new Fade();
  #muted = false;
  /** The last packet said that nothing comes for a while. */
  #pausing = false;
  /** Capture time at which the next sample is expected. */
  #expected: Micros | undefined;

  /** Takes over `encoder` and closes it with the stream. */
  constructor(encoder: OpusEncoder, onPacket: (packet: EncodedAudio) => void) {
    this.#encoder = encoder;
    this.#onPacket = onPacket;
    this.#lookahead = ticksToMicros(encoder.lookahead, CLOCK_RATE);
  }

  /**
   * Takes mono samples at 48 kHz, any number; they are copied. A frame without capture time continues the one
   * before, or ends at `now` when it is the first.
   * @throws UnsupportedFrameError for another rate or more channels.
   */
  write(frame: AudioFrame, now: Micros): void {
    if (frame.sampleRate !== CLOCK_RATE || frame.channels !== 1)
      throw new UnsupportedFrameError(frame);
    const { samples } = frame;
    const duration = ticksToMicros(samples.length, CLOCK_RATE);
    const capture = frame.capture?.time ?? this.#expected ?? micros(now - duration);
    this.#followGap(capture);
    for (let taken = 0; taken < samples.length;) {
      if (this.#filled === 0)
        this.#capture = micros(capture - this.#lookahead + ticksToMicros(taken, CLOCK_RATE));
      const count = Math.min(PACKET_SAMPLES - this.#filled, samples.length - taken);
      this.#buffer.set(samples.subarray(taken, taken + count), this.#filled);
      this.#fade.apply(this.#buffer.subarray(this.#filled, this.#filled + count), !this.#muted);
      this.#filled += count;
      taken += count;
      if (this.#filled === PACKET_SAMPLES) this.#encode();
    }
    this.#expected = micros(capture + duration);
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** Whether what is written from now on counts as silence. */
  set muted(muted: boolean) {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#encoder.configure({ dtx: muted });
  }

  /** Changes how what follows is encoded. */
  adapt(settings: AudioBitrateSettings): void {
    this.#encoder.configure(settings);
  }

  close(): void {
    this.#encoder.close();
  }

  #followGap(capture: Micros): void {
    if (this.#expected === undefined) return;
    const gap = capture - this.#expected;
    if (gap <= PAUSE) return;
    // What was left of the packet before the pause would be heard after it.
    this.#filled = 0;
    this.#position += microsToTicks(micros(gap), CLOCK_RATE);
    this.#talkspurt = true;
  }

  #encode(): void {
    this.#filled = 0;
    const payload = this.#encoder.encode(this.#buffer);
    const position = this.#position;
    this.#position += PACKET_SAMPLES;
    const pauses = this.#muted && isDtx(payload);
    const isKnown = pauses && this.#pausing;
    this.#pausing = pauses;
    if (isKnown) {
      // Nothing goes in a pause that the other side knows of (RFC 7587 §3.1.3).
      this.#talkspurt = true;
      return;
    }
    const packet = { payload, position, capture: this.#capture, talkspurt: this.#talkspurt };
    this.#talkspurt = false;
    // Copies would carry what was heard before it was muted.
    this.#onPacket(this.#muted ? { ...packet, alone: true } : packet);
  }
}
