import type {
  DataChannelHandlers,
  DataChannelOptions,
  TransportDataChannel,
} from '../../src/backend/transport.js';

const LOW = 65_536;
const MOST = 1_048_576;

/** One end of a data channel whose network is the test: what is sent waits until `deliver`. */
export class ChannelEnd implements TransportDataChannel {
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  readonly maxRetransmits?: number | undefined;
  state: TransportDataChannel['state'] = 'connecting';
  bufferedAmount = 0;
  /** Largest message that the other side takes. */
  maxMessageSize = 65_536;
  readonly sent: (string | Uint8Array)[] = [];
  handlers!: DataChannelHandlers;

  constructor(options: DataChannelOptions) {
    this.label = options.label;
    this.protocol = options.protocol;
    this.ordered = options.ordered;
    this.maxRetransmits = options.maxRetransmits;
  }

  send(data: string | Uint8Array): boolean {
    const size = typeof data === 'string' ? new TextEncoder().encode(data).length : data.length;
    if (this.state !== 'open' || size > this.maxMessageSize) return false;
    if (this.bufferedAmount + size > MOST) return false;
    this.sent.push(typeof data === 'string' ? data : data.slice());
    this.bufferedAmount += size;
    return true;
  }

  open(): void {
    this.state = 'open';
    this.handlers.open();
  }

  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.handlers.close();
  }

  /** Takes what was sent over to the other end, and tells that there is room again. */
  deliver(to: ChannelEnd): void {
    const all = this.sent.splice(0);
    const wasHigh = this.bufferedAmount > LOW;
    this.bufferedAmount = 0;
    for (const data of all) to.handlers.message(data);
    if (wasHigh) this.handlers.drained();
  }
}
