import { TypedEvents } from '@rm/signaling-protocol';
import type { DataChannelHandlers, TransportDataChannel } from '../backend/transport.js';
import {
  type DataMessage,
  FRAME_BYTES,
  FRAMED_PROTOCOL,
  frameAt,
  MAX_MESSAGE_BYTES,
  messageBytes,
  MessageReassembler,
} from './message-frames.js';

/** Why a message was not sent, or a channel not opened. */
export type DataChannelFault =
  | 'CHANNEL_CLOSED'
  | 'MESSAGE_TOO_LARGE'
  | 'CHANNEL_BUSY'
  | 'INVALID_CHANNEL';

/** A message that was not sent, or a channel that was not opened. */
export class DataChannelError extends Error {
  override readonly name = 'DataChannelError';
  readonly code: DataChannelFault;

  constructor(code: DataChannelFault, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a {@link DataChannel} tells. */
export interface DataChannelEvents {
  readonly open: undefined;
  readonly message: DataMessage;
  /** The last event. */
  readonly close: undefined;
  /** A listener threw; the others were called all the same. */
  readonly 'listener-error': { readonly event: string; readonly error: unknown };
}

/** Counts of a {@link DataChannel}. */
export interface DataChannelStatistics {
  readonly label: string;
  readonly state: TransportDataChannel['state'];
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Of the other side, that could not be read. */
  readonly messagesMalformed: number;
  /** Accepted by `send` and given up as the channel closed. */
  readonly messagesLost: number;
  readonly bufferedAmount: number;
}

interface Waiting {
  readonly message: DataMessage;
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: DataChannelError) => void;
  /** Bytes that have been sent. */
  sent: number;
}

/** Bytes that may wait here; who awaits `send` never has more than one message waiting. */
const MAX_WAITING_BYTES: number = 2 * MAX_MESSAGE_BYTES;

/**
 * A data channel to one peer (RFC 8831). Between nodes of a mesh messages may be text, binary or JSON of up to 16 MiB
 * each, which travel in frames of 16 KiB; with other sub-protocols they are what the other side sends: text, or binary.
 */
export class DataChannel {
  readonly peerId: string;
  readonly #transport: TransportDataChannel;
  readonly #framed: boolean;
  readonly #reassembler = new MessageReassembler();
  readonly #events = new TypedEvents<DataChannelEvents>((event, error) =>
    this.#listenerFailed(event, error),
  );
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  readonly #counts = {
    messagesSent: 0,
    messagesReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    messagesMalformed: 0,
    messagesLost: 0,
  };

  /**
   * @param make - Makes or gives the transport's channel, to which the handlers are for.
   * @internal
   */
  constructor(peerId: string, make: (handlers: DataChannelHandlers) => TransportDataChannel) {
    this.peerId = peerId;
    this.#transport = make({
      open: () => {
        this.#pump();
        this.#events.emit('open', undefined);
      },
      close: () => this.#closed(),
      message: (data) => this.#received(data),
      drained: () => this.#pump(),
    });
    this.#framed = this.#transport.protocol === FRAMED_PROTOCOL;
  }

  get label(): string {
    return this.#transport.label;
  }

  /** Whether messages arrive in the order of sending. */
  get ordered(): boolean {
    return this.#transport.ordered;
  }

  /** Whether all messages arrive, as long as there is a connection. */
  get reliable(): boolean {
    return (
      this.#transport.maxRetransmits === undefined &&
      this.#transport.maxPacketLifeTime === undefined
    );
  }

  get state(): TransportDataChannel['state'] {
    return this.#transport.state;
  }

  get statistics(): DataChannelStatistics {
    const { label, state, bufferedAmount } = this.#transport;
    return {
      label,
      state,
      ...this.#counts,
      bufferedAmount: bufferedAmount + this.#waitingBytes,
    };
  }

  /** Adds a listener for `name`; returns what removes it. */
  on<Name extends keyof DataChannelEvents>(
    name: Name,
    listener: (event: DataChannelEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Sends a message: text, bytes (which are yours again when the promise resolves), or JSON. Resolves when all of it
   * is on its way: await it, and you never send faster than the path carries.
   * Rejects with `DataChannelError`: `CHANNEL_CLOSED`; `MESSAGE_TOO_LARGE` beyond 16 MiB, or beyond 16 KiB on a channel
   * that is not ordered and reliable, or beyond what another sub-protocol's side takes; `CHANNEL_BUSY` when more than
   * 32 MiB wait, as nobody awaited.
   */
  send(message: string | Uint8Array | DataMessage): Promise<void> {
    const typed = asMessage(message);
    const bytes = messageBytes(typed);
    if (this.state === 'closed') return failed('CHANNEL_CLOSED', 'the data channel is closed');
    const limit =
      this.#framed && !(this.ordered && this.reliable) ? FRAME_BYTES : MAX_MESSAGE_BYTES;
    if (bytes.length > limit)
      return failed(
        'MESSAGE_TOO_LARGE',
        `a message of ${bytes.length} bytes is more than the ${limit} that the channel takes: send it in parts`,
      );
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES)
      return failed(
        'CHANNEL_BUSY',
        `${this.#waitingBytes} bytes wait to be sent: await each send before the next`,
      );
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message: typed, bytes, resolve, reject, sent: 0 });
      this.#waitingBytes += bytes.length;
      this.#pump();
    });
  }

  /** Closes the channel at both sides; what waits is given up. Idempotent. */
  close(): void {
    if (this.state === 'closed' && this.#waiting.length === 0) return;
    this.#transport.close();
    this.#giveUp();
  }

  #pump(): void {
    if (this.state !== 'open') return;
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const sent = this.#sendMore(next);
      // Refused though nothing waits: it is too large for the other side.
      if (!sent && (this.#framed || this.#transport.bufferedAmount > 0)) return;
      this.#waiting.shift();
      this.#waitingBytes -= next.bytes.length;
      if (!sent) {
        const text = `the other side takes no message of ${next.bytes.length} bytes`;
        next.reject(new DataChannelError('MESSAGE_TOO_LARGE', text));
        continue;
      }
      this.#counts.messagesSent++;
      this.#counts.bytesSent += next.bytes.length;
      next.resolve();
    }
  }

  /** Hands over what the transport takes of a message. True when that was the end of it. */
  #sendMore(waiting: Waiting): boolean {
    const { message, bytes } = waiting;
    if (!this.#framed)
      return this.#transport.send(message.kind === 'binary' ? bytes : decodeText(bytes));
    do {
      if (!this.#transport.send(frameAt(message.kind, bytes, waiting.sent))) return false;
      waiting.sent += FRAME_BYTES;
    } while (waiting.sent < bytes.length);
    return true;
  }

  #received(data: string | Uint8Array): void {
    const message = this.#read(data);
    if (message === undefined) return;
    this.#counts.messagesReceived++;
    this.#events.emit('message', message);
  }

  #read(data: string | Uint8Array): DataMessage | undefined {
    this.#counts.bytesReceived += data.length;
    if (!this.#framed)
      return typeof data === 'string' ? { kind: 'text', text: data } : { kind: 'binary', data };
    const read = typeof data === 'string' ? undefined : this.#reassembler.add(data);
    if (read?.ok === true) return read.message;
    this.#counts.messagesMalformed++;
    return undefined;
  }

  #closed(): void {
    this.#giveUp();
    this.#events.emit('close', undefined);
  }

  #giveUp(): void {
    for (const { reject } of this.#waiting.splice(0)) {
      this.#counts.messagesLost++;
      reject(new DataChannelError('CHANNEL_CLOSED', 'the data channel was closed'));
    }
    this.#waitingBytes = 0;
  }

  #listenerFailed(event: string, error: unknown): void {
    if (event !== 'listener-error') this.#events.emit('listener-error', { event, error });
  }
}

/** What `send` was given, as a message. */
export const asMessage = (message: string | Uint8Array | DataMessage): DataMessage => {
  if (typeof message === 'string') return { kind: 'text', text: message };
  return message instanceof Uint8Array ? { kind: 'binary', data: message } : message;
};

const failed = (code: DataChannelFault, text: string): Promise<never> =>
  Promise.reject(new DataChannelError(code, text));

const decodeText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
