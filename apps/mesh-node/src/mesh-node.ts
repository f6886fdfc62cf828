import type { AudioFrame, Micros } from '@rm/codecs';
import type { MultiPeerPipeline } from '@rm/pipeline-bridge';
import { millis } from '@rm/rtp-sync';
import { SignalingClient } from '@rm/signaling-protocol';
import {
  type AudioOutput,
  type Backend,
  BackendUnavailableError,
  type LinkStatistics,
  Mesh,
  type VideoOutputStatistics,
  loadBackend,
} from '@rm/webrtc-peer';
import type { Logger } from 'pino';
import { UsageError } from './errors.js';
import type { NodeInputs } from './inputs.js';
import { LevelMeters } from './level-meters.js';
import { NodeVideo, meshVideo } from './node-video.js';
import type { NodeOptions } from './options.js';
import { pipelineOnMesh } from './pipeline.js';
import { Recordings } from './recordings.js';
import { type LinkReport, linkReport } from './report.js';
import { resumeToken } from './resume-token.js';
import { signalingRuntime } from './signaling-runtime.js';
import { SOURCE_RATE, type Source } from './source.js';

/** Samples a source gives on each tick (10 ms). */
const TICK_SAMPLES = SOURCE_RATE / 100;
const TICK = 10_000;

/** What a node has to say of itself. */
export interface NodeReport {
  readonly node: string;
  readonly links: readonly LinkReport[];
  /** How the test pattern is encoded, and what became of its pictures. */
  readonly videoOutput?: VideoOutputStatistics;
  /** The latest JSON each pipeline node put out, by node id. */
  readonly pipeline?: Readonly<Record<string, unknown>>;
  /** Ticks of the media clock that were skipped after stalls. */
  readonly ticksSkipped: number;
}

/** Without a token that outlives it a node runs all the same. */
function resumeTokenOf(
  { stateDir, signaling, room, id }: NodeOptions,
  log: Logger,
): string | undefined {
  try {
    return resumeToken(stateDir, signaling, room, id);
  } catch (error) {
    const { message } = error as Error;
    log.warn(`killed, this node would find its id taken for a while: ${message}; see --state-dir`);
    return undefined;
  }
}

/** Rejects with a {@link UsageError} where the backend is not there. */
async function backendOf({ backend }: NodeOptions): Promise<Backend> {
  try {
    return await loadBackend(backend);
  } catch (error) {
    if (!(error instanceof BackendUnavailableError)) throw error;
    throw new UsageError(`--backend ${backend}: ${error.message}`);
  }
}

/** A running node: mesh, source, pipeline and recordings. */
export class MeshNode {
  readonly #id: string;
  readonly #log: Logger;
  readonly #mesh: Mesh;
  readonly #output: AudioOutput;
  readonly #pipeline: MultiPeerPipeline | undefined;
  readonly #recordings: Recordings | undefined;
  readonly #video: NodeVideo | undefined;
  readonly #meters = new LevelMeters();
  readonly #messages = new Map<string, number>();
  /** The last word of connections that ended. */
  readonly #ended = new Map<string, LinkStatistics>();
  readonly #pipelineJson: Record<string, unknown> = {};
  readonly #removed = new AbortController();
  #failed: Error | undefined;
  #measuring = true;

  /** Joins the room. Rejects with the `SignalingError` of the client, or with what `Mesh.create` throws. */
  static async start(
    options: NodeOptions,
    { source, pipeline, capture }: NodeInputs,
    log: Logger,
    signal: AbortSignal,
  ): Promise<MeshNode> {
    for (const warning of pipeline?.warnings ?? []) log.warn(warning);
    const video = await meshVideo(options);
    const mesh = await Mesh.create({
      signaling: new SignalingClient({
        url: options.signaling,
        peerId: options.id,
        room: options.room,
        capabilities: ['audio', ...(video === undefined ? [] : ['video' as const]), 'data'],
        resumeToken: resumeTokenOf(options, log),
        runtime: signalingRuntime(options.tokenFile),
      }),
      backend: await backendOf(options),
      iceServers: options.iceServers,
      audio: {
        bitrate: options.bitrate,
        ...(options.minBitrate !== undefined && { minBitrate: options.minBitrate }),
        ...(options.maxBitrate !== undefined && { maxBitrate: options.maxBitrate }),
      },
      ...(video !== undefined && { video }),
      alignment: { maxDelay: millis(options.alignDelay) },
      playoutDelay: {
        start: millis(options.minDelay),
        min: millis(options.minDelay),
        max: millis(options.maxDelay),
      },
      connectTimeoutMs: options.connectTimeout * 1000,
      ...(capture !== undefined && { flightRecorder: capture.recorder }),
    });
    try {
      const to = options.to ?? 'all';
      const output = await mesh.openAudio(to);
      const from = source === undefined ? (options.from ?? 'all') : 'local';
      const running = pipeline && pipelineOnMesh(pipeline, mesh, output, from, to);
      await running?.start({ signal });
      const node = new MeshNode(options, log, mesh, output, running, source);
      await mesh.connect({ signal });
      return node;
    } catch (error) {
      await mesh.close();
      throw error;
    }
  }

  private constructor(
    options: NodeOptions,
    log: Logger,
    mesh: Mesh,
    output: AudioOutput,
    pipeline: MultiPeerPipeline | undefined,
    source: Source | undefined,
  ) {
    this.#id = options.id;
    this.#log = log;
    this.#mesh = mesh;
    this.#output = output;
    this.#pipeline = pipeline;
    this.#recordings =
      options.record === undefined
        ? undefined
        : new Recordings(options.record, options.id, (error) => this.#fail(error));
    this.#video =
      options.video === 'none'
        ? undefined
        : new NodeVideo(mesh, options, log, (error) => this.#fail(error));
    this.#follow();
    mesh.onTick((frames) => {
      if (!this.#measuring) return;
      this.#meters.add(frames);
      this.#recordings?.add(frames);
    });
    if (source !== undefined) this.#play(source);
  }

  /** The first failure of something the user asked for, such as a recording. */
  get failure(): Error | undefined {
    return this.#failed;
  }

  /** Aborted when this node is in the room no longer, against its will. */
  get removed(): AbortSignal {
    return this.#removed.signal;
  }

  /** What was measured until now: levels and pictures since the last report, or over all there was. */
  report(over: 'recent' | 'total'): NodeReport {
    const { links, ticksSkipped } = this.#mesh.statistics();
    const videoOutput = this.#video?.output();
    const open = new Set(links.map(({ peerId }) => peerId));
    const ended = [...this.#ended.values()].filter(({ peerId }) => !open.has(peerId));
    return {
      node: this.#id,
      links: [...links, ...ended].map((link) => {
        const levelDbfs = this.#meters[over](link.peerId);
        const wav = this.#recordings?.path(link.peerId);
        const video = this.#video?.report(link, over) ?? [];
        return linkReport(this.#id, link, {
          messages: this.#messages.get(link.peerId) ?? 0,
          ...(levelDbfs !== undefined && { levelDbfs }),
          ...(wav !== undefined && { wav }),
          ...(video.length > 0 && { video }),
        });
      }),
      ...(videoOutput !== undefined && { videoOutput }),
      ...(this.#pipeline !== undefined && { pipeline: { ...this.#pipelineJson } }),
      ticksSkipped,
    };
  }

  /** Takes no more measurements and finishes the recordings; audio still flows to the others. */
  async stopMeasuring(): Promise<void> {
    this.#measuring = false;
    await Promise.all([this.#recordings?.close(), this.#video?.stopMeasuring()]);
  }

  /** Leaves the room and releases everything. */
  async close(): Promise<void> {
    await this.stopMeasuring();
    await this.#pipeline?.stop();
    await this.#mesh.close();
  }

  /** Sends the source as a sound card would: 10 ms at each tick, captured in the 10 ms before it. */
  #play(source: Source): void {
    const samples = new Float32Array(TICK_SAMPLES);
    const write = (frame: AudioFrame): void =>
      this.#pipeline === undefined ? this.#output.write(frame) : this.#pipeline.push(frame);
    this.#mesh.onTick((_, instant) => {
      source.read(samples);
      write({
        samples,
        sampleRate: SOURCE_RATE,
        channels: 1,
        capture: { time: (instant - TICK) as Micros, bound: 0 as Micros },
      });
    });
  }

  #follow(): void {
    const log = this.#log;
    this.#mesh.on('signaling-connected', (event) => log.info(event, 'joined the room'));
    this.#mesh.on('removed', ({ reason }) => {
      this.#fail(new Error(`removed from the room by the signaling server: ${reason}`));
      this.#removed.abort();
    });
    this.#mesh.on('signaling-lost', ({ cause }) =>
      log.warn({ cause: cause.message }, 'signaling lost, connecting again'),
    );
    this.#mesh.on('peer-connected', (event) => log.info(event, 'peer connected'));
    this.#mesh.on('peer-disconnected', ({ last, ...event }) => {
      this.#ended.set(event.peerId, last);
      log.info(event, 'peer disconnected');
    });
    this.#mesh.on('message', ({ from, payload }) => {
      this.#messages.set(from, (this.#messages.get(from) ?? 0) + 1);
      log.debug({ from, payload }, 'message');
    });
    this.#mesh.on('remote-states', ({ from, states }) =>
      log.debug({ from, states }, 'peer states'),
    );
    this.#mesh.on('listener-error', ({ event, error }) =>
      log.error({ event, err: error }, 'listener'),
    );
    this.#pipeline?.onOutput((data, nodeId) => {
      if (data.kind === 'json') this.#pipelineJson[nodeId] = data.value;
    });
    this.#pipeline?.onError((error) => log.error({ err: error }, 'pipeline'));
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#log.error({ err: error }, 'failed');
  }
}
