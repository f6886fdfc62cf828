import type { AudioFrame } from '@rm/codecs';
import { ClosedError, PipelineUseError } from '../errors.js';
import type { NodeError } from '../errors.js';
import type { OutputListener } from '../graph/stage.js';
import type { PipelineRunner } from '../graph/pipeline-runner.js';
import type { PipelineSession } from '../graph/pipeline-session.js';
import type { PipelineStats } from '../graph/stats.js';
import type { Manifest } from '../manifest/schema.js';
import { audioData } from '../runtime-data/runtime-data.js';
import type { RuntimeData } from '../runtime-data/runtime-data.js';
import type { AudioOutlet, MeshPort, Recipients } from './mesh-port.js';
import { PeerMix } from './peer-mix.js';

/** What goes through which pipeline to whom. */
export interface MultiPeerPipelineOptions {
  readonly mesh: MeshPort;
  readonly runner: PipelineRunner;
  readonly manifest: Manifest;
  /**
   * Whose audio goes in: all peers (default), those named (`[]` is nobody), or `'local'`: what `push` is given.
   * Several peers are mixed into one input, whose stream id is `mix`; a single named peer's is its own id.
   */
  readonly from?: Recipients | 'local';
  /** Who gets what comes out. */
  readonly to: Recipients;
}

/** Counters of a pipeline between peers. */
export interface MultiPeerStats {
  /** Frames left out of the mix because their format differs from the others' of the tick. */
  readonly mismatched: number;
  /** The session's own; undefined until started. */
  readonly pipeline: PipelineStats | undefined;
}

/**
 * Takes peers' audio through a pipeline and gives the results to peers: audio as audio, JSON and text as
 * messages. One session serves all; peers may join and leave while it runs.
 */
export class MultiPeerPipeline implements AsyncDisposable {
  readonly #options: MultiPeerPipelineOptions;
  readonly #from: Recipients | 'local';
  readonly #streamId: string;
  readonly #mix = new PeerMix();
  readonly #outputListeners = new Set<OutputListener>();
  readonly #errorListeners = new Set<(error: NodeError) => void>();
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #session: PipelineSession | undefined;
  #leaveTick: (() => void) | undefined;
  #outlet: AudioOutlet | undefined;

  constructor(options: MultiPeerPipelineOptions) {
    this.#options = options;
    this.#from = options.from ?? 'all';
    this.#streamId = streamIdOf(this.#from);
  }

  /**
   * Opens the session and begins; every call returns the same promise. Rejects like
   * `PipelineRunner.createSession`, and with CLOSED after `stop`.
   */
  start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#stopping !== undefined) return Promise.reject(new ClosedError('pipeline'));
    this.#starting ??= this.#begin(options);
    return this.#starting;
  }

  /**
   * Sends a frame of this machine's own into the pipeline; samples are borrowed. Frames before `start` has
   * resolved are ignored. Throws PIPELINE_USE unless `from` is `'local'`, CLOSED after `stop`.
   */
  push(frame: AudioFrame): void {
    if (this.#from !== 'local') {
      throw new PipelineUseError("push needs a pipeline with from: 'local'; this one hears peers");
    }
    if (this.#stopping !== undefined) throw new ClosedError('pipeline');
    this.#session?.send(audioData(frame, this.#streamId));
  }

  /** Calls the listener with every output, audio included; returns the function that removes it. */
  onOutput(listener: OutputListener): () => void {
    return subscribe(this.#outputListeners, listener);
  }

  /** Calls the listener with every failure of a node or of sending; returns the function that removes it. */
  onError(listener: (error: NodeError) => void): () => void {
    return subscribe(this.#errorListeners, listener);
  }

  stats(): MultiPeerStats {
    return { mismatched: this.#mix.mismatched, pipeline: this.#session?.stats() };
  }

  /** Takes in no more, sends what is still inside, closes; every call returns the same promise. */
  stop(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#stopping ??= this.#end(options);
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #begin(options: { readonly signal?: AbortSignal }): Promise<void> {
    const { runner, manifest, mesh } = this.#options;
    const session = await runner.createSession(manifest, options);
    this.#session = session;
    session.onError((error) => {
      for (const listener of this.#errorListeners) listener(error);
    });
    // Two listeners, each contained by the session: a failing send does not keep the output from the others.
    session.onOutput((data) => this.#send(data));
    session.onOutput((data, nodeId) => {
      for (const listener of this.#outputListeners) listener(data, nodeId);
    });
    if (this.#from === 'local') return;
    this.#leaveTick = mesh.onTick((frames) => this.#hear(frames));
  }

  async #end(options: { readonly signal?: AbortSignal }): Promise<void> {
    // Whoever started hears of a failed start; here it only means that there is nothing to close.
    await this.#starting?.catch(() => undefined);
    this.#leaveTick?.();
    await this.#session?.close(options);
    this.#outlet?.close();
  }

  #hear(frames: ReadonlyMap<string, AudioFrame>): void {
    this.#mix.begin();
    if (this.#from === 'all') {
      for (const frame of frames.values()) this.#mix.add(frame);
    } else {
      for (const peer of this.#from) {
        const frame = frames.get(peer);
        if (frame !== undefined) this.#mix.add(frame);
      }
    }
    const input = this.#mix.end();
    if (input !== undefined) this.#session?.send(audioData(input, this.#streamId));
  }

  #send(data: RuntimeData): void {
    const { mesh, to } = this.#options;
    if (to !== 'all' && to.length === 0) return;
    // The rest is for the listeners of this process.
    if (data.kind === 'json') mesh.sendMessage(data.value, to);
    else if (data.kind === 'text') mesh.sendMessage(data.text, to);
    else if (data.kind === 'audio') {
      // Opened late: a pipeline that only writes captions offers nobody a silent track.
      this.#outlet ??= mesh.openAudio(to);
      this.#outlet.write(data);
    }
  }
}

function streamIdOf(from: Recipients | 'local'): string {
  if (from === 'local') return 'local';
  return (from !== 'all' && from.length === 1 ? from[0] : undefined) ?? 'mix';
}

/** Each subscription stands for itself, though the function be the same. */
function subscribe<Args extends unknown[]>(
  listeners: Set<(...args: Args) => void>,
  listener: (...args: Args) => void,
): () => void {
  const added = (...args: Args): void => listener(...args);
  listeners.add(added);
  return () => {
    listeners.delete(added);
  };
}
