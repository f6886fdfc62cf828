import type { DataChannel as NativeChannel } from 'node-datachannel';
import type {
  DataChannelHandlers,
  DataChannelOptions,
  TransportDataChannel,
} from '../transport.js';
import type { TransportCounters } from './counters.js';

/** Largest message that is taken and sent (RFC 8841 §6.1), in bytes: what libdatachannel's send buffer has to hold. */
export const MAX_MESSAGE_SIZE: number = 1 << 18;
/** Most bytes of a channel that wait to be sent; a message that would exceed it is refused. */
const MAX_BUFFERED_BYTES: number = 1 << 20;
/** At or below this `drained` is told. */
const LOW_BUFFERED_BYTES: number = 1 << 16;
/** With this much of a channel waiting in libdatachannel no more is handed over: there all channels share a line. */
const HANDED_BYTES: number = 1 << 16;
/** With this much left there, it gets more. */
const REFILL_BYTES: number = 1 << 15;
/** Entries of sent messages that the queue keeps before it lets go of them. */
const MAX_SENT_ENTRIES = 1024;

/** What a channel asks of those it is one of. */
export interface ChannelOwner {
  readonly counters: TransportCounters;
  /** Largest message that the other side takes; 0 for any. */
  readonly maxMessageSize: number;
  /** The channel is over. */
  forget(channel: DataChannel): void;
}

/** A data channel over one of libdatachannel's. */
export class DataChannel implements TransportDataChannel {
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTime: number | undefined;
  readonly #owner: ChannelOwner;
  readonly #queue: (string | Uint8Array)[] = [];
  #native: NativeChannel | undefined;
  #handlers: DataChannelHandlers | undefined;
  #head = 0;
  #queuedBytes = 0;
  #isAboveLow = false;
  #state: TransportDataChannel['state'];
  #isOver = false;

  constructor(options: DataChannelOptions, state: 'connecting' | 'open', owner: ChannelOwner) {
    this.label = options.label;
    this.protocol = options.protocol;
    this.ordered = options.ordered;
    this.maxRetransmits = options.maxRetransmits;
    this.maxPacketLifeTime = options.maxPacketLifeTime;
    this.#owner = owner;
    this.#state = state;
  }

  get state(): TransportDataChannel['state'] {
    return this.#state;
  }

  get bufferedAmount(): number {
    return this.#isOver ? 0 : this.#queuedBytes + this.#handedBytes;
  }

  /** Travels over this one from now on. */
  attach(native: NativeChannel): void {
    this.#native = native;
    native.setBufferedAmountLowThreshold(REFILL_BYTES);
    native.onOpen(() => this.#opened());
    native.onBufferedAmountLow(() => this.#pump());
    // The end drops messages that were not told yet. What is registered first is told first, if both are due, and
    // nothing must come in between.
    native.onMessage((data) => this.#received(data));
    native.onClosed(() => this.ended());
  }

  /** Says what to tell, from now on. */
  tell(handlers: DataChannelHandlers): void {
    this.#handlers = handlers;
  }

  send(data: string | Uint8Array): boolean {
    const { counters, maxMessageSize } = this.#owner;
    const { messagesRefused } = counters;
    const size = sizeOf(data);
    const largest =
      maxMessageSize > 0 ? Math.min(maxMessageSize, MAX_MESSAGE_SIZE) : MAX_MESSAGE_SIZE;
    if (this.#state !== 'open') messagesRefused['not-open']++;
    else if (size > largest) messagesRefused['too-large']++;
    else if (this.bufferedAmount + size > MAX_BUFFERED_BYTES) messagesRefused['queue-full']++;
    else {
      if (this.#queue.length === 0 && this.#handedBytes < HANDED_BYTES) this.#hand(data);
      else {
        this.#queue.push(typeof data === 'string' ? data : data.slice());
        this.#queuedBytes += size;
      }
      this.#isAboveLow ||= this.bufferedAmount > LOW_BUFFERED_BYTES;
      return true;
    }
    return false;
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    if (this.#native === undefined) queueMicrotask(() => this.ended());
    // What waits is sent before.
    if (this.#queue.length === 0) this.#native?.close();
  }

  /** It is over: nothing that waits is sent any more. Told once. */
  ended(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#state = 'closed';
    this.#owner.counters.messagesLost += this.#queue.length - this.#head;
    this.#queue.length = 0;
    this.#native?.close();
    this.#owner.forget(this);
    this.#handlers?.close();
  }

  /** Says nothing more. */
  silence(): void {
    this.#handlers = undefined;
    this.ended();
  }

  /** Bytes that wait in libdatachannel. */
  get #handedBytes(): number {
    return this.#native?.bufferedAmount() ?? 0;
  }

  #opened(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#handlers?.open();
  }

  #received(data: string | Buffer | ArrayBuffer): void {
    // The event that opens the channel may come after its first message.
    this.#opened();
    if (this.#state === 'open')
      this.#handlers?.message(typeof data === 'string' ? data : new Uint8Array(data));
  }

  /** Hands over what waits while there is room for it. */
  #pump(): void {
    if (this.#isOver) return;
    while (this.#head < this.#queue.length && this.#handedBytes < HANDED_BYTES) {
      const data = this.#queue[this.#head++] as string | Uint8Array;
      this.#queuedBytes -= sizeOf(data);
      this.#hand(data);
    }
    // Sent messages leave the array in bulk, or it would be moved for each of them.
    if (this.#head === this.#queue.length || this.#head >= MAX_SENT_ENTRIES) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    if (this.#state === 'closed') {
      if (this.#queue.length === 0) this.#native?.close();
    } else if (this.#isAboveLow && this.bufferedAmount <= LOW_BUFFERED_BYTES) {
      this.#isAboveLow = false;
      this.#handlers?.drained();
    }
  }

  #hand(data: string | Uint8Array): void {
    try {
      if (typeof data === 'string') this.#native?.sendMessage(data);
      else this.#native?.sendMessageBinary(data);
    } catch {
      // Closed by the other side, which is about to be told.
      this.#owner.counters.messagesLost++;
    }
  }
}

const sizeOf = (data: string | Uint8Array): number =>
  typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
