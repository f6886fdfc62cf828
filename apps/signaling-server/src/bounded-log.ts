import type { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Logger } from 'pino';

/** Bytes of lines that may wait for whoever reads them. */
const MAX_UNREAD_BYTES = 1_048_576;

/** How long the end waits for whoever reads the last lines, in ms. */
const FLUSH_MS = 500;

/** A log that waits for nobody. */
export interface BoundedLog {
  readonly logger: Logger;
  /** Resolves with whether all lines were taken, after at most half a second. */
  readonly flush: () => Promise<boolean>;
}

/**
 * Logs JSON lines to `stream` and never waits for whoever reads them: lines beyond 1 MiB unread are
 * dropped, and when they are read again a line says how many. A broken stream is left alone.
 */
export function boundedLog(level: string, stream: Writable): BoundedLog {
  let dropped = 0;
  const write = (line: string): void => {
    if (stream.writableLength + line.length > MAX_UNREAD_BYTES) dropped++;
    else stream.write(line);
  };
  const logger = pino({ level }, { write });
  stream.on('drain', () => {
    const lines = dropped;
    dropped = 0;
    if (lines > 0) logger.warn({ lines }, 'the log was not read, lines were dropped');
  });
  // That nobody reads the log any more is no reason to serve nobody.
  stream.on('error', () => undefined);
  const flush = (): Promise<boolean> =>
    new Promise((resolve) => {
      setTimeout(() => resolve(false), FLUSH_MS).unref();
      stream.write('', () => resolve(true));
    });
  return { logger, flush };
}
