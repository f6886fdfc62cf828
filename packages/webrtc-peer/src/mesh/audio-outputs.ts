import {
  AudioBitrateController,
  type AudioPathReport,
  type OpusApplication,
  type OpusEngine,
} from '@rm/codecs';
import type { Micros } from '@rm/rtp-sync';
import type { Clock } from '../clock/clock.js';
import { CLOCK_RATE } from '../media/audio-format.js';
import { AudioStream, type EncodedAudio } from '../media/audio-stream.js';
import {
  AudioOutput,
  type AudioOutputStatistics,
  OutputConflictError,
  type Recipients,
} from './audio-output.js';

/** How sent audio is encoded. */
export interface AudioEncoding {
  /** Opus bitrate to begin with in bit/s, 6000…510000; default 48000. The most while packets are lost. */
  readonly bitrate?: number;
  /** Never less than this, however bad the path; default 16000, or `bitrate` if that is less. */
  readonly minBitrate?: number;
  /** Never more than this, however good the path; default `bitrate`. */
  readonly maxBitrate?: number;
  /** 0…10; default 5. */
  readonly complexity?: number;
  /** Default `audio`. */
  readonly application?: OpusApplication;
  /**
   * Whether packets go with copies of those before them (RED, RFC 2198) to a peer that takes them and reports losses;
   * default `auto`.
   */
  readonly redundancy?: 'auto' | 'off';
}

/** The audio streams that this node sends, each encoded once for all who hear it, as their paths allow. */
export class AudioOutputs {
  readonly #opus: OpusEngine;
  readonly #encoding: AudioEncoding;
  readonly #clock: Clock;
  readonly #send: (packet: EncodedAudio, output: AudioOutput) => void;
  readonly #open = new Set<AudioOutput>();

  /** @throws ArgumentError (`BAD_ARGUMENT`) for bitrates out of range or order. */
  constructor(
    opus: OpusEngine,
    encoding: AudioEncoding,
    clock: Clock,
    send: (packet: EncodedAudio, output: AudioOutput) => void,
  ) {
    this.#opus = opus;
    this.#encoding = encoding;
    this.#clock = clock;
    this.#send = send;
    this.#controller();
  }

  /** @throws OutputConflictError (`OUTPUT_CONFLICT`) when somebody would hear two streams. */
  async open(to: Recipients): Promise<AudioOutput> {
    const controller = this.#controller();
    const { complexity = 5, application = 'audio', redundancy = 'auto' } = this.#encoding;
    const alone = redundancy === 'off';
    const encoder = await this.#opus.createEncoder({
      sampleRate: CLOCK_RATE,
      channels: 1,
      complexity,
      application,
      ...controller.settings,
    });
    for (const output of this.#open)
      if (output.overlaps(to)) {
        encoder.close();
        throw new OutputConflictError(to);
      }
    const stream = new AudioStream(encoder, (packet) =>
      this.#send({ ...packet, alone: alone || packet.alone === true }, output),
    );
    const output = new AudioOutput(to, stream, controller, this.#clock, () =>
      this.#open.delete(output),
    );
    this.#open.add(output);
    return output;
  }

  /** Takes what `peerId` reports of what it hears of this node. */
  reported(peerId: string, report: AudioPathReport, now: Micros): void {
    for (const output of this.#open)
      if (output.reaches(peerId)) output.reported(peerId, report, now);
  }

  statistics(): AudioOutputStatistics[] {
    return [...this.#open].map((output) => output.statistics());
  }

  close(): void {
    for (const output of this.#open) output.close();
  }

  #controller(): AudioBitrateController {
    const { bitrate = 48_000, maxBitrate = bitrate } = this.#encoding;
    const { minBitrate = Math.min(16_000, bitrate) } = this.#encoding;
    return new AudioBitrateController({ min: minBitrate, nominal: bitrate, max: maxBitrate });
  }
}
