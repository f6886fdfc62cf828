import {
  type AudioFrame,
  describeVideo,
  loadOpus,
  loadVideoCodecs,
  type OpusEngine,
  type VideoEncodingName,
  type VideoProvider,
} from '@rm/codecs';
import { AdaptiveDelayPolicy, type Micros, PlayoutAlignment, millis } from '@rm/rtp-sync';
import { type SignalingClient, type SignalingEvents, TypedEvents } from '@rm/signaling-protocol';
import type { Backend, IceServer } from '../backend/transport.js';
import { type Clock, systemClock } from '../clock/clock.js';
import { MediaClock } from '../clock/media-clock.js';
import { CircuitBreaker } from '../connection/circuit-breaker.js';
import type { OpenChannelOptions } from '../connection/peer-channels.js';
import type { JsonValue } from '../data/control-message.js';
import type { DataChannel } from '../data/data-channel.js';
import type { AudioOutput, Recipients } from './audio-output.js';
import { AudioOutputs } from './audio-outputs.js';
import { Connections } from './connections.js';
import type { PeerDirections } from './directions.js';
import type { MeshNode } from './mesh-node.js';
import type {
  EncodedPicture,
  MeshEvents,
  MeshOptions,
  PictureListener,
  TickListener,
} from './mesh-options.js';
import { type MeshStatistics, linkStatistics } from './statistics.js';
import type { VideoOutput } from './video-output.js';
import { type OpenVideoOptions, VideoOutputs } from './video-outputs.js';

/**
 * A node of the mesh: connected to every other peer of a room, hearing all of them on one 10 ms clock.
 *
 * On each tick every peer's 10 ms of that instant are pulled, then the tick listeners are called in the order in
 * which they were added.
 */
export class Mesh implements MeshNode {
  readonly #clock: Clock;
  readonly #signaling: SignalingClient;
  readonly #backend: Backend;
  readonly #iceServers: readonly IceServer[];
  readonly #connections: Connections;
  readonly #mediaClock: MediaClock;
  readonly #alignment: PlayoutAlignment;
  readonly #outputs: AudioOutputs;
  readonly #videoOutputs: VideoOutputs;
  readonly #tickListeners = new Set<TickListener>();
  readonly #pictureListeners = new Set<PictureListener>();
  readonly #encodedListeners = new Set<(picture: EncodedPicture) => void>();
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
    const { opus = await loadOpus(), video } = options;
    const codecs = video && (video.codecs ?? (await loadVideoCodecs()));
    return new Mesh(options, opus, codecs);
  }

  private constructor(
    options: MeshOptions,
    opus: OpusEngine,
    videoCodecs: VideoProvider | undefined,
  ) {
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
        videoCodecs,
        videoFormats: videoFormats(videoCodecs, options.video?.preference),
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
        channelOpened: (channel) => this.#events.emit('channel', { channel }),
        opened: (peerId, link) => this.#videoOutputs.linked(peerId, link),
        ended: (peerId) => this.#videoOutputs.unlinked(peerId),
        encodedVideo: (peerId, streamId, codec, frame) =>
          this.#call(this.#encodedListeners, (listener) =>
            listener({ peerId, streamId, codec, frame }),
          ),
        reported: (from, report) => this.#outputs.reported(from, report, this.#clock.now()),
      },
    );
    this.#outputs = new AudioOutputs(opus, options.audio ?? {}, this.#clock, (packet, output) => {
      const now = this.#clock.now();
      for (const { peerId, link } of this.#connections.members)
        if (link?.open === true && output.reaches(peerId)) link.sender.send(packet, now);
    });
    this.#videoOutputs = new VideoOutputs(videoCodecs, this.#clock, random);
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

  /** Adds a listener for received pictures; returns what removes it. */
  onPicture(listener: PictureListener): () => void {
    this.#pictureListeners.add(listener);
    return () => void this.#pictureListeners.delete(listener);
  }

  /** Adds a listener for received frames as they were sent, to record or forward them; returns what removes it. */
  onEncodedPicture(listener: (picture: EncodedPicture) => void): () => void {
    this.#encodedListeners.add(listener);
    return () => void this.#encodedListeners.delete(listener);
  }

  /**
   * Opens a picture stream to `to`; it is encoded once for each codec that they take, at what the worst of their paths
   * carries. There may be several.
   * @throws NoVideoError (`NO_VIDEO`) where there are no codecs.
   * @throws ArgumentError (`BAD_ARGUMENT`) for rates out of range or a stream id that is taken.
   */
  openVideo(to: Recipients, options: OpenVideoOptions = {}): VideoOutput {
    return this.#videoOutputs.open(to, options);
  }

  /**
   * Says which way sound and pictures go between this node and `peerId`, as long as the mesh is open and also before the
   * peer is in the room; what is not said stays as it was, at first `sendrecv`. What is not to be sent or received stops
   * at once, and the peer is told by negotiation, so that it does not send it either.
   * @throws ArgumentError (`BAD_ARGUMENT`) for what is no direction.
   */
  setDirections(peerId: string, directions: Partial<PeerDirections>): void {
    this.#connections.direct(peerId, directions);
  }

  /** Sends an application message; returns the number of peers it was handed to. */
  sendMessage(payload: JsonValue, to: Recipients): number {
    let sent = 0;
    for (const { peerId, link } of this.#connections.members)
      if (
        link?.open === true &&
        (to === 'all' || to.includes(peerId)) &&
        link.channels.sendMessage(payload)
      )
        sent++;
    return sent;
  }

  /**
   * Opens a data channel to `peerId`. It lives as long as the connection: when that is made anew, open another.
   * @throws UnknownPeerError (`UNKNOWN_PEER`) where there is no connection to the peer, not even one being made.
   * @throws DataChannelError (`INVALID_CHANNEL`) for options out of range.
   */
  openChannel(peerId: string, options: OpenChannelOptions): DataChannel {
    for (const member of this.#connections.members)
      if (member.peerId === peerId && member.link !== undefined)
        return member.link.channels.open(options);
    throw new UnknownPeerError(peerId);
  }

  /** What is known of every connection now. */
  statistics(): MeshStatistics {
    return {
      peerId: this.peerId,
      links: [...this.#connections.members].flatMap((member) =>
        member.link === undefined ? [] : linkStatistics(member, member.link),
      ),
      outputs: this.#outputs.statistics(),
      videoOutputs: this.#videoOutputs.statistics(),
      ticksSkipped: this.#mediaClock.skipped,
    };
  }

  /** Leaves the room and releases everything. Idempotent. */
  async close(): Promise<void> {
    this.#mediaClock.stop();
    this.#tickListeners.clear();
    this.#pictureListeners.clear();
    this.#encodedListeners.clear();
    this.#outputs.close();
    this.#videoOutputs.close();
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
      const frame = link?.media.audio.pull(instant, now);
      if (frame !== undefined) this.#frames.set(peerId, frame);
    }
    this.#alignment.update(instant);
    this.#call(this.#tickListeners, (listener) => listener(this.#frames, instant));
    for (const { peerId, link } of this.#connections.members)
      for (const picture of link?.media.pictures(instant, now) ?? [])
        this.#call(this.#pictureListeners, (listener) => listener({ ...picture, peerId }, instant));
  }

  #call<Listener>(listeners: Iterable<Listener>, call: (listener: Listener) => void): void {
    for (const listener of listeners) {
      try {
        call(listener);
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

/** Something was asked for a peer that this node has no connection to. */
export class UnknownPeerError extends Error {
  override readonly name = 'UnknownPeerError';
  readonly code = 'UNKNOWN_PEER';

  constructor(peerId: string) {
    super(`there is no connection to '${peerId}': wait for its 'peer-connected'`);
  }
}

/** A canonical name that says nothing of its owner (RFC 7022 §4.2). */
const randomName = (random: () => number): string =>
  Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 24).toString(36)).join('');

/** What is offered of the codecs that are here: those that can be both encoded and decoded. */
function videoFormats(
  codecs: VideoProvider | undefined,
  preference: readonly VideoEncodingName[] = ['VP9', 'H264', 'VP8'],
): ReturnType<typeof describeVideo> {
  const able = codecs?.capabilities.filter(({ encode, decode }) => encode && decode) ?? [];
  return describeVideo(preference.filter((name) => able.some(({ codec }) => codec === name)));
}
