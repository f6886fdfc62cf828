import type {
  DataChannelHandlers,
  DataChannelOptions,
  TransportDataChannel,
} from '../transport.js';
import type { TransportCounters } from './counters.js';

/** Most bytes of a channel that wait to be sent; a message that would exceed it is refused. */
const MAX_BUFFERED_BYTES: number = 1 << 20;
/** At or below this `drained` is told. */
const LOW_BUFFERED_BYTES: number = 1 << 16;
/** Entries of sent messages that the queue keeps before it lets go of them. */
const MAX_SENT_ENTRIES = 1024;

// payload protocol identifiers (RFC 8831 §8)
/** Of the Data Channel Establishment Protocol. */
export const DCEP = 50;
const STRING = 51;
const BINARY = 53;
const STRING_EMPTY = 56;
const BINARY_EMPTY = 57;

/** A message on its way to the association. */
export interface QueuedMessage {
  readonly payloadProtocol: number;
  readonly data: Buffer;
  readonly expiry: number | undefined;
}

/** What a channel asks of those it is one of. */
export interface ChannelOwner {
  readonly counters: TransportCounters;
  /** Largest message that the other side takes; 0 for any. */
  readonly maxMessageSize: number;
  /** The channel has something to send. */
  wake(channel: DataChannel): void;
  /** The channel was closed here. */
  leave(channel: DataChannel): void;
}

/** A data channel and its queue. An empty message travels as one byte under an identifier of its own (RFC 8831 §6.6). */
export class DataChannel implements TransportDataChannel {
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTime: number | undefined;
  /** Its stream, once it has one. */
  streamId: number | undefined;
  readonly #owner: ChannelOwner;
  readonly #queue: QueuedMessage[] = [];
  #handlers: DataChannelHandlers | undefined;
  #head = 0;
  #bufferedBytes = 0;
  #isAboveLow = false;
  #state: TransportDataChannel['state'] = 'connecting';
  #isOver = false;

  constructor(options: DataChannelOptions, owner: ChannelOwner) {
    this.label = options.label;
    this.protocol = options.protocol;
    this.ordered = options.ordered;
    this.maxRetransmits = options.maxRetransmits;
    this.maxPacketLifeTime = options.maxPacketLifeTime;
    this.#owner = owner;
  }

  get state(): TransportDataChannel['state'] {
    return this.#state;
  }

  get bufferedAmount(): number {
    return this.#bufferedBytes;
  }

  /** Whether something waits to be handed to the association. */
  get isWaiting(): boolean {
    return this.#head < this.#queue.length;
  }

  /** Says what to tell, from now on. */
  tell(handlers: DataChannelHandlers): void {
    this.#handlers = handlers;
  }

  send(data: string | Uint8Array): boolean {
    const { counters, maxMessageSize } = this.#owner;
    const { messagesRefused } = counters;
    const isText = typeof data === 'string';
    const size = isText ? Buffer.byteLength(data) : data.byteLength;
    if (this.#state !== 'open') messagesRefused['not-open']++;
    else if (maxMessageSize > 0 && size > maxMessageSize) messagesRefused['too-large']++;
    else if (this.#bufferedBytes + size > MAX_BUFFERED_BYTES) messagesRefused['queue-full']++;
    else {
      const lifeTime = this.maxPacketLifeTime;
      this.#bufferedBytes += size;
      this.#isAboveLow ||= this.#bufferedBytes > LOW_BUFFERED_BYTES;
      this.#enqueue({
        payloadProtocol:
          size === 0 ? (isText ? STRING_EMPTY : BINARY_EMPTY) : isText ? STRING : BINARY,
        data: size === 0 ? Buffer.alloc(1) : Buffer.from(data as Uint8Array),
        // The millisecond that has begun counts, so that a message is sent once at least where it need not wait.
        expiry: lifeTime === undefined ? undefined : performance.now() + lifeTime + 1,
      });
      return true;
    }
    return false;
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#owner.leave(this);
  }

  /** Queues a message that is about the channel itself. */
  control(data: Buffer): void {
    this.#enqueue({ payloadProtocol: DCEP, data, expiry: undefined });
  }

  /** The next message to be handed over; undefined if none waits. */
  next(now: number): QueuedMessage | undefined {
    for (;;) {
      const message = this.#queue[this.#head];
      if (message === undefined) return undefined;
      this.#head++;
      this.#forgetSent();
      this.#unbuffer(message);
      if (message.expiry === undefined || message.expiry > now) return message;
      this.#owner.counters.messagesLost++;
    }
  }

  /** The other side agreed to the channel. */
  opened(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#handlers?.open();
  }

  /** The other side opened the channel, and its owner knows. */
  accepted(): void {
    this.#state = 'open';
  }

  /** A message came. False if it is of a kind that is not known. */
  received(payloadProtocol: number, data: Buffer): boolean {
    const message = readMessage(payloadProtocol, data);
    if (message === undefined) return false;
    // Who sends knows that both sides have the channel (RFC 8832 §6).
    this.opened();
    if (this.#state === 'open') this.#handlers?.message(message);
    return true;
  }

  /** It is over: nothing that waits is sent any more. Told once. */
  ended(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#state = 'closed';
    this.#owner.counters.messagesLost += this.#queue.length - this.#head;
    this.#queue.length = 0;
    this.#head = 0;
    this.#bufferedBytes = 0;
    this.#handlers?.close();
  }

  /** Says nothing more. */
  silence(): void {
    this.#handlers = undefined;
    this.ended();
  }

  #enqueue(message: QueuedMessage): void {
    this.#queue.push(message);
    this.#owner.wake(this);
  }

  #unbuffer({ payloadProtocol, data }: QueuedMessage): void {
    if (payloadProtocol !== STRING && payloadProtocol !== BINARY) return;
    this.#bufferedBytes -= data.length;
    if (!this.#isAboveLow || this.#bufferedBytes > LOW_BUFFERED_BYTES) return;
    this.#isAboveLow = false;
    // Not within the call to `send` that made it so.
    queueMicrotask(() => {
      if (this.#state === 'open') this.#handlers?.drained();
    });
  }

  /** Sent messages leave the array in bulk, or it would be moved for each of them. */
  #forgetSent(): void {
    if (this.#head < this.#queue.length && this.#head < MAX_SENT_ENTRIES) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }
}

/** A message with memory of its own: werift's is part of a shared pool that cannot go to another thread. */
const readMessage = (payloadProtocol: number, data: Buffer): string | Uint8Array | undefined => {
  switch (payloadProtocol) {
    case STRING:
      return data.toString('utf8');
    case STRING_EMPTY:
      return '';
    case BINARY:
      return new Uint8Array(data);
    case BINARY_EMPTY:
      return new Uint8Array(0);
    default:
      return undefined;
  }
};
