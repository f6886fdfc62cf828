import type { IceServer as NativeIceServer } from 'node-datachannel';
import { parseIceServers } from '../ice-servers.js';
import type { IceServer } from '../transport.js';
import { IceServerError } from '../errors.js';

/**
 * ICE servers as libdatachannel takes them; it uses one STUN server of them, and two TURN servers.
 * @throws `IceServerError` (`INVALID_ICE_SERVER`), for TURN over anything but UDP too.
 */
export const nativeIceServers = (servers: readonly IceServer[]): NativeIceServer[] =>
  parseIceServers(servers).map(({ url, scheme, host, port, transport, username, credential }) => {
    if (scheme === 'stun') return { hostname: host, port };
    // libjuice would take them for TURN over UDP.
    if (scheme === 'turns' || transport === 'tcp')
      throw new IceServerError(url, 'libdatachannel has TURN over UDP only; use werift for others');
    return {
      hostname: host,
      port,
      username: username ?? '',
      password: credential ?? '',
      relayType: 'TurnUdp',
    };
  });
