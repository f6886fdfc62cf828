import type { RpcPeer } from '../json-rpc/index.js';
import type { WirePeerInfo } from '../messages/index.js';

/** Names one socket towards the hub; chosen by its driver, not reused while it is open. */
export type SocketId = number;

/** One socket that the hub knows: its JSON-RPC state and, once announced, who it is. */
export interface Connection {
  readonly socket: SocketId;
  readonly rpc: RpcPeer;
  membership: Membership | undefined;
}

/** Who a connection is, and where. */
export interface Membership {
  readonly room: string;
  readonly peer: WirePeerInfo;
}
