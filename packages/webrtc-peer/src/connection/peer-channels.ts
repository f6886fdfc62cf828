import type { ClockOffset, Micros } from '@rm/rtp-sync';
import type { DataChannelHandlers, TransportDataChannel } from '../backend/transport.js';
import type { Clock } from '../clock/clock.js';
import type { JsonValue } from '../data/control-message.js';
import { DataChannel, DataChannelError } from '../data/data-channel.js';
import { FRAMED_PROTOCOL } from '../data/message-frames.js';
import type { PeerConnection } from '../session/peer-connection.js';
import { Control } from './control.js';

/** What a data channel is to be. */
export interface OpenChannelOptions {
  /** Name for the other side; `control` is taken. */
  readonly label: string;
  /** Whether messages arrive in the order of sending; default true. */
  readonly ordered?: boolean;
  /** How often a lost message is sent again, 0…65,535; default until it arrives. */
  readonly maxRetransmits?: number;
  /** For how many ms a lost message is sent again, 0…65,535; default until it arrives. */
  readonly maxPacketLifeTime?: number;
  /** Sub-protocol, for peers that do not frame messages as nodes do; default `rm.data.v1`. */
  readonly protocol?: string;
}

/** What {@link PeerChannels} are made with. */
export interface PeerChannelsOptions {
  readonly connection: Pick<PeerConnection, 'createDataChannel'>;
  readonly peerId: string;
  /** Whether this side opens the control channel. */
  readonly initiator: boolean;
  readonly clock: Clock;
  /** Something came of the peer, at the time that it returns. */
  readonly heard: () => Micros;
  readonly message: (payload: JsonValue) => void;
  readonly channelOpened: (channel: DataChannel) => void;
  /** The control channel was closed by the peer. */
  readonly ended: () => void;
}

/** Label of the data channel for messages and heartbeat. */
const CONTROL_LABEL = 'control';

/** The data channels of one connection: that for messages and heartbeat, and those of the application. */
export class PeerChannels {
  readonly #options: PeerChannelsOptions;
  readonly #control: Control;
  #channel: TransportDataChannel | undefined;
  #closed = false;

  constructor(options: PeerChannelsOptions) {
    this.#options = options;
    const { clock, message } = options;
    this.#control = new Control({
      clock,
      send: (text) => !this.#closed && (this.#channel?.send(text) ?? false),
      message,
    });
    if (!options.initiator) return;
    const channel = { label: CONTROL_LABEL, protocol: '', ordered: true };
    this.#channel = options.connection.createDataChannel(channel, this.#controlHandlers());
  }

  /** Round trip of the latest ping. */
  get roundTrip(): Micros | undefined {
    return this.#control.roundTrip;
  }

  /** Control messages of the other side that could not be read. */
  get malformed(): number {
    return this.#control.malformed;
  }

  /** Control messages that could not be sent. */
  get dropped(): number {
    return this.#control.dropped;
  }

  /** The other side's wall clock against ours by pings; undefined before the first pong. */
  offset(nowUnix: Micros): ClockOffset | undefined {
    return this.#control.offset(nowUnix);
  }

  /** Sends a message of the application. Returns false, counting it as dropped, when it cannot be sent now. */
  sendMessage(payload: JsonValue): boolean {
    return this.#control.sendMessage(payload);
  }

  /**
   * Opens a data channel to the peer, also before there is a connection.
   * @throws DataChannelError (`INVALID_CHANNEL`) for options out of range.
   */
  open(options: OpenChannelOptions): DataChannel {
    const { label, ordered = true, protocol = FRAMED_PROTOCOL, ...limits } = options;
    if (label === CONTROL_LABEL)
      throw new DataChannelError('INVALID_CHANNEL', `label '${label}' is taken: give another`);
    const { connection, peerId } = this.#options;
    return new DataChannel(peerId, (handlers) =>
      connection.createDataChannel({ label, protocol, ordered, ...limits }, handlers),
    );
  }

  /** Takes a channel that the other side has opened. */
  opened(channel: TransportDataChannel): DataChannelHandlers {
    if (channel.label !== CONTROL_LABEL) return this.#taken(channel);
    this.#channel ??= channel;
    this.#control.opened(this.#options.clock.now());
    return this.#controlHandlers();
  }

  /** Sends the ping that is due. */
  tick(now: Micros): void {
    this.#control.tick(now);
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#closed = true;
  }

  #taken(channel: TransportDataChannel): DataChannelHandlers {
    let handlers!: DataChannelHandlers;
    const taken = new DataChannel(this.#options.peerId, (given) => {
      handlers = given;
      return channel;
    });
    this.#options.channelOpened(taken);
    return handlers;
  }

  #controlHandlers(): DataChannelHandlers {
    const { clock, heard, ended } = this.#options;
    return {
      open: () => this.#control.opened(clock.now()),
      close: ended,
      message: (data) => this.#control.received(data, heard()),
      drained: () => {},
    };
  }
}
