import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { getHostAddresses } from 'werift';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * Addresses to gather beyond those that werift finds. It passes over tunnels and virtual Ethernet, and over
 * loopback; where that leaves nothing, the IPv4 addresses of the former are used, else 127.0.0.1, so that two
 * processes on an unconnected machine still reach each other.
 */
export const fallbackAddresses = (found: readonly string[], interfaces: Interfaces): string[] => {
  if (found.length > 0) return [];
  const passedOver = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(
      ({ family, internal, address }) =>
        family === 'IPv4' && !internal && !address.startsWith('169.254.'),
    )
    .map(({ address }) => address);
  return passedOver.length > 0 ? passedOver : ['127.0.0.1'];
};

/** The host addresses of this machine at this moment: those werift finds by itself, and those to add. */
export const hostAddresses = (): { readonly found: string[]; readonly added: string[] } => {
  const found = getHostAddresses(true, true);
  return { found, added: fallbackAddresses(found, networkInterfaces()) };
};
