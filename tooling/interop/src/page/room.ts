import { SignalingClient } from '@rm/signaling-protocol';
import { Connection, type ConnectionEvents, type SentMedia } from './connection.js';

/** What a {@link Room} is made with. */
export interface RoomOptions {
  /** WebSocket address of the signaling server. */
  readonly url: string;
  readonly room: string;
  readonly peerId: string;
  /**
   * Whom the page calls: those it finds in the room, as every node does, or also those who come
   * later, so that both sides offer at once.
   */
  readonly calls: 'found' | 'all';
  /** What is sent to each peer; read when a connection is made. */
  readonly media: Iterable<SentMedia>;
  readonly videoCodec: string | undefined;
  /** What is told of the connection with a peer. */
  readonly events: (peerId: string) => ConnectionEvents;
}

/** The page's seat in a room, and its connection with each other peer. */
export class Room {
  readonly signaling: SignalingClient;
  readonly connections: Map<string, Connection> = new Map();
  readonly #options: RoomOptions;

  constructor(options: RoomOptions) {
    const { url, room, peerId } = options;
    this.#options = options;
    this.signaling = new SignalingClient({
      url,
      room,
      peerId,
      runtime: {
        createSocket: (address, protocols) => new WebSocket(address, protocols),
        clock: {
          now: () => Math.round(performance.now() * 1000) as never,
          setTimer(delayMs, fn) {
            const timer = setTimeout(fn, delayMs);
            return () => clearTimeout(timer);
          },
        },
        random: Math.random,
      },
    });
    this.#follow();
  }

  /** Takes the seat and calls those who are there. */
  async join(): Promise<void> {
    await this.signaling.connect();
  }

  /** Ends the connection with a peer by `RTCPeerConnection.close()`, with no word by way of the signaling. */
  hangUp(peerId: string): void {
    this.#drop(peerId, 'hung up');
  }

  /** Leaves the room and closes every connection. */
  async leave(): Promise<void> {
    for (const connection of this.connections.values()) connection.close();
    await this.signaling.close();
  }

  #follow(): void {
    const { signaling, connections } = this;
    signaling.on('connected', ({ peers, resumed }) => {
      if (resumed) return;
      for (const { peerId } of peers) if (!connections.has(peerId)) this.#connect(peerId);
    });
    signaling.on('peer-announced', ({ peerId }) => {
      if (this.#options.calls === 'all' && !connections.has(peerId)) this.#connect(peerId);
    });
    signaling.on('offer', (offer) => {
      const { from } = offer;
      const connection = connections.get(from);
      if (connection?.isToGiveWay === true) {
        connection.close();
        connections.delete(from);
        this.#options.events(from).glare('gave way');
      } else if (connection?.isReplacedBy(offer.sdp) === true) this.#drop(from, 'called anew');
      void (connections.get(from) ?? this.#connect(from)).offered(offer);
    });
    signaling.on('candidate', ({ from, candidate }) => connections.get(from)?.candidate(candidate));
    signaling.on('disconnect', ({ from, reason }) => this.#drop(from, reason));
    signaling.on('peer-left', ({ peerId, reason }) => {
      // A connection does without signaling.
      if (reason !== 'connection-lost') this.#drop(peerId, reason);
    });
  }

  #connect(peerId: string): Connection {
    const { media, videoCodec, events } = this.#options;
    const told = events(peerId);
    const connection = new Connection({
      peerId,
      signaling: this.signaling,
      media,
      videoCodec,
      events: {
        ...told,
        ended: (reason) => {
          this.connections.delete(peerId);
          told.ended(reason);
        },
      },
    });
    this.connections.set(peerId, connection);
    return connection;
  }

  #drop(peerId: string, reason: string): void {
    const connection = this.connections.get(peerId);
    if (connection === undefined) return;
    connection.close();
    this.connections.delete(peerId);
    this.#options.events(peerId).ended(reason);
  }
}
