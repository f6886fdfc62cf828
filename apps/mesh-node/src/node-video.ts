import { type VideoCodecs, loadVideoCodecs } from '@rm/codecs';
import type { Micros } from '@rm/rtp-sync';
import {
  type LinkStatistics,
  type Mesh,
  type MeshVideoOptions,
  type Recipients,
  type VideoOutput,
  type VideoOutputStatistics,
  systemClock,
} from '@rm/webrtc-peer';
import type { Logger } from 'pino';
import { UsageError } from './errors.js';
import type { NodeOptions } from './options.js';
import { TestPattern } from './test-pattern.js';
import { VideoMeter } from './video-meter.js';
import { VideoRecordings } from './video-recordings.js';
import { type VideoReport, videoReport } from './video-report.js';

/** The stream that the test pattern is sent as. */
const STREAM_ID = 'testpattern';
/** Streams that are measured; names of streams are the peers' word, and could be without end. */
const MAX_STREAMS = 256;

interface Measured {
  readonly peerId: string;
  readonly streamId: string | undefined;
  readonly meter: VideoMeter;
  /** Frames decoded when the last report was made. */
  decoded: number;
}

/** What the mesh is told of video. Rejects with a {@link UsageError} where a codec is asked for that is not there. */
export async function meshVideo({
  video,
  videoCodec,
}: NodeOptions): Promise<MeshVideoOptions | undefined> {
  if (video === 'none') return undefined;
  const codecs = await loadVideoCodecs();
  return { codecs, preference: usable(video, videoCodec, codecs) };
}

function usable(
  video: string,
  wanted: NodeOptions['videoCodec'],
  { capabilities, missing }: VideoCodecs,
): NodeOptions['videoCodec'] {
  const able = wanted.filter((codec) =>
    capabilities.some((each) => each.codec === codec && each.encode && each.decode),
  );
  if (able.length === 0)
    throw new UsageError(
      `--video ${video} needs codecs that are not here: ${missing ?? `none of ${wanted.join(', ')}`}`,
    );
  return able;
}

/** The pictures of a node: sends the test pattern, measures and records what comes. */
export class NodeVideo {
  readonly #recordings: VideoRecordings | undefined;
  readonly #streams = new Map<string, Measured>();
  /** When the sound of this tick was captured, by peer. */
  readonly #sound = new Map<string, Micros>();
  readonly #release: readonly (() => void)[];
  readonly #log: Logger;
  #output: VideoOutput | undefined;
  #refused = false;

  /** Listens to a mesh that is not connected yet; `failed` gets what went wrong with recordings. */
  constructor(mesh: Mesh, options: NodeOptions, log: Logger, failed: (error: Error) => void) {
    const { record, id } = options;
    this.#log = log;
    this.#recordings = record === undefined ? undefined : new VideoRecordings(record, id, failed);
    this.#release = [
      mesh.onTick((frames) => {
        this.#sound.clear();
        for (const [peerId, { capture }] of frames)
          if (capture !== undefined) this.#sound.set(peerId, capture.time);
      }),
      mesh.onEncodedPicture((picture) => {
        const { peerId, streamId, frame } = picture;
        this.#streamOf(peerId, streamId)?.meter.received(frame, systemClock.now());
        this.#recordings?.add(picture);
      }),
      mesh.onPicture(({ peerId, streamId, frame }) =>
        this.#streamOf(peerId, streamId)?.meter.shown({
          frame,
          now: systemClock.now(),
          soundCaptured: this.#sound.get(peerId),
        }),
      ),
    ];
    if (options.video === 'testpattern') this.#play(mesh, options, options.to ?? 'all');
  }

  /** What was measured of a peer's streams, since the last report or since they began. */
  report(link: LinkStatistics, over: 'recent' | 'total'): VideoReport[] {
    const now = systemClock.now();
    return [...this.#streams.values()].flatMap((stream) => {
      const { peerId, streamId, meter } = stream;
      if (peerId !== link.peerId) return [];
      const statistics = link.receivedVideo.find(({ streamIds }) => streamIds[0] === streamId);
      const all = statistics?.framesDecoded ?? stream.decoded;
      // A new connection counts anew.
      const decoded = over === 'total' || all < stream.decoded ? all : all - stream.decoded;
      if (over === 'recent') stream.decoded = all;
      const files = this.#recordings?.paths(peerId, streamId) ?? [];
      return videoReport(streamId, meter[over](now), decoded, statistics, files);
    });
  }

  /** How the test pattern is sent; undefined where none is. */
  output(): VideoOutputStatistics | undefined {
    const statistics = this.#output?.statistics();
    if (statistics !== undefined && statistics.beyondLimits > 0 && !this.#refused) {
      this.#refused = true;
      this.#log.warn(
        'a peer cannot take the test pattern: give a smaller --video-size or fewer --fps',
      );
    }
    return statistics;
  }

  /** Takes no more measurements and finishes the recordings; the test pattern goes on. */
  async stopMeasuring(): Promise<void> {
    for (const release of this.#release) release();
    await this.#recordings?.close();
  }

  #play(mesh: Mesh, options: NodeOptions, to: Recipients): void {
    const { fps, videoBitrate: maxBitrate, videoSize } = options;
    const pattern = new TestPattern({ ...videoSize, fps, unixOrigin: systemClock.unixOrigin });
    const output = mesh.openVideo(to, { streamId: STREAM_ID, fps, maxBitrate });
    this.#output = output;
    mesh.onTick((_, instant) => {
      const picture = pattern.at(instant);
      if (picture !== undefined) output.write(picture);
    });
  }

  #streamOf(peerId: string, streamId: string | undefined): Measured | undefined {
    const key = JSON.stringify([peerId, streamId]);
    const known = this.#streams.get(key);
    if (known !== undefined || this.#streams.size === MAX_STREAMS) return known;
    const meter = new VideoMeter(systemClock.unixOrigin, systemClock.now());
    const stream: Measured = { peerId, streamId, meter, decoded: 0 };
    this.#streams.set(key, stream);
    return stream;
  }
}
