import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlayOptions } from '../../src/options.js';
import { type Played, play } from '../../src/play.js';

/** Gives `use` an empty folder, and removes it with all that is in it afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rtpplay-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Plays a file of such bytes. */
export async function playBytes(
  bytes: Uint8Array | string,
  options: Partial<PlayOptions> = {},
): Promise<Played> {
  return await inFolder(async (folder) => {
    const file = join(folder, 'capture');
    writeFileSync(file, bytes);
    return await play({ policy: 'adaptive', ...options, file });
  });
}
