import { healInboundStreams } from './inbound-streams.js';
import {
  createAssociation,
  ESTABLISHED,
  type Association,
  type ReconfigurationParameter,
} from './internals.js';
import { healPartialReliability } from './partial-reliability.js';

/** Chunks that wait in werift: its cost per message grows with those it holds. */
const MAX_WAITING_CHUNKS = 16;
/**
 * Chunks in flight. werift counts its congestion window in bytes and sends each chunk in a datagram of its own,
 * so that small messages would overflow the other side's socket buffer and stall for a second.
 */
const MAX_CHUNKS_IN_FLIGHT = 48;
/** How far a sender may overrun the receive window of 1 MiB, as a probe of a closed window does (RFC 9260 §6.1). */
const WINDOW_TOLERANCE = 1 << 16;
/** Resets that wait for data that was sent before them. */
const MAX_DEFERRED_RESETS = 16;
/** Streams there may be: 65,535 is no stream of a data channel (RFC 8832 §6). */
const MAX_STREAMS = 65_535;
const PORT = 5000;

// parameters of a reconfiguration (RFC 6525 §4) and results (§4.4)
const OUTGOING_RESET_REQUEST = 13;
const RECONFIGURATION_RESPONSE = 16;
const PERFORMED = 1;
const IN_PROGRESS: readonly number[] = [4, 6];

/** What an association tells. */
export interface SctpHandlers {
  established(): void;
  /** It is over, by the other side or because of it. */
  closed(): void;
  /** Something that was sent arrived: there may be room again. */
  acknowledged(): void;
  message(streamId: number, payloadProtocol: number, data: Buffer): void;
  /** The other side sends nothing more on these streams. */
  incomingReset(streamIds: readonly number[]): void;
  /** The other side knows that nothing more comes on these streams. */
  outgoingReset(streamIds: readonly number[]): void;
  /** Something that came broke the protocol. */
  fault(): void;
}

/** How a message is delivered. */
export interface Delivery {
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  /** Time of `performance.now()` from when on it is not sent again. */
  readonly expiry: number | undefined;
}

/** An SCTP association over DTLS (RFC 8261) for data channels, between port 5000 of both sides. */
export class SctpAssociation {
  readonly #association: Association;
  readonly #handlers: SctpHandlers;
  readonly #deferred: ReconfigurationParameter[] = [];
  #stopped = false;

  constructor(send: (packet: Buffer) => Promise<void>, handlers: SctpHandlers) {
    const association = createAssociation(PORT, send);
    healInboundStreams(association);
    healPartialReliability(association);
    association.stateChanged.connected.subscribe(() => handlers.established());
    association.stateChanged.closed.subscribe(() => {
      if (!this.#stopped) handlers.closed();
    });
    association.onReceive.subscribe((streamId, payloadProtocol, data) => {
      if (!this.#stopped) handlers.message(streamId, payloadProtocol, data);
    });
    association.onSackReceived = () => {
      if (!this.#stopped) handlers.acknowledged();
      return Promise.resolve();
    };
    this.#association = association;
    this.#handlers = handlers;
    this.#followResets();
  }

  get isEstablished(): boolean {
    return this.#association.associationState === ESTABLISHED;
  }

  /** How many streams there are each way. */
  get streams(): number {
    return Math.min(this.#association.maxChannels ?? MAX_STREAMS, MAX_STREAMS);
  }

  /** Whether more may be handed over now. */
  get hasRoom(): boolean {
    const { outboundQueue, sentQueue } = this.#association;
    return outboundQueue.length < MAX_WAITING_CHUNKS && sentQueue.length < MAX_CHUNKS_IN_FLIGHT;
  }

  /** Sets up the association; the server waits for the other side to begin. */
  start(role: 'client' | 'server'): void {
    if (this.#stopped) return;
    this.#association.isServer = role === 'server';
    this.#contain(this.#association.start(PORT));
  }

  /** Takes a packet of the other side. werift would end the process for one that is malformed. */
  receive(packet: Buffer): void {
    if (this.#stopped) return;
    this.#contain(this.#receive(packet));
    if (this.#association.advertisedRwnd >= -WINDOW_TOLERANCE) return;
    this.#handlers.fault();
    this.#handlers.closed();
    void this.stop();
  }

  /** Sends a message, which is not empty. */
  send(streamId: number, payloadProtocol: number, data: Buffer, delivery: Delivery): void {
    this.#contain(this.#association.send(streamId, payloadProtocol, data, delivery));
  }

  /** Whether something that was sent on a stream has not arrived yet. */
  isSending(streamId: number): boolean {
    const { outboundQueue, sentQueue } = this.#association;
    const isOfStream = (chunk: { readonly streamId: number }): boolean =>
      chunk.streamId === streamId;
    return outboundQueue.some(isOfStream) || sentQueue.some(isOfStream);
  }

  /** Tells the other side that nothing more comes on a stream (RFC 8831 §6.7). */
  reset(streamId: number): void {
    const { reconfigQueue, reconfigRequest } = this.#association;
    if (reconfigQueue.includes(streamId) || reconfigRequest?.streams.includes(streamId) === true)
      return;
    reconfigQueue.push(streamId);
    this.#contain(this.#association.transmitReconfigRequest());
  }

  /** Tells the other side by an ABORT that it is over. Idempotent. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.#association.stop();
  }

  async #receive(packet: Buffer): Promise<void> {
    await this.#association.handleData(packet);
    for (const request of this.#deferred.splice(0))
      await this.#association.receiveReconfigParam(request);
  }

  #followResets(): void {
    const association = this.#association;
    const receive = association.receiveReconfigParam.bind(association);
    association.receiveReconfigParam = async (parameter) => {
      const { type, streams = [], lastTsn = 0 } = parameter;
      if (type === OUTGOING_RESET_REQUEST && ((lastTsn - association.lastReceivedTsn) | 0) > 0) {
        // Data that was sent before is still on its way (RFC 6525 §5.2.2).
        if (this.#deferred.length < MAX_DEFERRED_RESETS) this.#deferred.push(parameter);
        return;
      }
      const request = association.reconfigRequest;
      const isAnswer =
        type === RECONFIGURATION_RESPONSE &&
        parameter.responseSequence === request?.requestSequence &&
        !IN_PROGRESS.includes(parameter.result ?? PERFORMED);
      // werift would ask again until it gives up the association, though there is nothing left to reset.
      if (isAnswer) parameter.result = PERFORMED;
      await receive(parameter);
      if (this.#stopped) return;
      if (type === OUTGOING_RESET_REQUEST) this.#handlers.incomingReset(streams);
      else if (isAnswer) this.#handlers.outgoingReset(request?.streams ?? []);
    };
  }

  #contain(running: Promise<void>): void {
    running.catch(() => this.#handlers.fault());
  }
}
