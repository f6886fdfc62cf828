export { Hub } from './hub.js';
export { SocketIdInUseError } from './io.js';
export type {
  HubDrop,
  HubInput,
  HubNews,
  HubOutput,
  HubSnapshot,
  RoomLogInput,
  RoomLogOutput,
  SocketId,
} from './io.js';
export { CloseCode } from '../close-code.js';
export type { Grant } from './grant.js';
export { HubOptionError } from './options.js';
export type { HubOptions, IceServersForPeer } from './options.js';
