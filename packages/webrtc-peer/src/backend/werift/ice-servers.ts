import type { RTCIceServer } from 'werift';
import type { IceServer } from '../transport.js';
import { IceServerError } from '../errors.js';

/** ICE servers as werift takes them, and which kinds are among them. */
export interface ResolvedIceServers {
  readonly list: RTCIceServer[];
  readonly stun: boolean;
  readonly turn: boolean;
}

const URL_FORM = /^(stun|turn|turns):[^\s?]+(\?transport=(?:udp|tcp))?$/i;

/**
 * Checks ICE servers and says of which kinds they are. Throws `IceServerError` (`INVALID_ICE_SERVER`) on a URL
 * that is none of RFC 7064 and RFC 7065, and on a TURN server without credentials. werift uses the first STUN
 * and the first TURN server of the list.
 */
export const resolveIceServers = (servers: readonly IceServer[]): ResolvedIceServers => {
  const schemes = new Set<string>();
  const list = servers.map(({ urls, username, credential }) => {
    for (const url of urls) {
      const [, scheme, transport] = URL_FORM.exec(url) ?? [];
      const kind = scheme?.toLowerCase();
      if (kind === undefined || (kind === 'stun' && transport !== undefined)) {
        throw new IceServerError(url, 'give a stun:, turn: or turns: URL (RFC 7064, RFC 7065)');
      }
      if (kind === 'turns' && transport?.toLowerCase() === '?transport=udp') {
        throw new IceServerError(url, 'TURN over DTLS is not available; use turn: or TLS over TCP');
      }
      if (kind !== 'stun' && (username === undefined || credential === undefined)) {
        throw new IceServerError(url, 'give the username and credential of the TURN server');
      }
      schemes.add(kind);
    }
    return {
      urls: [...urls],
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    };
  });
  return { list, stun: schemes.has('stun'), turn: schemes.has('turn') || schemes.has('turns') };
};
