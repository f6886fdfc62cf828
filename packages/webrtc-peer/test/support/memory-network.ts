import type {
  Backend,
  DataChannelHandlers,
  DataChannelOptions,
  DtlsSetup,
  Transport,
  TransportCandidate,
  TransportDataChannel,
  TransportHandlers,
  TransportParameters,
  TransportStates,
  TransportStatistics,
} from '../../src/backend/transport.js';
import type { VirtualClock } from './virtual-clock.js';

const NEW: TransportStates = { connection: 'new', iceConnection: 'new', iceGathering: 'new' };
/** How long a reliable message waits for a network that is there again. */
const RETRY_MS = 100;

/** Descriptions take until what waits now is done. */
const aWhile = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class FailedError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** A network in memory and virtual time: transports that were made with its backend find each other by their ICE. */
export class MemoryNetwork {
  readonly backend: Backend;
  readonly clock: VirtualClock;
  readonly delayMs: number;
  /** In the order in which they were made. */
  readonly transports: MemoryTransport[] = [];
  /** Nothing passes, and nothing can be connected. */
  down = false;
  /** ICE sessions whose path is gone; a restart finds another. */
  readonly broken = new Set<string>();

  /** Whether data channels open. */
  readonly dataChannels: boolean;

  constructor(
    clock: VirtualClock,
    options: { delayMs?: number; restartsIce?: boolean; dataChannels?: boolean } = {},
  ) {
    this.clock = clock;
    this.dataChannels = options.dataChannels ?? true;
    this.delayMs = options.delayMs ?? 20;
    this.backend = {
      name: 'memory',
      restartsIce: options.restartsIce ?? true,
      validate: () => undefined,
      createTransport: (_, handlers) => {
        const transport = new MemoryTransport(this, this.transports.length, handlers);
        this.transports.push(transport);
        return transport;
      },
    };
  }

  /** The path that is used now is gone for good. */
  breakPaths(): void {
    for (const { usernameFragment } of this.transports) this.broken.add(usernameFragment);
  }
}

/** One end, which keeps the contract of {@link Transport}. */
export class MemoryTransport implements Transport {
  states = NEW;
  readonly statistics: TransportStatistics = {
    mediaBytesSent: 0,
    mediaBytesReceived: 0,
    mediaPacketsDiscarded: 0,
    selectedPair: undefined,
  };
  /** What was asked of it, in order. */
  readonly calls: string[] = [];
  /** Everything that was sent while connected, as it was. */
  readonly sentRtcp: Uint8Array[] = [];
  readonly channels: MemoryChannel[] = [];
  usernameFragment = '';
  readonly #network: MemoryNetwork;
  readonly #id: number;
  readonly #handlers: TransportHandlers;
  readonly #candidates = new Set<string | undefined>();
  #generation = 0;
  #restart = true;
  #remote: TransportParameters | undefined;
  #nominated: { ours: string; theirs: string } | undefined;
  #closed = false;

  constructor(network: MemoryNetwork, id: number, handlers: TransportHandlers) {
    this.#network = network;
    this.#id = id;
    this.#handlers = handlers;
  }

  async getLocal(type: 'offer' | 'answer'): Promise<TransportParameters> {
    this.calls.push(`getLocal ${type}`);
    const theirs = this.#remote?.usernameFragment;
    const anew =
      type === 'answer' && this.#nominated !== undefined && this.#nominated.theirs !== theirs;
    if (this.#generation === 0 || anew || (type === 'offer' && this.#restart)) this.#begin();
    await aWhile();
    if (this.#closed) throw new FailedError('TRANSPORT_CLOSED');
    const setup: DtlsSetup = type === 'offer' ? 'actpass' : 'active';
    if (type === 'answer') this.#connect();
    return {
      usernameFragment: this.usernameFragment,
      password: `password/of/${this.#id}/and/22/chars`,
      iceLite: false,
      fingerprints: [{ algorithm: 'sha-256', value: 'AA:BB' }],
      setup,
      candidates: [],
      maxMessageSize: 65_536,
    };
  }

  async setRemote(type: 'offer' | 'answer', parameters: TransportParameters): Promise<void> {
    this.calls.push(`setRemote ${type}`);
    await aWhile();
    if (this.#closed) throw new FailedError('TRANSPORT_CLOSED');
    if (parameters.usernameFragment === 'unusable') throw new FailedError('INVALID_DESCRIPTION');
    this.#remote = parameters;
    if (type === 'answer') this.#connect();
  }

  restartIce(): void {
    this.calls.push('restartIce');
    this.#restart = true;
  }

  addRemoteCandidate({ candidate, usernameFragment }: TransportCandidate): void {
    if (candidate !== '') this.#candidates.add(usernameFragment);
    this.#connect();
  }

  sendRtp(packet: Uint8Array): boolean {
    return this.#send('rtp', packet);
  }

  sendRtcp(packet: Uint8Array): boolean {
    const sent = this.#send('rtcp', packet);
    if (sent) this.sentRtcp.push(packet.slice());
    return sent;
  }

  createDataChannel(
    options: DataChannelOptions,
    handlers: DataChannelHandlers,
  ): TransportDataChannel {
    const channel = new MemoryChannel(this, options, handlers);
    this.channels.push(channel);
    if (this.#nominated) this.later(() => this.#openAt(channel));
    return channel;
  }

  close(): Promise<void> {
    this.calls.push('close');
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    const peer = this.#peer();
    this.states = { ...NEW, connection: 'closed', iceConnection: 'closed' };
    if (peer && this.carries) this.later(() => peer.#closedByPeer());
    return Promise.resolve();
  }

  /** Whether what is sent now arrives. */
  get carries(): boolean {
    const { down, broken } = this.#network;
    return !down && this.#nominated !== undefined && !broken.has(this.#nominated.ours);
  }

  /** Has the state be one that this network does not come to by itself. */
  become(connection: TransportStates['connection']): void {
    this.states = { ...this.states, connection };
    if (!this.#closed) this.#handlers.stateChange(this.states);
  }

  /** Calls `fn` after the delay of the network. */
  later(fn: () => void): void {
    this.#network.clock.setTimer(this.#network.delayMs, fn);
  }

  /** Calls `fn` once what is sent arrives, unless the transport is closed before. */
  reliably(fn: () => void): void {
    if (this.#closed) return;
    if (this.carries) this.later(fn);
    else this.#network.clock.setTimer(RETRY_MS, () => this.reliably(fn));
  }

  #begin(): void {
    this.#generation++;
    this.#restart = false;
    this.usernameFragment = `ufrag/${this.#id}/${this.#generation}`;
    this.#set({ iceGathering: 'gathering' });
    const { usernameFragment } = this;
    this.#network.clock.setTimer(1, () => {
      if (this.#closed) return;
      const candidate = `candidate:1 1 udp 1 10.0.0.${this.#id} 9 typ host ufrag ${usernameFragment}`;
      this.#handlers.iceCandidate({ candidate, usernameFragment });
      this.#handlers.iceCandidate({ candidate: '', usernameFragment });
      this.#set({ iceGathering: 'complete' });
    });
  }

  #set(states: Partial<TransportStates>): void {
    this.states = { ...this.states, ...states };
    const told = this.states;
    queueMicrotask(() => {
      if (!this.#closed) this.#handlers.stateChange(told);
    });
  }

  #peer(): MemoryTransport | undefined {
    const theirs = this.#remote?.usernameFragment;
    return this.#network.transports.find(
      (each) => each !== this && each.usernameFragment === theirs,
    );
  }

  /** Both know each other, and at least this one where the other is. */
  #connect(): void {
    const peer = this.#peer();
    if (
      this.#closed ||
      peer === undefined ||
      peer.#remote?.usernameFragment !== this.usernameFragment
    )
      return;
    if (
      this.#nominated?.ours === this.usernameFragment &&
      this.#nominated.theirs === peer.usernameFragment
    )
      return;
    if (!this.#candidates.has(peer.usernameFragment)) return;
    for (const each of [this, peer]) each.#check();
    const pair = { ours: this.usernameFragment, theirs: peer.usernameFragment };
    this.later(() => {
      if (this.#network.down || this.#closed || peer.#closed) return;
      if (this.usernameFragment !== pair.ours || peer.usernameFragment !== pair.theirs) return;
      this.#nominate(pair.ours, pair.theirs);
      peer.#nominate(pair.theirs, pair.ours);
    });
  }

  #check(): void {
    if (!this.#closed && this.states.iceConnection === 'new')
      this.#set({ connection: 'connecting', iceConnection: 'checking' });
  }

  #nominate(ours: string, theirs: string): void {
    const first = this.#nominated === undefined;
    if (this.#nominated?.ours === ours && this.#nominated.theirs === theirs) return;
    this.#nominated = { ours, theirs };
    this.states = { ...this.states, connection: 'connected', iceConnection: 'connected' };
    this.#handlers.stateChange(this.states);
    if (first) for (const channel of this.channels) this.later(() => this.#openAt(channel));
  }

  #openAt(channel: MemoryChannel): void {
    const peer = this.#peer();
    if (this.#closed || peer === undefined || peer.#closed || !this.#network.dataChannels) return;
    const theirs = new MemoryChannel(peer, channel, undefined);
    const handlers = peer.#handlers.dataChannel(theirs);
    if (handlers === undefined) return channel.end();
    peer.channels.push(theirs);
    theirs.join(channel, handlers);
    channel.join(theirs);
  }

  #send(kind: 'rtp' | 'rtcp', packet: Uint8Array): boolean {
    if (this.#closed || this.states.connection !== 'connected') return false;
    if (!this.carries) return true;
    const peer = this.#peer();
    const bytes = packet.slice();
    this.later(() => {
      if (peer !== undefined && !peer.#closed && peer.#nominated) peer.#handlers[kind](bytes);
    });
    return true;
  }

  #closedByPeer(): void {
    if (this.#closed) return;
    for (const channel of this.channels) channel.end();
    if (!this.#closed) this.become('closed');
  }
}

/** A data channel of a {@link MemoryTransport}. */
export class MemoryChannel implements TransportDataChannel {
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  state: TransportDataChannel['state'] = 'connecting';
  readonly bufferedAmount = 0;
  readonly sent: (string | Uint8Array)[] = [];
  readonly #transport: MemoryTransport;
  #handlers: DataChannelHandlers | undefined;
  #peer: MemoryChannel | undefined;

  constructor(
    transport: MemoryTransport,
    { label, protocol, ordered }: DataChannelOptions,
    handlers: DataChannelHandlers | undefined,
  ) {
    this.label = label;
    this.protocol = protocol;
    this.ordered = ordered;
    this.#transport = transport;
    this.#handlers = handlers;
  }

  send(data: string | Uint8Array): boolean {
    if (this.state !== 'open') return false;
    this.sent.push(data);
    const copy = typeof data === 'string' ? data : data.slice();
    const peer = this.#peer!;
    this.#transport.reliably(() => {
      if (peer.state === 'open') peer.#handlers!.message(copy);
    });
    return true;
  }

  close(): void {
    if (this.state === 'closed') return;
    const peer = this.#peer;
    if (peer) this.#transport.reliably(() => peer.end());
    this.end();
  }

  /** It is open, to `peer`; who was told of it by the other side knows that already. */
  join(peer: MemoryChannel, handlers?: DataChannelHandlers): void {
    this.#peer = peer;
    this.state = 'open';
    if (handlers) this.#handlers = handlers;
    else this.#handlers!.open();
  }

  end(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#handlers?.close();
  }
}
