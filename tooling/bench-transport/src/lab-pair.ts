import { Lab, type Profile } from '@rm/netlab';
import { labHost, startServer } from './host.js';
import { PeerProcess } from './peer-process.js';

/** Hosts of the laboratory. */
export const FIRST = 1;
export const SECOND = 2;
export const SERVER = 3;

/** Two nodes in the laboratory that are connected and talk to each other; the second made the connection. */
export interface LabPair {
  readonly lab: Lab;
  readonly first: PeerProcess;
  readonly second: PeerProcess;
}

/** Has two nodes meet across `profile`, the signaling server on a third host behind clean links, for as long as `use` takes. */
export async function withLabPair<T>(
  profile: Profile,
  backend: string,
  video: boolean,
  use: (pair: LabPair) => Promise<T>,
): Promise<T> {
  const links = { [`${FIRST}-${SERVER}`]: 'clean', [`${SECOND}-${SERVER}`]: 'clean' } as const;
  const lab = await Lab.start({ hosts: 3, profile, links, seed: 1 });
  try {
    const { url } = await startServer(labHost(lab, SERVER));
    const first = new PeerProcess(labHost(lab, FIRST), 'first');
    const second = new PeerProcess(labHost(lab, SECOND), 'second');
    const options = { url, room: 'lab', backend, video };
    await first.ask('join', { ...options, peers: 0 });
    await second.ask('join', { ...options, peers: 1 });
    for (const node of [first, second]) {
      await node.ask('speak');
      await node.ask('listen');
    }
    await Promise.all([first.ask('heard'), second.ask('heard')]);
    return await use({ lab, first, second });
  } finally {
    await lab.close();
  }
}
