import type { IceServer } from './transport.js';
import { IceServerError } from './errors.js';

/** One URL of an ICE server, taken apart, with the credentials that go with it. */
export interface IceServerUrl {
  readonly url: string;
  readonly scheme: 'stun' | 'turn' | 'turns';
  /** Name or address, an IPv6 one without brackets. */
  readonly host: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
  /** Both are there with TURN. */
  readonly username: string | undefined;
  readonly credential: string | undefined;
}

// RFC 7064 §3.1 and RFC 7065 §3.1: scheme, host, port, transport
const URL_FORM =
  /^(stuns?|turns?):(\[[\da-f:.]+\]|[^\s?:/@[\]]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i;
const PORT = 3478;
const TLS_PORT = 5349;

const parseUrl = (url: string, { username, credential }: IceServer): IceServerUrl => {
  const refuse = (reason: string): never => {
    throw new IceServerError(url, reason);
  };
  const [, name, host, portDigits, transport] = URL_FORM.exec(url) ?? [];
  const scheme = name?.toLowerCase();
  if (
    host === undefined ||
    (scheme !== 'stun' && scheme !== 'turn' && scheme !== 'turns') ||
    (scheme === 'stun' && transport !== undefined)
  )
    return refuse('give a stun:, turn: or turns: URL (RFC 7064, RFC 7065)');
  const port = Number(portDigits ?? (scheme === 'turns' ? TLS_PORT : PORT));
  if (port === 0 || port > 65_535) refuse('give a port of 1 to 65,535');
  if (scheme !== 'stun' && (username === undefined || credential === undefined))
    refuse('give the username and credential of the TURN server');
  const usual = scheme === 'turns' ? 'tcp' : 'udp';
  return {
    url,
    scheme,
    host: host.replace(/^\[|\]$/g, ''),
    port,
    transport: (transport?.toLowerCase() ?? usual) as 'udp' | 'tcp',
    username,
    credential,
  };
};

/**
 * Takes the URLs of ICE servers apart, in their order.
 * @throws `IceServerError` (`INVALID_ICE_SERVER`) for a URL that is none of RFC 7064 and RFC 7065, and for a TURN
 * server without credentials.
 */
export const parseIceServers = (servers: readonly IceServer[]): IceServerUrl[] =>
  servers.flatMap((server) => server.urls.map((url) => parseUrl(url, server)));
