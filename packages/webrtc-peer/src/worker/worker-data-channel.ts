import { TypedEvents } from '@rm/signaling-protocol';
import {
  asMessage,
  type DataChannelEvents,
  DataChannelError,
  type DataChannelStatistics,
} from '../data/data-channel.js';
import { type DataMessage, messageBytes } from '../data/message-frames.js';
import type { NodeDataChannel } from '../mesh/handles.js';
import { Backlog } from './backlog.js';
import type { MeshThread } from './mesh-thread.js';
import { MAX_CHANNEL_BYTES, type OpenedChannel } from './protocol.js';

/** A data channel of a mesh in a worker. */
export class WorkerDataChannel implements NodeDataChannel {
  readonly peerId: string;
  readonly label: string;
  readonly ordered: boolean;
  readonly reliable: boolean;
  readonly #thread: MeshThread;
  readonly #id: number;
  readonly #received: Backlog;
  readonly #events = new TypedEvents<DataChannelEvents>((event, error) => {
    if (event !== 'listener-error') this.#events.emit('listener-error', { event, error });
  });
  #state: DataChannelStatistics['state'];
  #statistics: DataChannelStatistics;
  #waitingBytes = 0;
  /** Whether nothing more comes of it. */
  #ended = false;

  constructor(thread: MeshThread, opened: OpenedChannel) {
    this.#thread = thread;
    this.#id = opened.channel;
    this.peerId = opened.peerId;
    this.label = opened.label;
    this.ordered = opened.ordered;
    this.reliable = opened.reliable;
    this.#received = new Backlog(opened.received);
    this.#state = opened.statistics.state;
    this.#statistics = opened.statistics;
  }

  get state(): DataChannelStatistics['state'] {
    return this.#state;
  }

  get statistics(): DataChannelStatistics {
    if (!this.#ended && this.#thread.gone === undefined)
      this.#statistics = this.#thread.call('channelStatistics', this.#id) ?? this.#statistics;
    return { ...this.#statistics, state: this.#state };
  }

  on<Name extends keyof DataChannelEvents>(
    name: Name,
    listener: (event: DataChannelEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  send(given: string | Uint8Array | DataMessage): Promise<void> {
    const message = asMessage(given);
    if (this.#state === 'closed') return closed();
    const bytes = messageBytes(message).length;
    // One that is too large by itself is refused by the channel, which knows why.
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > MAX_CHANNEL_BYTES)
      return Promise.reject(
        new DataChannelError(
          'CHANNEL_BUSY',
          `${this.#waitingBytes} bytes wait to be sent: await each send before the next`,
        ),
      );
    this.#waitingBytes += bytes;
    return this.#send(message).finally(() => (this.#waitingBytes -= bytes));
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#thread.post({ kind: 'close-channel', channel: this.#id });
  }

  opened(): void {
    if (this.#state === 'connecting') this.#state = 'open';
    this.#events.emit('open', undefined);
  }

  received(message: DataMessage, bytes: number): void {
    this.#received.arrived(bytes);
    if (this.#state !== 'closed') this.#events.emit('message', message);
  }

  /** The channel has ended; the last event. Idempotent. */
  ended(statistics?: DataChannelStatistics): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#state = 'closed';
    this.#statistics = statistics ?? this.#statistics;
    this.#events.emit('close', undefined);
  }

  #send(message: DataMessage): Promise<void> {
    if (message.kind !== 'binary') return this.#thread.request('send', [this.#id, message]);
    // A copy of its own: a view would take all that it is a view of along.
    const data = new Uint8Array(message.data);
    const transfer = [data.buffer];
    return this.#thread.request('send', [this.#id, { kind: 'binary', data }], { transfer });
  }
}

const closed = (): Promise<never> =>
  Promise.reject(new DataChannelError('CHANNEL_CLOSED', 'the data channel is closed'));
