import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where nodes of this user keep what outlives them (XDG Base Directory Specification). */
export function stateDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_STATE_HOME: home = join(homedir(), '.local', 'state') } = environment;
  return join(home, 'rm-mesh-node');
}

/**
 * The token by which the signaling server knows a node again that was started anew, kept in a file
 * of its own that only this user can read. Throws what the file system does if it cannot be kept.
 */
export function resumeToken(
  directory: string,
  signaling: string,
  room: string,
  id: string,
): string {
  const place = createHash('sha256')
    .update(JSON.stringify([signaling, room, id]))
    .digest('hex');
  const file = join(directory, `${id}-${place.slice(0, 16)}.token`);
  const known = read(file);
  if (known !== undefined) return known;
  const token = randomBytes(16).toString('hex');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}

/** A token that was written before; `undefined` if there is none, or one that was damaged. */
function read(file: string): string | undefined {
  try {
    return /^[0-9a-f]{32}$/.exec(readFileSync(file, 'utf8').trim())?.[0];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
