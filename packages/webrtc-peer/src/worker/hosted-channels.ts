import type { DataMessage } from '../data/message-frames.js';
import { DataChannelError, type DataChannelStatistics } from '../data/data-channel.js';
import type { NodeDataChannel } from '../mesh/handles.js';
import { Backlog } from './backlog.js';
import type { Outbox } from './outbox.js';
import { MAX_CHANNEL_BYTES, type OpenedChannel } from './protocol.js';

/** The data channels of a mesh whose messages go to another thread. */
export class HostedChannels {
  readonly #outbox: Outbox;
  readonly #channels = new Map<number, NodeDataChannel>();
  #next = 0;
  #messagesDropped = 0;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Messages that were dropped as the application did not keep up, of channels that may lose messages. */
  get messagesDropped(): number {
    return this.#messagesDropped;
  }

  /** Tells the other thread what comes of `channel`. */
  host(channel: NodeDataChannel): OpenedChannel {
    const id = this.#next++;
    const received = new Backlog();
    const { peerId, label, ordered, reliable, statistics } = channel;
    this.#channels.set(id, channel);
    let bytesBefore = statistics.bytesReceived;
    channel.on('open', () => this.#outbox.post({ kind: 'channel-open', channel: id }));
    channel.on('message', (message) => {
      const { bytesReceived } = channel.statistics;
      // Empty ones take room too.
      const bytes = 1 + bytesReceived - bytesBefore;
      bytesBefore = bytesReceived;
      if (received.admit(bytes, MAX_CHANNEL_BYTES)) this.#deliver(id, message, bytes);
      // A reliable channel with a gap would be worse than none.
      else if (reliable) channel.close();
      else this.#messagesDropped++;
    });
    channel.on('close', () => {
      this.#channels.delete(id);
      this.#outbox.post({
        kind: 'channel-closed',
        channel: id,
        statistics: channel.statistics,
      });
    });
    return { channel: id, peerId, label, ordered, reliable, received: received.memory, statistics };
  }

  send(id: number, message: DataMessage): Promise<void> {
    const channel = this.#channels.get(id);
    return (
      channel?.send(message) ??
      Promise.reject(new DataChannelError('CHANNEL_CLOSED', 'the data channel is closed'))
    );
  }

  statistics(id: number): DataChannelStatistics | undefined {
    return this.#channels.get(id)?.statistics;
  }

  close(id: number): void {
    this.#channels.get(id)?.close();
  }

  #deliver(channel: number, message: DataMessage, bytes: number): void {
    if (message.kind === 'binary') {
      // A copy of its own: a view would take all that it is a view of along.
      const data = new Uint8Array(message.data);
      const own: DataMessage = { kind: 'binary', data };
      this.#outbox.post({ kind: 'channel-message', channel, message: own, bytes }, [data.buffer]);
    } else this.#outbox.post({ kind: 'channel-message', channel, message, bytes });
  }
}
