import type { RTCDataChannel, RTCPeerConnection, RTCSctpTransport } from 'werift';
import type { TransportHandlers } from '../transport.js';
import type { TransportCounters } from './counters.js';
import {
  associationOf,
  createSctpTransport,
  demultiplexerOf,
  type Association,
} from './internals.js';

/** Label of the one channel. */
const CONTROL_LABEL = 'control';
/** Most bytes that wait to be sent; a message that would exceed it is refused. */
const MAX_BUFFERED_BYTES: number = 1 << 20;
/** Chunks that wait in werift: its cost per message grows with those it holds. */
const MAX_WAITING_CHUNKS = 16;
/**
 * Chunks in flight. werift counts its congestion window in bytes and sends each chunk in a datagram of its own,
 * so that small messages would overflow the other side's socket buffer and stall for a second.
 */
const MAX_CHUNKS_IN_FLIGHT = 48;
/** Entries of sent messages that the queue keeps before it lets go of them. */
const MAX_SENT_ENTRIES = 1024;
/** How far a sender may overrun the receive window of 1 MiB, as a probe of a closed window does (RFC 9260 §6.1). */
const WINDOW_TOLERANCE = 1 << 16;

/** The reliable, ordered data channel `control`: opened by the offerer, accepted by the answerer. */
export class ControlChannel {
  readonly #pc: RTCPeerConnection;
  readonly #sctp: RTCSctpTransport;
  readonly #association: Association;
  readonly #handlers: TransportHandlers;
  readonly #counters: TransportCounters;
  readonly #queue: (string | Buffer)[] = [];
  #head = 0;
  #queuedBytes = 0;
  #channel: RTCDataChannel | undefined;
  #open = false;
  #closed = false;

  constructor(pc: RTCPeerConnection, handlers: TransportHandlers, counters: TransportCounters) {
    this.#pc = pc;
    this.#handlers = handlers;
    this.#counters = counters;
    this.#sctp = createSctpTransport(pc);
    this.#association = associationOf(this.#sctp);
    this.#containFaults();
    this.#pumpOnAcknowledgement();
    pc.onDataChannel.subscribe((channel) => {
      if (channel.label === CONTROL_LABEL && this.#channel === undefined) this.#use(channel);
    });
  }

  get bufferedAmount(): number {
    return this.#queuedBytes + (this.#channel?.bufferedAmount ?? 0);
  }

  /** Whether the data m-line is part of the session. */
  get negotiated(): boolean {
    return this.#pc.sctpRemotePort !== undefined;
  }

  /** Undoes what a local offer that was rolled back has said of the m-line. */
  forgetOffer(): void {
    if (this.negotiated) return;
    delete this.#sctp.mid;
    delete this.#sctp.mLineIndex;
  }

  /** Opens the channel from this side; the other side gets it with the first packets of the association. */
  openAsOfferer(): void {
    if (this.#channel === undefined && !this.negotiated) {
      this.#use(this.#pc.createDataChannel(CONTROL_LABEL));
    }
  }

  /** See `Transport.sendMessage`. Binary data is copied. */
  send(data: string | Uint8Array): boolean {
    const { messagesRefused } = this.#counters;
    const size = typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
    if (!this.#open) messagesRefused['not-open']++;
    // werift sends an empty message as no chunk at all, and the ordered stream waits for it for ever.
    else if (size === 0) messagesRefused.empty++;
    else if (this.#isTooLarge(size)) messagesRefused['too-large']++;
    else if (this.bufferedAmount + size > MAX_BUFFERED_BYTES) messagesRefused['queue-full']++;
    else {
      this.#queue.push(typeof data === 'string' ? data : Buffer.from(data));
      this.#queuedBytes += size;
      this.#pump();
      return true;
    }
    return false;
  }

  /** Tells the other side by an SCTP ABORT that this one leaves, and drops what is queued. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#end();
    await this.#sctp.stop();
  }

  #isTooLarge(size: number): boolean {
    const { remoteMaxMessageSize } = this.#sctp;
    return remoteMaxMessageSize !== 0 && size > remoteMaxMessageSize;
  }

  #use(channel: RTCDataChannel): void {
    this.#channel = channel;
    channel.onMessage.subscribe((data) => {
      if (this.#closed) return;
      // A copy of its own: werift's memory is part of a shared pool that cannot go to another thread.
      this.#handlers.message(typeof data === 'string' ? data : new Uint8Array(data));
    });
    channel.stateChange.subscribe((state) => {
      if (this.#closed) return;
      if (state === 'open') {
        this.#open = true;
        this.#handlers.channelOpen();
      } else if (state === 'closed' && this.#open) {
        this.#end();
        this.#handlers.channelClose();
      }
    });
  }

  #pumpOnAcknowledgement(): void {
    const acknowledged = this.#association.onSackReceived;
    this.#association.onSackReceived = () => {
      this.#pump();
      return acknowledged();
    };
  }

  #hasRoom(): boolean {
    const { outboundQueue, sentQueue } = this.#association;
    return outboundQueue.length < MAX_WAITING_CHUNKS && sentQueue.length < MAX_CHUNKS_IN_FLIGHT;
  }

  #pump(): void {
    const channel = this.#channel;
    if (channel === undefined || !this.#open) return;
    while (this.#head < this.#queue.length && this.#hasRoom()) {
      const data = this.#queue[this.#head++] as string | Buffer;
      this.#queuedBytes -= Buffer.byteLength(data);
      channel.send(data as Buffer);
    }
    // Sent messages leave the array in bulk, or it would be moved for each of them.
    if (this.#head === this.#queue.length || this.#head >= MAX_SENT_ENTRIES) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #end(): void {
    this.#open = false;
    this.#counters.messagesLost += this.#queue.length - this.#head;
    this.#queue.length = 0;
    this.#head = 0;
    this.#queuedBytes = 0;
  }

  /**
   * werift leaves the promises of its packet handlers alone, so that a malformed packet, or a message type it
   * does not know, would end the process as an unhandled rejection. It also takes data beyond its receive
   * window without end.
   */
  #containFaults(): void {
    const association = this.#association;
    const demultiplexer = demultiplexerOf(this.#sctp);
    const fault = (): void => {
      this.#counters.malformedData++;
    };
    this.#sctp.dtlsTransport.dataReceiver = (packet) => {
      association.handleData(packet).catch(fault);
      if (association.advertisedRwnd < -WINDOW_TOLERANCE) {
        fault();
        void this.#sctp.stop();
      }
    };
    const { onReceive } = this.#sctp.sctp;
    onReceive.allUnsubscribe();
    onReceive.subscribe((streamId, payloadProtocol, data) => {
      demultiplexer.datachannelReceive(streamId, payloadProtocol, data).catch(fault);
    });
  }
}
