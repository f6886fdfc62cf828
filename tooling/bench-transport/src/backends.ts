import { type Backend, weriftBackend } from '@rm/webrtc-peer';

const BACKENDS: Readonly<Record<string, () => Promise<Backend>>> = { werift: weriftBackend };

/** The backends that can be loaded on this machine. */
export async function availableBackends(): Promise<string[]> {
  const available: string[] = [];
  for (const [name, load] of Object.entries(BACKENDS))
    try {
      await load();
      available.push(name);
    } catch (error) {
      process.stderr.write(`bench:transport: without ${name}: ${String(error)}\n`);
    }
  return available;
}

/** Makes the backend of that name. */
export async function openBackend(name: string): Promise<Backend> {
  const load = BACKENDS[name];
  if (load === undefined)
    throw new Error(`there is no backend ${name}: give one of ${Object.keys(BACKENDS).join(', ')}`);
  return load();
}
