/** An ICE server as in RTCIceServer (W3C WebRTC §4.2.4). */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/** Hash of a certificate (RFC 8122 §5): algorithm such as `sha-256`, value in hexadecimal with colons. */
export interface Fingerprint {
  readonly algorithm: string;
  readonly value: string;
}

/** Who begins the DTLS handshake (RFC 8842 §5.2): `actpass` in offers, one of the others in answers. */
export type DtlsSetup = 'actpass' | 'active' | 'passive';

/**
 * What a description says of the one transport below all its media, as everything is bundled (RFC 8843). SDP is made
 * of it and read into it above; a backend knows none.
 */
export interface TransportParameters {
  readonly usernameFragment: string;
  readonly password: string;
  /** The other side does not check by itself (RFC 8445 §2.5). */
  readonly iceLite: boolean;
  readonly fingerprints: readonly Fingerprint[];
  readonly setup: DtlsSetup;
  /** Those known by now, each as the value of `a=candidate` behind `candidate:`; the rest is trickled. */
  readonly candidates: readonly string[];
  /** Largest data-channel message that can be received, in bytes; 0 for any (RFC 8841 §6.1). */
  readonly maxMessageSize: number;
}

/** A trickled candidate; an empty `candidate` says that there are no more of its ICE session (RFC 8838). */
export interface TransportCandidate {
  /** `candidate:…` (RFC 8839 §5.1), or empty. */
  readonly candidate: string;
  /** Which ICE session it belongs to; undefined for the present one. */
  readonly usernameFragment: string | undefined;
}

/** The states of a transport, with the W3C values. `connection` joins ICE and DTLS. */
export interface TransportStates {
  readonly connection: 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';
  readonly iceConnection:
    | 'new'
    | 'checking'
    | 'connected'
    | 'completed'
    | 'failed'
    | 'disconnected'
    | 'closed';
  readonly iceGathering: 'new' | 'gathering' | 'complete';
}

/** How a data channel delivers (RFC 8831 §6.4). At most one of the limits may be given; without one it is reliable. */
export interface DataChannelOptions {
  /** At most 65,535 bytes of UTF-8. */
  readonly label: string;
  /** Name of the sub-protocol, empty for none; at most 65,535 bytes of UTF-8. */
  readonly protocol: string;
  /** Whether messages arrive in the order of sending. */
  readonly ordered: boolean;
  /** How often a lost message is sent again, 0…65,535. */
  readonly maxRetransmits?: number | undefined;
  /** For how many milliseconds a lost message is sent again, 0…65,535. */
  readonly maxPacketLifeTime?: number | undefined;
}

/** What a data channel tells; never before the call that made it has returned. */
export interface DataChannelHandlers {
  /** Messages can be sent. */
  open(): void;
  /** The channel is gone: closed by either side, or with the transport by the other side. The last event. */
  close(): void;
  /** A message, text as string; bytes are yours. */
  message(data: string | Uint8Array): void;
  /** `bufferedAmount` has fallen to 64 KiB or below, after it was above. */
  drained(): void;
}

/** One data channel of a transport. */
export interface TransportDataChannel extends DataChannelOptions {
  readonly state: 'connecting' | 'open' | 'closed';
  /** Bytes accepted by `send` and not yet handed to the network. */
  readonly bufferedAmount: number;
  /**
   * Sends a message, which may be empty; bytes are copied. Returns false, sending nothing, while the channel is not
   * open, for a message larger than the other side takes, and where more than 1 MiB would wait.
   */
  send(data: string | Uint8Array): boolean;
  /** Closes the channel at both sides. Idempotent. */
  close(): void;
}

/**
 * What a transport tells its owner. Handlers are called synchronously, never before `createTransport` has returned,
 * not after `close()` was called, and must not throw.
 */
export interface TransportHandlers {
  /** A local candidate to trickle to the other side, found after the parameters it belongs to were given. */
  iceCandidate(candidate: TransportCandidate): void;
  /** One of the states changed. */
  stateChange(states: TransportStates): void;
  /** An RTP packet as it came, decrypted. The bytes are the transport's again when the handler returns. */
  rtp(packet: Uint8Array): void;
  /** An RTCP compound packet as it came, decrypted. The bytes are the transport's again when the handler returns. */
  rtcp(packet: Uint8Array): void;
  /** The other side opened a data channel, which is open. Returns what to tell of it; undefined closes it. */
  dataChannel(channel: TransportDataChannel): DataChannelHandlers | undefined;
}

/** What a transport is made with. */
export interface TransportConfig {
  /** STUN and TURN servers; empty means host candidates only and no packet to anyone else. */
  readonly iceServers: readonly IceServer[];
}

/** What a transport has carried since it was made, and the path it uses now. */
export interface TransportStatistics {
  /** Bytes of RTP and RTCP with SRTP's own, without UDP and IP. */
  readonly mediaBytesSent: number;
  readonly mediaBytesReceived: number;
  /** Media datagrams that failed authentication or were no packets. */
  readonly mediaPacketsDiscarded: number;
  /** The nominated pair: candidate types (`host`, `srflx`, `prflx`, `relay`), and the round trip of its checks in seconds. */
  readonly selectedPair:
    | {
        readonly localType: string;
        readonly remoteType: string;
        readonly remoteAddress: string;
        readonly roundTripTime: number | undefined;
      }
    | undefined;
}

/**
 * ICE, DTLS, SRTP and SCTP to one other side, shared by all media (BUNDLE, RFC 8843; rtcp-mux, RFC 5761). Who offers
 * and what media there is, is not its concern.
 */
export interface Transport {
  readonly states: TransportStates;
  readonly statistics: TransportStatistics;
  /**
   * This side's parameters for an offer or answer; candidates that are known at once are part of it. Gathering begins
   * with the first call, and anew after {@link restartIce}. In an answer, to an offer given to {@link setRemote}.
   * Rejects with `TRANSPORT_CLOSED` once closed.
   */
  getLocal(type: 'offer' | 'answer'): Promise<TransportParameters>;
  /**
   * Takes the other side's parameters; with both sides' known, connecting begins: for an offer, after the answer was
   * got. New ICE credentials restart ICE, whichever side's they are; the rest lives on. An offer may come after an
   * own offer was got, which is then void. Resolves when they are taken, not when connected; rejects with
   * `INVALID_DESCRIPTION` for parameters that cannot be used and `TRANSPORT_CLOSED` once closed.
   */
  setRemote(type: 'offer' | 'answer', parameters: TransportParameters): Promise<void>;
  /**
   * Has ICE begin anew, with new credentials, when the next offer is got (RFC 8445 §2.4), and with other servers if
   * given. The pair in use stays so until one of the new ICE session is nominated (RFC 8445 §9).
   * @throws what `Backend.validate` throws.
   */
  restartIce(iceServers?: readonly IceServer[]): void;
  /** Adds a remote candidate, also before {@link setRemote}. Stale or malformed ones are ignored and counted. */
  addRemoteCandidate(candidate: TransportCandidate): void;
  /**
   * Sends an RTP packet, whole and in the clear, of at most 1,200 bytes; the bytes are yours again when it returns.
   * Returns false, sending nothing, while the transport is not connected.
   */
  sendRtp(packet: Uint8Array): boolean;
  /** Sends an RTCP compound packet; otherwise as {@link sendRtp}. */
  sendRtcp(packet: Uint8Array): boolean;
  /**
   * Opens a data channel, also before there is a connection.
   * @throws a `DataChannelError` (`INVALID_CHANNEL`) for options out of range.
   */
  createDataChannel(
    options: DataChannelOptions,
    handlers: DataChannelHandlers,
  ): TransportDataChannel;
  /** Closes everything and releases every socket and timer. Idempotent. */
  close(): Promise<void>;
}

/** A WebRTC implementation. Making it is where slow one-time work (keys, JIT) is done. */
export interface Backend {
  readonly name: string;
  /** Whether `restartIce` is possible; where not, a connection that was lost is to be made anew. */
  readonly restartsIce: boolean;
  /**
   * Checks a configuration before a transport is made with it.
   * @throws an error with a `code` that says what to correct, such as `INVALID_ICE_SERVER`.
   */
  validate(config: TransportConfig): void;
  /** Makes a transport; throws what {@link validate} throws. */
  createTransport(config: TransportConfig, handlers: TransportHandlers): Transport;
}
