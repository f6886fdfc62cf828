import { unwatchFile, watchFile } from 'node:fs';

/**
 * Calls `onChange` after `path` was written, replaced or moved into place, looking every
 * `intervalMs`; polled, so that it also sees a symbolic link that is turned to another file.
 * Returns what ends it.
 */
export function watchedFile(path: string, intervalMs: number, onChange: () => void): () => void {
  const listener = (
    now: { readonly mtimeMs: number; readonly ino: number; readonly size: number },
    before: { readonly mtimeMs: number; readonly ino: number; readonly size: number },
  ): void => {
    const same =
      now.mtimeMs === before.mtimeMs && now.ino === before.ino && now.size === before.size;
    if (!same && now.mtimeMs !== 0) onChange();
  };
  watchFile(path, { interval: intervalMs, persistent: false }, listener);
  return () => unwatchFile(path, listener);
}
