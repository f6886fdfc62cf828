import {
  Event,
  RTCSctpTransport,
  type Connection,
  type Message,
  type RTCDtlsTransport,
  type SrtpSession,
} from 'werift';

/*
 * What is used of werift 0.24.4 beyond its declared types, all in this one place. The version is pinned, and
 * the contract tests fail when one of these changes its meaning.
 */

/** A socket of an ICE agent, or an allocation on a TURN server. */
export interface IceSocket {
  readonly transactions?: Readonly<Record<string, { failWithTimeout(): void }>>;
  readonly onRequestReceived: {
    execute: (message: Message, from: readonly [string, number], datagram: Buffer) => void;
  };
}

type RemoteCandidate = Connection['remoteCandidates'][number];

/** An ICE agent. */
export interface IceAgent {
  readonly protocols: readonly IceSocket[];
  readonly earlyChecks: { readonly length: number };
  ensureProtocol: (socket: IceSocket) => void;
  pairRemoteCandidate(candidate: RemoteCandidate): void;
}

export const agentOf = (connection: Connection): IceAgent => connection as unknown as IceAgent;

/** Keys of an SRTP session and the protection profile they are for. */
export type SrtpConfig = ConstructorParameters<typeof SrtpSession>[0];

/** What a DTLS socket exports for SRTP (RFC 5764 §4.2). */
export interface SessionKeys {
  readonly localKey: Buffer;
  readonly localSalt: Buffer;
  readonly remoteKey: Buffer;
  readonly remoteSalt: Buffer;
}

interface RtpHeaderView {
  readonly ssrc: number;
  readonly sequenceNumber: number;
  readonly payloadOffset: number;
}

/** A cipher with its keys; decryption throws for what is not authentic. */
export interface RtpCipher {
  encryptRtp(header: RtpHeaderView, payload: Uint8Array, rolloverCounter: number): Buffer;
  decryptRtp(datagram: Buffer, rolloverCounter: number, header: RtpHeaderView): [packet: Buffer];
  encryptRTCP(packet: Buffer, index: number): Buffer;
  decryptRTCP(datagram: Buffer): [packet: Buffer];
}

export const rtpCipherOf = (context: { readonly cipher: unknown }): RtpCipher =>
  context.cipher as RtpCipher;

/** A DATA chunk on its way. */
export interface DataChunk {
  readonly flags: number;
  readonly streamId: number;
  /** Time of `performance.now()` from when on it is not sent again. */
  readonly expiry: number | undefined;
  readonly maxRetransmits: number | undefined;
  readonly sentCount: number;
  readonly acked: boolean;
  abandoned: boolean;
  retransmit: boolean;
  /** Bytes it counts for in flight. */
  bookSize: number;
}

/** The chunks of a stream that wait for others before them. */
export interface InboundStream {
  reassembly: InboundChunk[];
  popMessages: () => Iterable<[streamId: number, payloadProtocol: number, data: Buffer]>;
  /** Forgets chunks; returns how many bytes they were. */
  pruneChunks: (tsn: number) => number;
}

/** A DATA chunk that came. */
export interface InboundChunk {
  readonly flags: number;
  readonly tsn: number;
  readonly streamSeqNum: number;
  readonly userData: Buffer;
}

/** A chunk that tells the other side to go on without what was given up (RFC 3758 §3.2). */
export interface ForwardTsn {
  readonly cumulativeTsn: number;
  streams: [streamId: number, sequenceNumber: number][];
}

/** A parameter of a stream reconfiguration (RFC 6525 §4). */
export interface ReconfigurationParameter {
  readonly type: number;
  readonly streams?: readonly number[];
  readonly lastTsn?: number;
  readonly responseSequence?: number;
  result?: number;
}

/** An SCTP association. */
export interface Association {
  isServer: boolean;
  readonly associationState: number;
  /** Receive window left, in bytes; below zero once the other side overran it. */
  advertisedRwnd: number;
  readonly lastSackedTsn: number;
  readonly lastReceivedTsn: number;
  readonly maxChannels: number | undefined;
  /** Chunks not sent yet, and those sent and not acknowledged. */
  readonly outboundQueue: DataChunk[];
  readonly sentQueue: DataChunk[];
  readonly inboundStreams: Readonly<Record<string, InboundStream>>;
  forwardTsnChunk: ForwardTsn | undefined;
  readonly reconfigQueue: number[];
  readonly reconfigRequest:
    | { readonly requestSequence: number; readonly streams: readonly number[] }
    | undefined;
  readonly onReceive: Event<[streamId: number, payloadProtocol: number, data: Buffer]>;
  readonly onReconfigStreams: Event<[number[]]>;
  readonly stateChanged: { readonly connected: Event<[]>; readonly closed: Event<[]> };
  onSackReceived: () => Promise<void>;
  maybeAbandon: (chunk: DataChunk) => boolean;
  updateAdvancedPeerAckPoint: () => void;
  getInboundStream: (streamId: number) => InboundStream;
  receiveForwardTsnChunk: (chunk: ForwardTsn) => void;
  receiveReconfigParam: (parameter: ReconfigurationParameter) => Promise<void>;
  flightSizeDecrease(chunk: DataChunk): void;
  handleData(packet: Buffer): Promise<void>;
  send(
    streamId: number,
    payloadProtocol: number,
    data: Buffer,
    options: {
      readonly ordered: boolean;
      readonly expiry: number | undefined;
      readonly maxRetransmits: number | undefined;
    },
  ): Promise<void>;
  setRemotePort(port: number): void;
  start(remotePort: number): Promise<void>;
  stop(): Promise<void>;
  transmitReconfigRequest(): Promise<void>;
}

/** The state of an association that carries data. */
export const ESTABLISHED = 4;

/**
 * Makes an association at `port`, the same on both sides, whose packets go to `send`. werift makes none but within its
 * data channels, which let go of it.
 */
export const createAssociation = (
  port: number,
  send: (packet: Buffer) => Promise<void>,
): Association => {
  const datagrams = { id: '', onStateChange: new Event<[string]>(), sendData: send };
  const channels = new RTCSctpTransport(port);
  channels.setDtlsTransport(datagrams as unknown as RTCDtlsTransport);
  const association = channels.sctp as unknown as Association;
  const { onReceive, onReconfigStreams, stateChanged } = association;
  for (const event of [onReceive, onReconfigStreams, stateChanged.connected, stateChanged.closed])
    event.allUnsubscribe();
  association.onSackReceived = () => Promise.resolve();
  // INIT may come before it is started here.
  association.setRemotePort(port);
  return association;
};
