import { EventEmitter, once } from 'node:events';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Logger } from 'pino';

/** A log that can be waited on. */
export interface Log {
  readonly logger: Logger;
  /** Resolves at the next line with this message. */
  readonly line: (message: string) => Promise<unknown>;
}

export function log(): Log {
  const lines = new EventEmitter();
  const logger = pino(
    { level: 'debug' },
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.emit((JSON.parse(chunk.toString()) as { msg: string }).msg);
        done();
      },
    }),
  );
  return { logger, line: (message) => once(lines, message) };
}
