import type { OpenChannelOptions } from '../connection/peer-channels.js';
import type { MeshThread } from './mesh-thread.js';
import type { FromWorker, OpenedChannel } from './protocol.js';
import { WorkerDataChannel } from './worker-data-channel.js';

/** The data channels of a mesh in a worker. */
export class WorkerChannels {
  readonly #thread: MeshThread;
  readonly #channels = new Map<number, WorkerDataChannel>();

  constructor(thread: MeshThread) {
    this.#thread = thread;
  }

  open(peerId: string, options: OpenChannelOptions): WorkerDataChannel {
    return this.add(this.#thread.call('openChannel', peerId, options));
  }

  /** A channel that is there in the worker. */
  add(opened: OpenedChannel): WorkerDataChannel {
    const channel = new WorkerDataChannel(this.#thread, opened);
    this.#channels.set(opened.channel, channel);
    return channel;
  }

  /** Something came of a channel. */
  take(
    message: Extract<FromWorker, { kind: 'channel-open' | 'channel-message' | 'channel-closed' }>,
  ): void {
    const channel = this.#channels.get(message.channel);
    if (message.kind === 'channel-open') channel?.opened();
    else if (message.kind === 'channel-message') channel?.received(message.message, message.bytes);
    else {
      this.#channels.delete(message.channel);
      channel?.ended(message.statistics);
    }
  }

  /** The worker is gone. */
  end(): void {
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const channel of channels) channel.ended();
  }
}
