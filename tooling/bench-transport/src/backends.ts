import { type Backend, type BackendName, loadBackend } from '@rm/webrtc-peer';

const NAMES = ['werift', 'libdatachannel'] as const satisfies readonly BackendName[];

/** The backends that can be loaded on this machine. */
export async function availableBackends(): Promise<string[]> {
  const available: string[] = [];
  for (const name of NAMES)
    try {
      await loadBackend(name);
      available.push(name);
    } catch (error) {
      process.stderr.write(`bench:transport: without ${name}: ${String(error)}\n`);
    }
  return available;
}

/** Makes the backend of that name. */
export async function openBackend(name: string): Promise<Backend> {
  const known = NAMES.find((each) => each === name);
  if (known === undefined)
    throw new Error(`there is no backend ${name}: give one of ${NAMES.join(', ')}`);
  return loadBackend(known);
}
