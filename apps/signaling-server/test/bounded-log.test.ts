import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { boundedLog } from '../src/bounded-log.js';

test('lines that nobody reads are dropped beyond 1 MiB, and counted when they are read again', async () => {
  const lines: object[] = [];
  let isRead = false;
  let read = (): void => undefined;
  const pipe = new Writable({
    write(line: Buffer, _encoding, done) {
      if (line.length > 0) lines.push(JSON.parse(line.toString()) as object);
      if (isRead) done();
      else read = done;
    },
  });
  const { logger, flush } = boundedLog('info', pipe);
  for (let n = 0; n < 3; n++) logger.info({ n, text: 'x'.repeat(400_000) });
  expect(await flush()).toBe(false);
  isRead = true;
  read();
  expect(await flush()).toBe(true);
  // Another backlog, of which nothing is dropped.
  isRead = false;
  logger.info({ n: 3, text: 'x'.repeat(400_000) });
  isRead = true;
  read();
  expect(await flush()).toBe(true);
  expect(lines).toEqual([
    expect.objectContaining({ n: 0 }),
    expect.objectContaining({ n: 1 }),
    expect.objectContaining({ lines: 1, msg: 'the log was not read, lines were dropped' }),
    expect.objectContaining({ n: 3 }),
  ]);
});

test('a log whose reader is gone disturbs nobody', async () => {
  const pipe = new Writable();
  const { logger, flush } = boundedLog('info', pipe);
  pipe.destroy(new Error('EPIPE'));
  logger.info('nobody hears this');
  expect(await flush()).toBe(true);
});
