import { ArgumentError, type VideoProvider } from '@rm/codecs';
import type { Clock } from '../clock/clock.js';
import type { Link } from '../connection/link.js';
import type { Recipients } from './audio-output.js';
import { type VideoEncoding, VideoOutput, type VideoOutputStatistics } from './video-output.js';

/** Pictures were to be sent by a mesh that was made without video, or on a machine without codecs. */
export class NoVideoError extends Error {
  override readonly name = 'NoVideoError';
  readonly code = 'NO_VIDEO';

  constructor(reason: string) {
    super(`no pictures can be sent: ${reason}`);
  }
}

/** What a picture stream is to be. */
export interface OpenVideoOptions extends VideoEncoding {
  /** Name of the stream for the receivers; default a random one. */
  readonly streamId?: string;
}

/** The picture streams that this node sends, and the links they go over. */
export class VideoOutputs {
  readonly #codecs: VideoProvider | undefined;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #links = new Map<string, Link>();
  readonly #open = new Set<VideoOutput>();

  constructor(codecs: VideoProvider | undefined, clock: Clock, random: () => number) {
    this.#codecs = codecs;
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * @throws NoVideoError (`NO_VIDEO`) where there are no codecs.
   * @throws ArgumentError (`BAD_ARGUMENT`) for rates out of range or a stream id that is taken or no SDP token.
   */
  open(
    to: Recipients,
    { streamId = this.#randomId(), ...encoding }: OpenVideoOptions,
  ): VideoOutput {
    const codecs = this.#codecs;
    if (codecs === undefined)
      throw new NoVideoError('give the mesh the option `video`, on a machine with video codecs');
    if (!/^[\w!#$%&'*+.^`{|}~-]{1,64}$/.test(streamId))
      throw new ArgumentError(`streamId '${streamId}' must be 1 to 64 letters, digits or hyphens`);
    for (const output of this.#open)
      if (output.streamId === streamId)
        throw new ArgumentError(`streamId '${streamId}' is in use; give another or close that one`);
    const output = new VideoOutput(to, streamId, codecs, encoding, this.#clock, () =>
      this.#ended(output),
    );
    this.#open.add(output);
    for (const [peerId, link] of this.#links) attach(output, peerId, link);
    return output;
  }

  /** A link was made: it carries every stream that its peer is to see. */
  linked(peerId: string, link: Link): void {
    this.#links.set(peerId, link);
    for (const output of this.#open) attach(output, peerId, link);
  }

  /** A link is gone. */
  unlinked(peerId: string): void {
    this.#links.delete(peerId);
    for (const output of this.#open) output.attach(peerId, undefined);
  }

  statistics(): VideoOutputStatistics[] {
    return [...this.#open].map((output) => output.statistics());
  }

  close(): void {
    for (const output of this.#open) output.close();
  }

  #ended(output: VideoOutput): void {
    this.#open.delete(output);
    for (const [peerId, link] of this.#links)
      if (output.reaches(peerId)) link.media.closeVideo(output.streamId);
  }

  #randomId(): string {
    return Array.from({ length: 3 }, () =>
      Math.floor(this.#random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    ).join('');
  }
}

function attach(output: VideoOutput, peerId: string, link: Link): void {
  if (!output.reaches(peerId)) return;
  output.attach(peerId, link.media.openVideo(output.streamId));
}
