import { SUB_PROTOCOL } from '../sub-protocol.js';
import type { Dialect, DialectOptions } from './dialect.js';
import { ONVIF_SUB_PROTOCOL, OnvifDialect } from './onvif/onvif-dialect.js';
import { RemoteMediaDialect } from './remotemedia/remotemedia-dialect.js';

/** WebSocket sub-protocols that a server can accept, the best first. */
export const SUB_PROTOCOLS: readonly string[] = [SUB_PROTOCOL, ONVIF_SUB_PROTOCOL];

/**
 * The dialect of a socket that agreed on `subProtocol`, which is empty if it offered none; a state
 * machine of that socket alone. `undefined` means that its texts go to the hub and back as they
 * are.
 */
export function dialectFor(subProtocol: string, options: DialectOptions): Dialect | undefined {
  switch (subProtocol) {
    case '':
      return new RemoteMediaDialect(options);
    case ONVIF_SUB_PROTOCOL:
      return new OnvifDialect(options);
    default:
      return undefined;
  }
}
