import type { RTCPeerConnection, RTCRtpReceiver, RTCSctpTransport } from 'werift';

/*
 * What is used of werift 0.24.4 beyond its declared types, all in this one place. The version is pinned, and
 * the contract tests fail when one of these changes its meaning.
 */

type IceConnection = RTCPeerConnection['iceTransports'][number]['connection'];

interface Ice {
  readonly protocols: readonly {
    readonly transactions?: Readonly<Record<string, { failWithTimeout(): void }>>;
  }[];
}

interface Router {
  readonly ssrcTable: Readonly<Record<number, unknown>>;
  registerRtpReceiver(receiver: RTCRtpReceiver, ssrc: number): void;
}

/** The SCTP association of the data channels. */
export interface Association {
  /** Receive window left, in bytes; below zero once the other side overran it. */
  readonly advertisedRwnd: number;
  /** Chunks not sent yet, and those sent and not acknowledged. */
  readonly outboundQueue: { readonly length: number };
  readonly sentQueue: { readonly length: number };
  onSackReceived: () => Promise<void>;
  handleData(packet: Buffer): Promise<void>;
}

interface ChannelDemultiplexer {
  datachannelReceive(streamId: number, payloadProtocol: number, data: Buffer): Promise<void>;
}

export const iceOf = (connection: IceConnection): Ice => connection as unknown as Ice;

export const routerOf = (pc: RTCPeerConnection): Router =>
  (pc as unknown as { readonly router: Router }).router;

export const associationOf = (sctp: RTCSctpTransport): Association =>
  sctp.sctp as unknown as Association;

export const demultiplexerOf = (sctp: RTCSctpTransport): ChannelDemultiplexer =>
  sctp as unknown as ChannelDemultiplexer;

/** Makes the data m-line without a channel in it. */
export const createSctpTransport = (pc: RTCPeerConnection): RTCSctpTransport =>
  (pc as unknown as { createSctpTransport(): RTCSctpTransport }).createSctpTransport();
