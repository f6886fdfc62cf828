import { TypedEvents } from '@rm/signaling-protocol';
import type { OpenChannelOptions } from '../connection/peer-channels.js';
import type { JsonValue } from '../data/control-message.js';
import type { Recipients } from '../mesh/audio-output.js';
import type { PeerDirections } from '../mesh/directions.js';
import type { NodeAudioOutput, NodeDataChannel, NodeVideoOutput } from '../mesh/handles.js';
import type { MeshNode } from '../mesh/mesh-node.js';
import type {
  EncodedPicture,
  MeshEvents,
  PictureListener,
  TickListener,
} from '../mesh/mesh-options.js';
import type { MeshStatistics } from '../mesh/statistics.js';
import type { OpenVideoOptions } from '../mesh/video-outputs.js';
import { Backlog } from './backlog.js';
import { MeshWorkerError } from './errors.js';
import type { WorkerMeshOptions, WorkerMeshStatistics } from './mesh-setup.js';
import { MeshThread } from './mesh-thread.js';
import { type CrossingEvent, type FromWorker, type WorkerDrops } from './protocol.js';
import { Reception } from './reception.js';
import { revivedError } from './thread-error.js';
import { WorkerChannels } from './worker-channels.js';
import { WorkerOutputs } from './worker-outputs.js';

/** How long the worker may take to leave the room, in ms. */
const MAX_LEAVE = 5000;

/**
 * A `Mesh` that runs in a worker, so that an application that blocks its thread does not disturb arrival times,
 * heartbeats or sound. It is used as a `Mesh` is; what is not the same:
 *
 * - Ticks wait for a thread that is blocked, up to 2.56 s of them, and come one after another, each with its instant,
 *   when it is free again; pictures wait up to 12 of a stream. `statistics().dropped` counts what went.
 * - `openVideo`, `openChannel`, `sendMessage` and all statistics stand still for the worker's answer: mostly well under a
 *   millisecond.
 * - Errors of the worker have the name, code and message they would have, and the class `Error`.
 * - When the worker fails, `removed` says so, and what is asked then is refused with `MeshWorkerError`
 *   (`WORKER_FAILED`). Close the mesh then and make another.
 */
export class WorkerMesh implements MeshNode {
  readonly #thread: MeshThread;
  readonly #outputs: WorkerOutputs;
  readonly #channels: WorkerChannels;
  readonly #reception = new Reception(
    (message) => this.#thread.post(message),
    (error) => this.#listenerFailed('tick', error),
  );
  readonly #messagesIn = new Backlog();
  readonly #events = new TypedEvents<MeshEvents>((event, error) =>
    this.#listenerFailed(event, error),
  );
  #peerId = '';
  #ticksSkipped = 0;
  #drops: WorkerDrops = { pictures: 0, encodedPictures: 0, messages: 0, channelMessages: 0 };
  #starting: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Starts a worker and makes a mesh in it that is not connected yet. Rejects with what the setup or `Mesh.create`
   * throws, with `ArgumentError` (`BAD_ARGUMENT`) where the module has no default export to call, and with
   * `MeshWorkerError` (`WORKER_FAILED`) when the worker ends.
   */
  static async create(options: WorkerMeshOptions): Promise<WorkerMesh> {
    const mesh = new WorkerMesh(options);
    try {
      await new Promise<void>((resolve, reject) => (mesh.#starting = { resolve, reject }));
    } catch (error) {
      await mesh.#thread.end(closedError());
      throw error;
    }
    return mesh;
  }

  private constructor({ setup, data, transfer = [] }: WorkerMeshOptions) {
    this.#thread = new MeshThread(
      {
        setup: String(setup),
        data,
        messagesIn: this.#messagesIn.memory,
        encoded: this.#reception.encoded,
      },
      transfer,
      {
        message: (message, handled) => {
          // Ticks and messages come in the order in which they came about.
          this.#reception.deliverTicks(handled - 1);
          this.#take(message);
          this.#reception.deliverTicks(handled);
        },
        failed: (error) => this.#failed(error),
      },
    );
    this.#outputs = new WorkerOutputs(this.#thread);
    this.#channels = new WorkerChannels(this.#thread);
  }

  get peerId(): string {
    return this.#peerId;
  }

  /** As `Mesh.connect`. */
  connect({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#thread.request('connect', [], signal === undefined ? {} : { signal });
  }

  on<Name extends keyof MeshEvents>(
    name: Name,
    listener: (event: MeshEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /** As `Mesh.onTick`: the map and the samples are used again when the listener returns. */
  onTick(listener: TickListener): () => void {
    return this.#reception.onTick(listener);
  }

  /** As `Mesh.onPicture`: the picture's memory is used again after the stream's next picture. */
  onPicture(listener: PictureListener): () => void {
    return this.#reception.onPicture(listener);
  }

  /** As `Mesh.onEncodedPicture`; the frame is yours. */
  onEncodedPicture(listener: (picture: EncodedPicture) => void): () => void {
    return this.#reception.onEncodedPicture(listener);
  }

  /** As `Mesh.openAudio`. */
  openAudio(to: Recipients): Promise<NodeAudioOutput> {
    return this.#outputs.openAudio(to);
  }

  /** As `Mesh.openVideo`. */
  openVideo(to: Recipients, options: OpenVideoOptions = {}): NodeVideoOutput {
    return this.#outputs.openVideo(to, options);
  }

  /** As `Mesh.setDirections`. */
  setDirections(peerId: string, directions: Partial<PeerDirections>): void {
    this.#thread.call('setDirections', peerId, directions);
  }

  /** As `Mesh.sendMessage`; nobody is reached when the worker is gone. */
  sendMessage(payload: JsonValue, to: Recipients): number {
    return this.#thread.gone === undefined ? this.#thread.call('sendMessage', payload, to) : 0;
  }

  /** As `Mesh.openChannel`. */
  openChannel(peerId: string, options: OpenChannelOptions): NodeDataChannel {
    return this.#channels.open(peerId, options);
  }

  /** As `Mesh.statistics`, and what was dropped between the threads. Without links when the worker is gone. */
  statistics(): WorkerMeshStatistics {
    if (this.#thread.gone !== undefined || this.#closed !== undefined)
      return this.#withDrops({
        peerId: this.#peerId,
        links: [],
        outputs: [],
        videoOutputs: [],
        ticksSkipped: this.#ticksSkipped,
      });
    const { mesh, drops } = this.#thread.call('statistics');
    this.#ticksSkipped = mesh.ticksSkipped;
    this.#drops = drops;
    return this.#withDrops(mesh);
  }

  /** Leaves the room, releases everything and ends the worker. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#leave());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #leave(): Promise<void> {
    this.#reception.close();
    this.#outputs.close();
    let timer: NodeJS.Timeout | undefined;
    try {
      if (this.#thread.gone === undefined)
        await Promise.race([
          this.#thread.request('close', []).catch((error: unknown) => {
            // A thread that ends while it is closed has left too.
            if (!(error instanceof MeshWorkerError)) throw error;
          }),
          new Promise<void>((resolve) => (timer = setTimeout(resolve, MAX_LEAVE))),
        ]);
    } finally {
      clearTimeout(timer);
      await this.#thread.end(closedError());
      this.#channels.end();
    }
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'tick-ring':
      case 'heard':
      case 'ticked':
        this.#reception.news(message);
        break;
      case 'ready':
        this.#peerId = message.peerId;
        this.#starting?.resolve();
        break;
      case 'failed':
        this.#starting?.reject(revivedError(message.error));
        break;
      case 'answer':
        // Whoever asked has it.
        break;
      case 'event':
        this.#event(message);
        break;
      case 'signaling-lost':
        this.#events.emit('signaling-lost', { cause: revivedError(message.cause) });
        break;
      case 'listener-error':
        this.#listenerFailed(message.event, revivedError(message.error));
        break;
      case 'picture':
        this.#reception.picture(message.picture);
        break;
      case 'encoded':
        this.#reception.encodedPicture(message.picture);
        break;
      case 'picture-taken':
        this.#outputs.pictureTaken(message.output, message.id);
        break;
      case 'channel':
        this.#events.emit('channel', { channel: this.#channels.add(message.channel) });
        break;
      case 'channel-open':
      case 'channel-message':
      case 'channel-closed':
        this.#channels.take(message);
        break;
    }
  }

  #event({ name, event }: CrossingEvent): void {
    if (name === 'message' || name === 'remote-states') this.#messagesIn.arrived(1);
    else if (name === 'peer-disconnected') this.#reception.forget(event.peerId);
    this.#events.emit(name, event);
  }

  #failed(error: MeshWorkerError): void {
    this.#starting?.reject(error);
    this.#channels.end();
    this.#events.emit('removed', { reason: error.message });
  }

  #listenerFailed(event: string, error: unknown): void {
    if (event !== 'listener-error') this.#events.emit('listener-error', { event, error });
  }

  #withDrops(mesh: MeshStatistics): WorkerMeshStatistics {
    return {
      ...mesh,
      dropped: {
        ...this.#drops,
        ...this.#outputs.dropped,
        ticks: this.#reception.ticksDropped,
      },
    };
  }
}

const closedError = (): MeshWorkerError =>
  new MeshWorkerError('WORKER_CLOSED', 'the mesh was closed: make another');
