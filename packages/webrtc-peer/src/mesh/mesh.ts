import { type AudioFrame, type OpusEngine, loadOpus } from '@rm/codecs';
import {
  AdaptiveDelayPolicy,
  type AdaptiveDelayOptions,
  type Micros,
  PlayoutAlignment,
  type PlayoutAlignmentOptions,
  millis,
} from '@rm/rtp-sync';
import {
  type PeerConnectionStates,
  type SignalingClient,
  type SignalingEvents,
  TypedEvents,
} from '@rm/signaling-protocol';
import type { Backend, IceServer } from '../backend/transport.js';
import type { FlightRecorder } from '../capture/flight-recorder.js';
import { type Clock, systemClock } from '../clock/clock.js';
import { MediaClock } from '../clock/media-clock.js';
import { CircuitBreaker, type CircuitBreakerOptions } from '../connection/circuit-breaker.js';
import type { LinkCloseReason } from '../connection/link.js';
import type { JsonValue } from '../data/control-message.js';
import type { AudioOutput, Recipients } from './audio-output.js';
import { type AudioEncoding, AudioOutputs } from './audio-outputs.js';
import { Connections } from './connections.js';
import { type LinkStatistics, type MeshStatistics, linkStatistics } from './statistics.js';

/** How a {@link Mesh} is set up. */
export interface MeshOptions {
  /** A client that is not connected yet; the mesh connects it and closes it. Its peer id is the node's. */
  readonly signaling: SignalingClient;
  readonly backend: Backend;
  /** Default: libopus-wasm. */
  readonly opus?: OpusEngine;
  /** Default none: host candidates only. */
  readonly iceServers?: readonly IceServer[];
  /** How sent audio is encoded. */
  readonly audio?: AudioEncoding;
  /** Bounds of the playout delay. */
  readonly playoutDelay?: AdaptiveDelayOptions;
  /** When calling a peer in vain is given up for a while. */
  readonly circuitBreaker?: CircuitBreakerOptions;
  /** How the peers' sound is kept in step. */
  readonly alignment?: PlayoutAlignmentOptions;
  /** Remembers what is received, to be written when something went wrong. */
  readonly flightRecorder?: FlightRecorder;
  /** Longest time a connection may take, in ms; default 5000. */
  readonly connectTimeoutMs?: number;
  readonly clock?: Clock;
  /** Source of random numbers in [0, 1). */
  readonly random?: () => number;
}

/** What a mesh tells. */
export interface MeshEvents {
  /** Media and messages can flow to and from a peer. */
  readonly 'peer-connected': { readonly peerId: string };
  readonly 'peer-disconnected': {
    readonly peerId: string;
    readonly reason: LinkCloseReason;
    /** More than the reason, for a log. */
    readonly detail: string;
    /** What the connection had measured. */
    readonly last: LinkStatistics;
  };
  /** An application message of a peer. */
  readonly message: { readonly from: string; readonly payload: JsonValue };
  /** A peer published the states of its end of the connection. */
  readonly 'remote-states': { readonly from: string; readonly states: PeerConnectionStates };
  /** This node is in the room: for the first time, or again after its signaling was lost. */
  readonly 'signaling-connected': { readonly peers: number };
  /** The signaling connection was lost and is being made again; media goes on. */
  readonly 'signaling-lost': { readonly cause: Error };
  /**
   * This node is in the room no longer and does not come back by itself: an admin removed it, or it
   * joined again elsewhere. The mesh is to be closed.
   */
  readonly removed: { readonly reason: string };
  /** A listener threw; the others were called all the same. */
  readonly 'listener-error': { readonly event: string; readonly error: unknown };
}

/** Called on each tick with what is heard of every peer at that instant. */
export type TickListener = (frames: ReadonlyMap<string, AudioFrame>, instant: Micros) => void;

/**
 * A node of the mesh: connected to every other peer of a room, hearing all of them on one 10 ms clock.
 *
 * On each tick every peer's 10 ms of that instant are pulled, then the tick listeners are called in the order in
 * which they were added.
 */
export class Mesh {
  readonly #clock: Clock;
  readonly #signaling: SignalingClient;
  readonly #backend: Backend;
  readonly #iceServers: readonly IceServer[];
  readonly #connections: Connections;
  readonly #mediaClock: MediaClock;
  readonly #alignment: PlayoutAlignment;
  readonly #outputs: AudioOutputs;
  readonly #tickListeners = new Set<TickListener>();
  readonly #frames = new Map<string, AudioFrame>();
  readonly #events = new TypedEvents<MeshEvents>((event, error) =>
    this.#listenerFailed(event, error),
  );
  #announced: Micros | undefined;
  #closing = false;

  /**
   * Loads the codec and makes a mesh that is not connected yet.
   * @throws ArgumentError (`BAD_ARGUMENT`) for bitrates out of range or order.
   * @throws RangeError for bounds of the playout delay, the alignment or the circuit breaker that make no sense.
   * @throws IceServerError (`INVALID_ICE_SERVER`) for an ICE server that cannot be used.
   */
  static async create(options: MeshOptions): Promise<Mesh> {
    return new Mesh(options, options.opus ?? (await loadOpus()));
  }

  private constructor(options: MeshOptions, opus: OpusEngine) {
    this.#clock = options.clock ?? systemClock;
    this.#signaling = options.signaling;
    // Checked now: when a link is made it is too late to complain.
    const { backend, iceServers = [] } = options;
    backend.validate({ iceServers });
    this.#backend = backend;
    this.#iceServers = iceServers;
    const policy = (): AdaptiveDelayPolicy => new AdaptiveDelayPolicy(options.playoutDelay);
    const breaker = (): CircuitBreaker => new CircuitBreaker(options.circuitBreaker);
    policy();
    breaker();
    this.#alignment = new PlayoutAlignment(options.alignment);
    const random = options.random ?? Math.random;
    this.#connections = new Connections(
      options.signaling,
      {
        backend,
        opus,
        iceServers,
        policy,
        breaker,
        alignment: this.#alignment,
        flightRecorder: options.flightRecorder,
        clock: this.#clock,
        random,
        cname: randomName(random),
        connectTimeout: millis(options.connectTimeoutMs ?? 5000),
      },
      {
        connected: (peerId) => this.#events.emit('peer-connected', { peerId }),
        disconnected: (last, reason, detail) =>
          this.#events.emit('peer-disconnected', { peerId: last.peerId, reason, detail, last }),
        message: (from, payload) => this.#events.emit('message', { from, payload }),
        reported: (from, report) => this.#outputs.reported(from, report, this.#clock.now()),
      },
    );
    this.#outputs = new AudioOutputs(opus, options.audio ?? {}, this.#clock, (packet, output) => {
      const now = this.#clock.now();
      for (const { peerId, link } of this.#connections.members)
        if (link?.open === true && output.reaches(peerId)) link.sender.send(packet, now);
    });
    this.#mediaClock = new MediaClock(this.#clock, (instant) => this.#tick(instant));
    this.#followSignaling();
  }

  /** This node's id in the room. */
  get peerId(): string {
    return this.#signaling.peerId;
  }

  /** Joins the room and starts the media clock. Rejects with the `SignalingError` of the client. */
  async connect(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#announced = this.#clock.now();
    await this.#signaling.connect(options);
    this.#mediaClock.start();
  }

  /** Adds a listener for `name`; returns what removes it. */
  on<Name extends keyof MeshEvents>(
    name: Name,
    listener: (event: MeshEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Adds a listener for every tick; returns what removes it. The map and the samples in it are reused: read or
   * copy them before the listener returns.
   */
  onTick(listener: TickListener): () => void {
    this.#tickListeners.add(listener);
    return () => void this.#tickListeners.delete(listener);
  }

  /**
   * Opens an audio stream to `to`; it is encoded once, whatever the number of peers, and as the worst of their
   * paths allows: under loss with in-band FEC.
   * @throws OutputConflictError (`OUTPUT_CONFLICT`) when one of them hears an open stream already.
   */
  openAudio(to: Recipients): Promise<AudioOutput> {
    return this.#outputs.open(to);
  }

  /** Sends an application message; returns the number of peers it was handed to. */
  sendMessage(payload: JsonValue, to: Recipients): number {
    let sent = 0;
    for (const { peerId, link } of this.#connections.members)
      if (link?.open === true && (to === 'all' || to.includes(peerId)) && link.sendMessage(payload))
        sent++;
    return sent;
  }

  /** What is known of every connection now. */
  statistics(): MeshStatistics {
    return {
      peerId: this.peerId,
      links: [...this.#connections.members].flatMap((member) =>
        member.link === undefined ? [] : linkStatistics(member, member.link),
      ),
      outputs: this.#outputs.statistics(),
      ticksSkipped: this.#mediaClock.skipped,
    };
  }

  /** Leaves the room and releases everything. Idempotent. */
  async close(): Promise<void> {
    this.#mediaClock.stop();
    this.#tickListeners.clear();
    this.#outputs.close();
    this.#closing = true;
    await Promise.all([this.#signaling.close(), this.#connections.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #tick(instant: Micros): void {
    const now = this.#clock.now();
    this.#connections.tick(now);
    this.#frames.clear();
    for (const { peerId, link } of this.#connections.members) {
      const frame = link?.receiver?.pull(instant, now);
      if (frame !== undefined) this.#frames.set(peerId, frame);
    }
    this.#alignment.update(instant);
    for (const listener of this.#tickListeners) {
      try {
        listener(this.#frames, instant);
      } catch (error) {
        this.#listenerFailed('tick', error);
      }
    }
  }

  #listenerFailed(event: string, error: unknown): void {
    if (event !== 'listener-error') this.#events.emit('listener-error', { event, error });
  }

  /** Servers that the signaling gives come in addition to those of the options. */
  #useIceServers(given: SignalingEvents['ice-servers']['iceServers']): void {
    const servers = given.map(({ urls, username, credential }) => ({
      urls,
      ...(username !== undefined && { username }),
      ...(credential !== undefined && { credential }),
    }));
    const iceServers = [...this.#iceServers, ...servers];
    try {
      this.#backend.validate({ iceServers });
      this.#connections.iceServers = iceServers;
    } catch (error) {
      this.#listenerFailed('ice-servers', error);
    }
  }

  #followSignaling(): void {
    const signaling = this.#signaling;
    const connections = this.#connections;
    signaling.on('connected', ({ peers, resumed }) => {
      const since = this.#announced ?? this.#clock.now();
      this.#announced = undefined;
      connections.reachable = true;
      // Resumed, they are known: who came and went in between is told by events that follow.
      if (!resumed) for (const { peerId } of peers) connections.found(peerId, since);
      this.#events.emit('signaling-connected', { peers: peers.length });
    });
    signaling.on('reconnecting', ({ cause }) => {
      connections.reachable = false;
      this.#events.emit('signaling-lost', { cause });
    });
    signaling.on('peer-announced', ({ peerId }) =>
      connections.announced(peerId, this.#clock.now()),
    );
    signaling.on('peer-left', ({ peerId, reason }) => connections.left(peerId, reason));
    signaling.on('offer', (offer) => connections.offered(offer, this.#clock.now()));
    signaling.on('candidate', ({ from, candidate: { usernameFragment, ...candidate } }) =>
      connections.candidate(from, { ...candidate, usernameFragment: usernameFragment ?? null }),
    );
    signaling.on('disconnect', ({ from, reason }) => connections.ended(from, reason));
    signaling.on('state-changed', (event) => this.#events.emit('remote-states', event));
    signaling.on('ice-servers', ({ iceServers }) => this.#useIceServers(iceServers));
    signaling.on('close', ({ reason }) => {
      if (!this.#closing) this.#events.emit('removed', { reason });
    });
    signaling.on('listener-error', ({ event, error }) => this.#listenerFailed(event, error));
  }
}

/** A canonical name that says nothing of its owner (RFC 7022 §4.2). */
const randomName = (random: () => number): string =>
  Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 24).toString(36)).join('');
