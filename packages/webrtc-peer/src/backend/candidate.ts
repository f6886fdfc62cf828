import { isIP, isIPv4 } from 'node:net';

/** Why a remote candidate is not used. */
export type CandidateFault = 'malformed' | 'component' | 'protocol' | 'address' | 'port' | 'type';

/** A remote candidate that may be checked: a UDP one at a unicast IP address. */
export interface CheckableCandidate {
  readonly address: string;
  readonly port: number;
  /** The value of the candidate-attribute (RFC 8839 §5.1), reduced to what ICE needs. */
  readonly attribute: string;
  /** Username fragment it was gathered for, where the line says so. */
  readonly usernameFragment: string | undefined;
}

/** A parsed candidate, or the reason why it is of no use. */
export type ParsedCandidate =
  | { readonly ok: true; readonly value: CheckableCandidate }
  | { readonly ok: false; readonly reason: CandidateFault };

// foundation, component, transport, priority, address, port, type, extensions
const GRAMMAR =
  /^(?:candidate:)?([\w+/-]{1,64}) (\d{1,5}) (\w{1,8}) (\d{1,10}) (\S{1,255}) (\d{1,5}) typ (\w{1,8})((?: \S+)*) *$/;

const unusable = (reason: CandidateFault): ParsedCandidate => ({ ok: false, reason });

/**
 * Unspecified, multicast and broadcast addresses would make checks hit others; link-local IPv6 needs a scope
 * that a candidate cannot carry; names (mDNS) would need a query, and the peer behind one is found through
 * the checks it sends to us.
 */
const isUnicast = (address: string): boolean => {
  if (isIP(address) === 0 || address.includes('%')) return false;
  if (isIPv4(address)) {
    const first = Number(address.slice(0, address.indexOf('.')));
    return first > 0 && first < 224;
  }
  const lower = address.toLowerCase();
  return lower !== '::' && !lower.startsWith('ff') && !/^fe[89ab]/.test(lower);
};

/** Parses a remote candidate line, with or without the `candidate:` in front (RFC 8839 §5.1). Never throws. */
export const parseCandidate = (line: string): ParsedCandidate => {
  const found = line.length <= 1024 ? GRAMMAR.exec(line) : null;
  if (found === null) return unusable('malformed');
  const [, foundation, component, protocol, priority, address, port, type, extensions] =
    found as unknown as readonly string[] & Record<1 | 2 | 3 | 4 | 5 | 6 | 7 | 8, string>;
  if (component !== '1') return unusable('component');
  if (protocol.toLowerCase() !== 'udp') return unusable('protocol');
  if (!isUnicast(address)) return unusable('address');
  const portNumber = Number(port);
  if (portNumber === 0 || portNumber > 65_535) return unusable('port');
  if (type !== 'host' && type !== 'srflx' && type !== 'relay') return unusable('type');
  if (Number(priority) > 0xffff_ffff) return unusable('malformed');
  return {
    ok: true,
    value: {
      address,
      port: portNumber,
      attribute: `${foundation} 1 udp ${priority} ${address} ${portNumber} typ ${type}`,
      usernameFragment: / ufrag (\S+)/.exec(extensions)?.[1],
    },
  };
};
