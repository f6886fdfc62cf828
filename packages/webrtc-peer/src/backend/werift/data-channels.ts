import { checkChannelOptions } from '../channel-options.js';
import type {
  DataChannelHandlers,
  DataChannelOptions,
  TransportDataChannel,
  TransportHandlers,
} from '../transport.js';
import type { TransportCounters } from './counters.js';
import { DataChannel, DCEP, type ChannelOwner } from './data-channel.js';
import { parseDcep, writeAck, writeOpen } from './dcep.js';
import type { DtlsRole } from './dtls-association.js';
import { SctpAssociation } from './sctp-association.js';

/** Largest message that is taken (RFC 8841 §6.1), in bytes. */
export const MAX_MESSAGE_SIZE: number = 1 << 16;
/** Most channels at a time, both sides' together. */
const MAX_CHANNELS = 1024;

/** Which directions of a channel that is being closed are closed already. */
interface Closing {
  isReset: boolean;
  incoming: boolean;
  outgoing: boolean;
}

/**
 * The data channels of a transport (RFC 8831): they are opened by messages of their own (RFC 8832), take turns to send,
 * and are closed by resetting their streams.
 */
export class DataChannels {
  readonly #association: SctpAssociation;
  readonly #accept: TransportHandlers['dataChannel'];
  readonly #owner: ChannelOwner & { maxMessageSize: number };
  readonly #counters: TransportCounters;
  readonly #channels = new Map<number, DataChannel>();
  /** Opened here while there is no association yet. */
  readonly #early: DataChannel[] = [];
  /** With something to send, in turn. */
  readonly #waking = new Set<DataChannel>();
  readonly #closing = new Map<DataChannel, Closing>();
  /** The streams that this side opens channels on: even ones are the DTLS client's (RFC 8832 §6). */
  #firstStream = 0;
  #isOver = false;
  #closed = false;

  constructor(
    send: (packet: Buffer) => Promise<void>,
    accept: TransportHandlers['dataChannel'],
    counters: TransportCounters,
  ) {
    this.#accept = accept;
    this.#counters = counters;
    this.#owner = {
      counters,
      maxMessageSize: 0,
      wake: (channel) => {
        this.#waking.add(channel);
        this.#pump();
      },
      leave: (channel) => this.#leave(channel),
    };
    this.#association = new SctpAssociation(send, {
      established: () => this.#established(),
      closed: () => this.#end(),
      acknowledged: () => {
        this.#pump();
        this.#resetDrained();
      },
      message: (streamId, payloadProtocol, data) => this.#received(streamId, payloadProtocol, data),
      incomingReset: (streamIds) => this.#incomingReset(streamIds),
      outgoingReset: (streamIds) => this.#outgoingReset(streamIds),
      fault: () => {
        counters.malformedData++;
      },
    });
  }

  /** Takes the largest message that the other side takes; 0 for any. */
  setRemote(maxMessageSize: number): void {
    this.#owner.maxMessageSize = maxMessageSize;
  }

  /** Sets up the association, over DTLS that is there. `role` is who begins. */
  start(role: 'client' | 'server', dtlsRole: DtlsRole): void {
    this.#firstStream = dtlsRole === 'client' ? 0 : 1;
    this.#association.start(role);
  }

  receive(packet: Buffer): void {
    this.#association.receive(packet);
  }

  /** See `Transport.createDataChannel`. */
  create(options: DataChannelOptions, handlers: DataChannelHandlers): TransportDataChannel {
    checkChannelOptions(options);
    const channel = new DataChannel(options, this.#owner);
    if (this.#closed) {
      channel.close();
      return channel;
    }
    channel.tell(handlers);
    if (this.#isOver) queueMicrotask(() => this.#lost(channel));
    else if (this.#association.isEstablished) this.#open(channel);
    else this.#early.push(channel);
    return channel;
  }

  /** Closes all channels, silently here and by an ABORT at the other side. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const channel of this.#all()) channel.silence();
    this.#forget();
    await this.#association.stop();
  }

  #established(): void {
    for (const channel of this.#early.splice(0)) this.#open(channel);
    this.#pump();
  }

  #open(channel: DataChannel): void {
    let streamId = this.#firstStream;
    while (this.#channels.has(streamId)) streamId += 2;
    if (streamId >= this.#association.streams || this.#channels.size >= MAX_CHANNELS) {
      queueMicrotask(() => this.#lost(channel));
      return;
    }
    channel.streamId = streamId;
    this.#channels.set(streamId, channel);
    channel.control(writeOpen(channel));
  }

  #received(streamId: number, payloadProtocol: number, data: Buffer): void {
    if (payloadProtocol === DCEP) {
      this.#negotiated(streamId, data);
      return;
    }
    const channel = data.length <= MAX_MESSAGE_SIZE ? this.#channels.get(streamId) : undefined;
    if (channel?.received(payloadProtocol, data) !== true) this.#counters.malformedData++;
  }

  #negotiated(streamId: number, data: Buffer): void {
    const message = parseDcep(data);
    const known = this.#channels.get(streamId);
    if (message?.type === 'ack' && known !== undefined) known.opened();
    else if (message?.type === 'open' && known === undefined)
      this.#opened(streamId, message.options);
    else this.#counters.malformedData++;
  }

  #opened(streamId: number, options: DataChannelOptions): void {
    if (this.#channels.size >= MAX_CHANNELS) {
      this.#counters.malformedData++;
      this.#association.reset(streamId);
      return;
    }
    const channel = new DataChannel(options, this.#owner);
    channel.streamId = streamId;
    channel.accepted();
    this.#channels.set(streamId, channel);
    channel.control(writeAck());
    const handlers = this.#accept(channel);
    if (handlers === undefined) channel.close();
    else channel.tell(handlers);
  }

  /** Hands one message of each channel in turn to the association, as long as there is room. */
  #pump(): void {
    if (!this.#association.isEstablished) return;
    const now = performance.now();
    for (const channel of this.#waking) {
      if (!this.#association.hasRoom) return;
      this.#waking.delete(channel);
      const { streamId, ordered, maxRetransmits } = channel;
      const message = streamId === undefined ? undefined : channel.next(now);
      if (message === undefined || streamId === undefined) continue;
      const { payloadProtocol, data, expiry } = message;
      // Behind all the others, which this loop reaches again.
      if (channel.isWaiting) this.#waking.add(channel);
      const delivery =
        payloadProtocol === DCEP
          ? { ordered: true, maxRetransmits: undefined, expiry: undefined }
          : { ordered, maxRetransmits, expiry };
      this.#association.send(streamId, payloadProtocol, data, delivery);
    }
  }

  #leave(channel: DataChannel): void {
    if (this.#closed) return;
    const { streamId } = channel;
    if (streamId === undefined) {
      const at = this.#early.indexOf(channel);
      if (at >= 0) this.#early.splice(at, 1);
      queueMicrotask(() => this.#lost(channel));
      return;
    }
    this.#closing.set(channel, { isReset: false, incoming: false, outgoing: false });
    // Not within the call that opened it, whose answer goes first.
    queueMicrotask(() => this.#resetDrained());
  }

  /** Resets the streams of those closed channels whose messages have arrived. */
  #resetDrained(): void {
    for (const [channel, closing] of this.#closing) {
      const { streamId } = channel;
      if (closing.isReset || streamId === undefined || channel.isWaiting) continue;
      if (this.#association.isSending(streamId)) continue;
      closing.isReset = true;
      this.#association.reset(streamId);
    }
  }

  #incomingReset(streamIds: readonly number[]): void {
    for (const streamId of streamIds) {
      const channel = this.#channels.get(streamId);
      if (channel === undefined) continue;
      const known = this.#closing.get(channel);
      const closing = known ?? { isReset: false, incoming: false, outgoing: false };
      closing.incoming = true;
      this.#closing.set(channel, closing);
      // Nobody is there any more to take what waits.
      channel.ended();
      if (!closing.isReset) this.#association.reset(streamId);
      closing.isReset = true;
      this.#finish(channel, closing);
    }
  }

  #outgoingReset(streamIds: readonly number[]): void {
    for (const streamId of streamIds) {
      const channel = this.#channels.get(streamId);
      const closing = channel && this.#closing.get(channel);
      if (channel === undefined || closing === undefined) continue;
      closing.outgoing = true;
      channel.ended();
      this.#finish(channel, closing);
    }
  }

  /** Its stream may be another channel's once both directions are closed. */
  #finish(channel: DataChannel, { incoming, outgoing }: Closing): void {
    if (!incoming || !outgoing) return;
    this.#closing.delete(channel);
    this.#waking.delete(channel);
    if (channel.streamId !== undefined) this.#channels.delete(channel.streamId);
  }

  #lost(channel: DataChannel): void {
    if (!this.#closed) channel.ended();
  }

  #end(): void {
    if (this.#isOver || this.#closed) return;
    this.#isOver = true;
    const all = this.#all();
    this.#forget();
    for (const channel of all) this.#lost(channel);
  }

  #all(): DataChannel[] {
    return [...this.#early, ...this.#channels.values()];
  }

  #forget(): void {
    this.#early.length = 0;
    this.#channels.clear();
    this.#closing.clear();
    this.#waking.clear();
  }
}
