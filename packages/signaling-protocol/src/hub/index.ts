export { Hub } from './hub.js';
export { SocketIdInUseError } from './io.js';
export type { HubDrop, HubInput, HubOutput, HubSnapshot } from './io.js';
export { HubOptionError } from './options.js';
export type { HubOptions } from './options.js';
export type { SocketId } from './connection.js';
