import type { NetworkInterfaceInfo } from 'node:os';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The address to be bound to on a machine without network, so that two processes on it reach each other: libjuice
 * gathers no loopback address by itself. Undefined for all addresses.
 */
export const bindAddress = (interfaces: Interfaces): string | undefined =>
  Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .some(({ internal, address }) => !internal && !/^(169\.254\.|fe[89ab])/i.test(address))
    ? undefined
    : '127.0.0.1';
