import type { RpcCall, RpcDrop } from '../json-rpc/index.js';
import type { PeerInfo, SessionDescription, SignalingEvents } from './types.js';

/** An offer as the engine hands it on; given back to answer it. */
export interface ReceivedOffer extends SessionDescription {
  readonly from: string;
  readonly requestId: string;
  readonly call: RpcCall;
}

/** Events that are plain data; offers carry a way to answer and come as an output of their own. */
type DataEvents = Omit<SignalingEvents, 'offer' | 'listener-error'>;

/** One event with its name. */
export type EngineEvent = {
  [Name in keyof DataEvents]: {
    readonly kind: 'event';
    readonly name: Name;
    readonly event: DataEvents[Name];
  };
}[keyof DataEvents];

/** What the engine wants done, in order. */
export type EngineOutput =
  /** Open a new socket; the engine is told of its fate. */
  | { readonly kind: 'dial' }
  | { readonly kind: 'send'; readonly text: string }
  /** Close the socket, of which the engine wants to hear no more; a goodbye gives up the place. */
  | { readonly kind: 'hang-up'; readonly goodbye: boolean }
  | { readonly kind: 'connect-failed'; readonly error: unknown }
  | { readonly kind: 'offer'; readonly offer: ReceivedOffer }
  | {
      readonly kind: 'answered';
      readonly requestId: string;
      readonly answer: SessionDescription;
    }
  | { readonly kind: 'listed'; readonly requestId: string; readonly peers: readonly PeerInfo[] }
  | { readonly kind: 'request-failed'; readonly requestId: string; readonly error: Error }
  | EngineEvent;

/** Why something received had no effect. */
export type ClientDrop = RpcDrop | 'invalid-notification' | 'binary-message' | 'known-presence';

/** How a socket ended: WebSocket close code and reason, and what an error event said before. */
export interface SocketEnd {
  readonly code: number;
  readonly reason: string;
  readonly error?: string | undefined;
}
